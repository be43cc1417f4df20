// SPDX-License-Identifier: GPL-2.0
/* Owns the tests of parse_time.c. */
#include <errno.h>
#include <string.h>

#include "ktap.h"
#include "parse.h"

#define SECOND	1000ull
#define MINUTE	(60 * SECOND)
#define HOUR	(60 * MINUTE)
#define DAY	(24 * HOUR)
#define WEEK	(7 * DAY)

static const struct {
	const char *text;
	int ret;
	u64 ms;
} reads[] = {
	{ "0", 0, 0 },
	{ "10", 0, 10 * SECOND },
	{ "10s", 0, 10 * SECOND },
	{ "1d", 0, DAY },
	{ "5d", 0, 5 * DAY },
	{ "9m58s", 0, 9 * MINUTE + 58 * SECOND },
	{ "4m59s", 0, 4 * MINUTE + 59 * SECOND },
	{ "90m", 0, 90 * MINUTE },
	{ "500ms", 0, 500 },
	{ "1s500ms", 0, 1500 },
	{ "1m1ms", 0, MINUTE + 1 },
	{ "1w2d03:04:05", 0,
	  WEEK + 2 * DAY + 3 * HOUR + 4 * MINUTE + 5 * SECOND },
	{ "1w03:04:05", 0, WEEK + 3 * HOUR + 4 * MINUTE + 5 * SECOND },
	{ "00:00:10", 0, 10 * SECOND },
	{ "1w2d3h4m5s6ms", 0,
	  WEEK + 2 * DAY + 3 * HOUR + 4 * MINUTE + 5 * SECOND + 6 },
	{ "0018", 0, 18 * SECOND },
	{ "18446744073709551", 0, 18446744073709551000ull },
	{ "18446744073709552", -ERANGE, 0 },
	{ "18446744073709551616", -ERANGE, 0 },
	{ "99999999999999999999w", -ERANGE, 0 },
	{ "30500568905w", -ERANGE, 0 },
	{ "", -EINVAL, 0 },
	{ " 1", -EINVAL, 0 },
	{ "1 ", -EINVAL, 0 },
	{ "-1", -EINVAL, 0 },
	{ "+1", -EINVAL, 0 },
	{ "s", -EINVAL, 0 },
	{ "1x", -EINVAL, 0 },
	{ "1D", -EINVAL, 0 },
	{ "1.5s", -EINVAL, 0 },
	{ "1d5", -EINVAL, 0 },
	{ "5s1m", -EINVAL, 0 },
	{ "1m1m", -EINVAL, 0 },
	{ "1min", -EINVAL, 0 },
	{ "03:04", -EINVAL, 0 },
	{ "3:04:05", -EINVAL, 0 },
	{ "03:60:05", -EINVAL, 0 },
	{ "03:04:60", -EINVAL, 0 },
	{ "03:04:05s", -EINVAL, 0 },
	{ "03:+4:05", -EINVAL, 0 },
	{ "03: 4:05", -EINVAL, 0 },
	{ "1h03:04:05", -EINVAL, 0 },
	{ "0x10", -EINVAL, 0 },
};

static const struct {
	u64 ms;
	const char *text;
} writes[] = {
	{ 0, "0s" },
	{ 1, "1ms" },
	{ 500, "500ms" },
	{ 5 * SECOND, "5s" },
	{ 90 * SECOND, "1m30s" },
	{ 9 * MINUTE + 58 * SECOND, "9m58s" },
	{ DAY, "1d" },
	{ 5 * DAY, "5d" },
	{ 4 * DAY + 23 * HOUR + 59 * MINUTE + 59 * SECOND, "4d23h59m59s" },
	{ WEEK, "1w" },
	{ 2147483 * SECOND, "3w3d20h31m23s" },
	{ ~0ull, "30500568904w6d14h25m51s615ms" },
};

/* Whatever is written reads back as the same. */
static bool round_trip(u64 ms)
{
	char text[TIME_SIZE];
	u64 back = 0;

	return !parse_time(format_time(ms, text), &back) && back == ms;
}

int main(void)
{
	const u64 untouched = 0x5555;
	char text[TIME_SIZE];
	size_t i;
	u64 ms;

	ktap_plan(ARRAY_SIZE(reads) + 2 * ARRAY_SIZE(writes));
	for (i = 0; i < ARRAY_SIZE(reads); i++) {
		ms = untouched;
		ktap_case(parse_time(reads[i].text, &ms) == reads[i].ret &&
			  ms == (reads[i].ret ? untouched : reads[i].ms),
			  reads[i].text);
	}
	for (i = 0; i < ARRAY_SIZE(writes); i++) {
		ktap_case(!strcmp(format_time(writes[i].ms, text),
				  writes[i].text), writes[i].text);
		ktap_case(round_trip(writes[i].ms), "round trip");
	}
	return ktap_end();
}
