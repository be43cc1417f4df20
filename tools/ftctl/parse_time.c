// SPDX-License-Identifier: GPL-2.0
/* Owns times as RouterOS writes them: 1d, 9m58s, 1w2d03:04:05, 500ms, and
 * plain seconds. Pure: must not know who asks, prints nothing.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "parse.h"

/* From large to small, the order in which they may follow each other. */
static const struct {
	const char *name;
	u64 ms;
} units[] = {
	{ "w", 604800000 },
	{ "d", 86400000 },
	{ "h", 3600000 },
	{ "m", 60000 },
	{ "s", 1000 },
	{ "ms", 1 },
};

#define UNIT_DAY	1
#define UNIT_SECOND	4

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int add(u64 *sum, u64 count, u64 ms)
{
	u64 part;

	if (__builtin_mul_overflow(count, ms, &part) ||
	    __builtin_add_overflow(*sum, part, sum))
		return -ERANGE;
	return 0;
}

/* Digits at *text, which is moved behind them. */
static int take_number(const char **text, u64 *number)
{
	const char *at = *text;

	if (!is_digit(*at))
		return -EINVAL;
	for (*number = 0; is_digit(*at); at++)
		if (__builtin_mul_overflow(*number, 10, number) ||
		    __builtin_add_overflow(*number, *at - '0', number))
			return -ERANGE;
	*text = at;
	return 0;
}

/* A unit at *text that is smaller than the last one. Its name is all the
 * letters there, so that "ms" is not a minute and an "s".
 */
static int take_unit(const char **text, unsigned int *next)
{
	size_t len = strspn(*text, "abcdefghijklmnopqrstuvwxyz");
	unsigned int i;

	for (i = *next; i < ARRAY_SIZE(units); i++) {
		if (strlen(units[i].name) == len &&
		    !strncmp(units[i].name, *text, len)) {
			*text += len;
			*next = i + 1;
			return i;
		}
	}
	return -EINVAL;
}

/* hh:mm:ss, all of it; weeks and days may stand before it. */
static int parse_clock(const char *text, u64 *ms)
{
	unsigned int hours, minutes, seconds;
	int end = 0;

	if (strlen(text) != strlen("hh:mm:ss") || !is_digit(text[0]) ||
	    !is_digit(text[3]) || !is_digit(text[6]) ||
	    sscanf(text, "%2u:%2u:%2u%n", &hours, &minutes, &seconds,
		   &end) != 3 || text[end] || end != (int)strlen(text))
		return -EINVAL;
	if (minutes > 59 || seconds > 59)
		return -EINVAL;
	return add(ms, (hours * 60 + minutes) * 60 + seconds, 1000);
}

/**
 * parse_time() - Read a time.
 * @text: Units from large to small, each once: w, d, h, m, s, ms; or hh:mm:ss
 *	after weeks and days; or a bare number of seconds.
 * @ms: Milliseconds, changed only on success.
 *
 * Return: 0, -EINVAL when it is no time, -ERANGE when it is too large.
 */
int parse_time(const char *text, u64 *ms)
{
	unsigned int next = 0;
	u64 number, sum = 0;
	int ret, unit;

	do {
		const char *start = text;

		ret = take_number(&text, &number);
		if (ret)
			return ret;
		if (*text == ':') {
			if (next > UNIT_DAY + 1)
				return -EINVAL;
			ret = parse_clock(start, &sum);
			text = "";
			break;
		}
		if (!*text && !next) {
			ret = add(&sum, number, units[UNIT_SECOND].ms);
			break;
		}
		unit = take_unit(&text, &next);
		if (unit < 0)
			return unit;
		ret = add(&sum, number, units[unit].ms);
	} while (!ret && *text);
	if (!ret)
		*ms = sum;
	return ret;
}

/**
 * format_time() - Write a time as RouterOS does.
 * @ms: Milliseconds.
 * @text: TIME_SIZE bytes.
 *
 * Return: @text.
 */
const char *format_time(u64 ms, char *text)
{
	size_t used = 0;
	unsigned int i;

	if (!ms)
		return strcpy(text, "0s");
	for (i = 0; i < ARRAY_SIZE(units); i++) {
		if (ms < units[i].ms)
			continue;
		used += snprintf(text + used, TIME_SIZE - used, "%llu%s",
				 ms / units[i].ms, units[i].name);
		ms %= units[i].ms;
	}
	return text;
}
