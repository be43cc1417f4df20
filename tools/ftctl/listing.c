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

	if (listing_sort_word(listing, text, error))
		return fail(EXIT_USAGE, "%s", error);
	return EXIT_OK;
}

static int take_limit(struct listing *listing, const char *text)
{
	u64 number = 0;
	int ret;

	ret = parse_number(text, &number);
	if (ret == -ERANGE || number > LIMIT_MAX)
		return fail(EXIT_USAGE,
			    "limit: '%s' is out of range (1 to %u)", text,
			    LIMIT_MAX);
	if (ret || !number)
		return fail(EXIT_USAGE, "limit: '%s' is not a number from 1",
			    text);
	listing->limit = number;
	return EXIT_OK;
}

static int take_interval(struct listing *listing, const char *text)
{
	u64 ms = 0;
	int ret;

	ret = parse_time(text, &ms);
	if (ret == -EINVAL)
		return fail(EXIT_USAGE, "interval: '%s' is not a time", text);
	if (ret || ms < INTERVAL_MIN || ms > INTERVAL_MAX)
		return fail(EXIT_USAGE,
			    "interval: '%s' is out of range (100ms to 1h)",
			    text);
	listing->interval = ms;
	return EXIT_OK;
}

static int take_columns(struct listing *listing, const char *text)
{
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

/* By enum listing_term. Those with a value may be written as NAME VALUE and as
 * NAME=VALUE.
 */
static const struct {
	const char *name;
	int (*take)(struct listing *listing, const char *text);
} rows[] = {
	[LISTING_SORT] = { "sort", take_sort },
	[LISTING_LIMIT] = { "limit", take_limit },
	[LISTING_INTERVAL] = { "interval", take_interval },
	[LISTING_COLUMNS] = { "columns", take_columns },
	[LISTING_DETAIL] = { "detail", NULL },
	[LISTING_REVERSE] = { "reverse", NULL },
	[LISTING_RATES] = { "rates", NULL },
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

static int take_filter(struct listing *listing, const char *word)
{
	char error[FILTER_ERROR_SIZE];
	int ret = filter_word(&listing->filter, word, error);

	if (ret == -ENOENT)
		return fail(EXIT_USAGE, "%s: unknown word '%s'",
			    listing->what, word);
	return ret ? fail(EXIT_USAGE, "%s", error) : EXIT_OK;
}

static int take_row(struct listing *listing, size_t i, const char *value)
{
	if (listing->given & BIT(i))
		return fail(EXIT_USAGE, "%s is given twice", rows[i].name);
	listing->given |= BIT(i);
	listing->detail |= i == LISTING_DETAIL;
	listing->reverse |= i == LISTING_REVERSE;
	return rows[i].take ? rows[i].take(listing, value) : EXIT_OK;
}

/* Returns how many words were taken, or 0 after a message. */
static int take_word(struct listing *listing, int argc, char **argv)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *value = NULL;
		int used = 1;

		if (rows[i].take)
			value = parse_assignment(argv[0], rows[i].name);
		if (!value && strcmp(argv[0], rows[i].name))
			continue;
		if (!value && rows[i].take) {
			if (argc < 2) {
				fail(EXIT_USAGE, "%s: its value is missing",
				     rows[i].name);
				return 0;
			}
			value = argv[1];
			used = 2;
		}
		return take_row(listing, i, value) ? 0 : used;
	}
	return take_filter(listing, argv[0]) ? 0 : 1;
}

static bool is_rate(enum conn_prop prop)
{
	return prop == PROP_ORIG_RATE || prop == PROP_REPL_RATE;
}

/**
 * listing_rates() - Settle whether rates are sampled, for how long.
 * @listing: Its interval is set to the usual one where a rate is asked for in
 *	any way and no time is given.
 */
void listing_rates(struct listing *listing)
{
	bool wanted = filter_has(&listing->filter, FILTER_MIN_RATE) ||
		      listing->given & BIT(LISTING_RATES) ||
		      is_rate(listing->sort);
	size_t i;

	for (i = 0; i < listing->columns; i++)
		wanted |= is_rate(listing->column[i]);
	if (wanted && !listing->interval)
		listing->interval = USUAL_INTERVAL;
}

/**
 * listing_without() - Refuse words that a command would not obey.
 * @listing: What was given.
 * @words: Bits by enum listing_term.
 * @why: Why there is nothing to obey, for the message.
 *
 * Return: EXIT_OK, or EXIT_USAGE after a message.
 */
int listing_without(const struct listing *listing, u32 words, const char *why)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (listing->given & words & BIT(i))
			return fail(EXIT_USAGE, "%s: %s", rows[i].name, why);
	return EXIT_OK;
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
	return EXIT_OK;
}
