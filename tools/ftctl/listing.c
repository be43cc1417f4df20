// SPDX-License-Identifier: GPL-2.0
/* Owns the words behind "connection list" and its kin: filter, order, limit,
 * columns. Must not know netlink or output.
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "diag.h"
#include "listing.h"
#include "parse.h"

/* Time between two samples when rates are asked for and no time is. */
#define USUAL_INTERVAL	1000
#define INTERVAL_MIN	100
#define INTERVAL_MAX	3600000
#define LIMIT_MAX	0xffffffff

/**
 * listing_sort_word() - Read what to sort by.
 * @listing: Its order is changed only on success.
 * @text: Name of a property.
 * @error: FILTER_ERROR_SIZE bytes, filled on failure.
 *
 * Return: 0 or -EINVAL.
 */
int listing_sort_word(struct listing *listing, const char *text, char *error)
{
	int prop = conn_prop_find(text, strlen(text));

	if (prop < 0) {
		snprintf(error, FILTER_ERROR_SIZE,
			 "sort: '%.64s' is no property", text);
		return -EINVAL;
	}
	listing->sort = prop;
	return 0;
}

static int take_sort(struct listing *listing, const char *text)
{
	char error[FILTER_ERROR_SIZE];

	if (listing->sort != SELECT_UNSORTED)
		return fail(EXIT_USAGE, "sort is given twice");
	if (listing_sort_word(listing, text, error))
		return fail(EXIT_USAGE, "%s", error);
	return EXIT_OK;
}

static int take_limit(struct listing *listing, const char *text)
{
	u64 number = 0;

	if (listing->limit)
		return fail(EXIT_USAGE, "limit is given twice");
	if (parse_number(text, &number) || !number || number > LIMIT_MAX)
		return fail(EXIT_USAGE, "limit: '%s' is not a number from 1",
			    text);
	listing->limit = number;
	return EXIT_OK;
}

static int take_interval(struct listing *listing, const char *text)
{
	u64 ms = 0;

	if (listing->interval)
		return fail(EXIT_USAGE, "interval is given twice");
	if (parse_time(text, &ms))
		return fail(EXIT_USAGE, "interval: '%s' is not a time", text);
	if (ms < INTERVAL_MIN || ms > INTERVAL_MAX)
		return fail(EXIT_USAGE,
			    "interval: '%s' is out of range (100ms to 1h)",
			    text);
	listing->interval = ms;
	return EXIT_OK;
}

static int take_columns(struct listing *listing, const char *text)
{
	if (listing->columns)
		return fail(EXIT_USAGE, "columns is given twice");
	for (;;) {
		size_t len = strcspn(text, ",");
		int prop = conn_prop_find(text, len);

		if (prop < 0)
			return fail(EXIT_USAGE,
				    "columns: '%.*s' is no property",
				    (int)len, text);
		if (listing->columns == ARRAY_SIZE(listing->column))
			return fail(EXIT_USAGE, "columns: too many");
		listing->column[listing->columns++] = prop;
		if (!text[len])
			return EXIT_OK;
		text += len + 1;
	}
}

/* These may be written as NAME VALUE and as NAME=VALUE. */
static const struct {
	const char *name;
	int (*take)(struct listing *listing, const char *text);
} rows[] = {
	{ "sort", take_sort },
	{ "limit", take_limit },
	{ "interval", take_interval },
	{ "columns", take_columns },
};

/**
 * listing_word() - Words that may follow "connection list".
 * @i: Number.
 *
 * Return: Word, or NULL behind the last.
 */
const char *listing_word(size_t i)
{
	static const char * const words[] = {
		"detail", "rates", "reverse", "sort", "limit", "interval=",
		"columns=",
	};

	return i < ARRAY_SIZE(words) ? words[i] :
				       filter_name(i - ARRAY_SIZE(words));
}

static int take_plain(struct listing *listing, const char *word)
{
	char error[FILTER_ERROR_SIZE];
	int ret;

	if (!strcmp(word, "detail")) {
		listing->detail = true;
		return EXIT_OK;
	}
	if (!strcmp(word, "reverse")) {
		listing->reverse = true;
		return EXIT_OK;
	}
	if (!strcmp(word, "rates")) {
		listing->interval = listing->interval ?: USUAL_INTERVAL;
		return EXIT_OK;
	}
	ret = filter_word(&listing->filter, word, error);
	if (ret == -ENOENT)
		return fail(EXIT_USAGE, "%s: unknown word '%s'",
			    listing->what, word);
	return ret ? fail(EXIT_USAGE, "%s", error) : EXIT_OK;
}

/* Returns how many words were taken, or 0 after a message. */
static int take_word(struct listing *listing, int argc, char **argv)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *value = parse_assignment(argv[0], rows[i].name);
		int used = 1;

		if (!value && !strcmp(argv[0], rows[i].name)) {
			if (argc < 2) {
				fail(EXIT_USAGE, "%s: its value is missing",
				     rows[i].name);
				return 0;
			}
			value = argv[1];
			used = 2;
		}
		if (value)
			return rows[i].take(listing, value) ? 0 : used;
	}
	return take_plain(listing, argv[0]) ? 0 : 1;
}

static bool is_rate(enum conn_prop prop)
{
	return prop == PROP_ORIG_RATE || prop == PROP_REPL_RATE;
}

/* Whoever asks for a rate in any way wants it sampled. */
static void settle_interval(struct listing *listing)
{
	bool wanted = filter_has(&listing->filter, FILTER_MIN_RATE) ||
		      is_rate(listing->sort);
	size_t i;

	for (i = 0; i < listing->columns; i++)
		wanted |= is_rate(listing->column[i]);
	if (wanted && !listing->interval)
		listing->interval = USUAL_INTERVAL;
}

/**
 * listing_parse() - Read what a command line wants.
 * @listing: Filled.
 * @ftctl: Options.
 * @what: Name of the command.
 * @argc: How many words.
 * @argv: Words.
 *
 * Return: EXIT_OK, or EXIT_USAGE after a message.
 */
int listing_parse(struct listing *listing, const struct ftctl *ftctl,
		  const char *what, int argc, char **argv)
{
	char error[FILTER_ERROR_SIZE];
	int used;

	memset(listing, 0, sizeof(*listing));
	listing->what = what;
	listing->sort = SELECT_UNSORTED;
	filter_init(&listing->filter);
	for (; argc; argc -= used, argv += used) {
		used = take_word(listing, argc, argv);
		if (!used)
			return EXIT_USAGE;
	}
	if (filter_end(&listing->filter, ftctl->family, error) ||
	    filter_resolve(&listing->filter, if_nametoindex, error))
		return fail(EXIT_USAGE, "%s", error);
	settle_interval(listing);
	return EXIT_OK;
}
