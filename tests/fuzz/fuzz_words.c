// SPDX-License-Identifier: GPL-2.0
/* Owns the fuzzer of everything that people type: times, filters, the words of a
 * list, the name of a connection, lines of a settings file. A time that is taken
 * has to come back from its own text, and so has a setting.
 */
#include <net/if.h>
#include <sys/socket.h>

#include "filter.h"
#include "fuzz.h"
#include "listing.h"
#include "parse.h"
#include "tracking.h"
#include "tuple.h"

static const char separators[] = "\n ";

static void check(bool good)
{
	if (!good)
		abort();
}

static void try_time(const char *text)
{
	char again[TIME_SIZE];
	u64 ms, back;

	if (parse_time(text, &ms))
		return;
	check(!parse_time(format_time(ms, again), &back) && back == ms);
}

static unsigned int one_device(const char *name)
{
	return name[0] == 'e';
}

static void try_filter(char *text)
{
	char error[FILTER_ERROR_SIZE];
	struct filter filter;
	char *word;

	filter_init(&filter);
	while ((word = strsep(&text, separators)))
		if (filter_word(&filter, word, error))
			check(strlen(error) < sizeof(error));
	if (!filter_end(&filter, AF_UNSPEC, error))
		filter_resolve(&filter, one_device, error);
}

static void try_listing(char *text)
{
	struct ftctl ftctl = { 0 };
	struct listing listing;
	char *argv[32], *word;
	int argc = 0;

	while (argc < 32 && (word = strsep(&text, separators)))
		argv[argc++] = word;
	if (listing_parse(&listing, &ftctl, "fuzz", argc, argv))
		return;
	check(listing.sort <= SELECT_UNSORTED && listing.columns <= PROPS);
}

static void try_tuple(char *text)
{
	char error[TUPLE_ERROR_SIZE] = "";
	char *argv[8], *word;
	struct ft_key key;
	int argc = 0;

	while (argc < 8 && (word = strsep(&text, separators)))
		argv[argc++] = word;
	if (tuple_parse(&key, argc, argv, error))
		check(error[0] && strlen(error) < sizeof(error));
	else
		check(key.family == AF_INET || key.family == AF_INET6);
}

static void try_settings(char *text)
{
	struct tracking_plan plan, back;
	char line[256];
	char *rest;
	size_t i;

	tracking_plan_init(&plan);
	while ((rest = strsep(&text, "\n")))
		if (tracking_plan_line(&plan, rest))
			return;
	tracking_plan_init(&back);
	for (i = 0; i < TRACKING_ROWS; i++)
		if (plan.given[i] &&
		    tracking_format(&plan, i, line, sizeof(line)))
			check(!tracking_plan_line(&back, line));
	check(!memcmp(plan.timeouts, back.timeouts, sizeof(plan.timeouts)));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	void (*const tries[])(char *text) = {
		try_filter, try_listing, try_tuple, try_settings,
	};
	char *text = fuzz_text(data, size);
	size_t i;
	u64 number;

	fuzz_quiet();
	try_time(text);
	parse_number(text, &number);
	for (i = 0; i < ARRAY_SIZE(tries); i++) {
		char *copy = fuzz_text(data, size);

		tries[i](copy);
		free(copy);
	}
	free(text);
	return 0;
}
