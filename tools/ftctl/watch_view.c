// SPDX-License-Identifier: GPL-2.0
/* Owns which part of the table the live view shows: filter, family, and where in
 * it the screen is. Pure: must not know the terminal, nor read anything.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "diag.h"
#include "watch.h"

/* Rows kept besides those on the screen, so that not each key has to read the
 * table again, and a view that is paused has some to move in.
 */
#define ROWS_AHEAD	1000

/**
 * watch_words() - Keep the words of a filter, to be changed on the screen.
 * @watch: View.
 * @argc: How many words, of any kind.
 * @argv: Words.
 */
void watch_words(struct watch *watch, int argc, char **argv)
{
	char error[FILTER_ERROR_SIZE];
	struct filter filter;
	size_t used = 0;
	int i;

	watch->filter_text[0] = '\0';
	filter_init(&filter);
	for (i = 0; i < argc && used < sizeof(watch->filter_text); i++)
		if (!filter_word(&filter, argv[i], error))
			used += snprintf(watch->filter_text + used,
					 sizeof(watch->filter_text) - used,
					 "%s%s", used ? " " : "", argv[i]);
}

/* Order may be changed in the same line, as behind "connection list". */
static int parse(struct listing *wanted, u8 family, int argc, char **argv)
{
	struct ftctl ftctl = { .family = family };
	u32 order = BIT(LISTING_SORT) | BIT(LISTING_REVERSE);

	if (listing_parse(wanted, &ftctl, "filter", argc, argv))
		return EXIT_USAGE;
	return listing_without(wanted, ~order, "is no part of a filter");
}

/**
 * watch_filter() - Take a filter that was typed.
 * @watch: Its filter is changed, or its message says what is wrong.
 * @text: Words as behind "connection list".
 *
 * Return: True if it was taken.
 */
bool watch_filter(struct watch *watch, const char *text)
{
	struct listing wanted;
	char *argv[64], words[sizeof(watch->filter_text)];
	char *word, *rest = words;
	int argc = 0;

	snprintf(words, sizeof(words), "%s", text);
	while ((word = strtok_r(rest, " ", &rest)) &&
	       argc < (int)ARRAY_SIZE(argv))
		argv[argc++] = word;
	/* Complaints are caught and go into the message. */
	if (parse(&wanted, watch->family, argc, argv))
		return false;
	watch->listing.filter = wanted.filter;
	if (wanted.sort != SELECT_UNSORTED) {
		watch->listing.sort = wanted.sort;
		watch->listing.reverse = false;
	}
	watch->listing.reverse |= wanted.reverse;
	watch_words(watch, argc, argv);
	watch->offset = 0;
	return true;
}

/**
 * watch_family() - Take a key that shows one family only, or takes that back.
 * @watch: Its filter is changed, or its message says why not.
 * @family: AF_INET or AF_INET6.
 *
 * Return: True if it was taken.
 */
bool watch_family(struct watch *watch, u8 family)
{
	char error[FILTER_ERROR_SIZE];

	if (watch->family == family)
		family = AF_UNSPEC;
	if (filter_narrow(&watch->listing.filter, family, error)) {
		snprintf(watch->message, sizeof(watch->message), "%s", error);
		return false;
	}
	watch->family = family;
	watch->offset = 0;
	return true;
}

/* Connections that one can move to. */
static size_t in_reach(const struct watch *watch)
{
	size_t limit = watch->listing.limit;

	return limit && limit < watch->matching ? limit : watch->matching;
}

/**
 * watch_needs() - Rows that have to be kept of a reading.
 * @watch: View.
 *
 * Return: How many, the first ones in the order shown.
 */
size_t watch_needs(const struct watch *watch)
{
	size_t rows = watch->offset + watch->rows + ROWS_AHEAD;
	size_t limit = watch->listing.limit;

	return limit && limit < rows ? limit : rows;
}

/**
 * watch_settle() - Stay within the table after it was read.
 * @watch: View. Where nothing is left of what the screen showed, it shows the
 *	last rows.
 */
void watch_settle(struct watch *watch)
{
	size_t most = in_reach(watch);

	if (watch->offset < most)
		return;
	watch->offset = most > watch->rows ? most - watch->rows : 0;
}

/* Are all rows that the screen has room for among those kept? */
static bool are_kept(const struct watch *watch)
{
	size_t end = watch->offset + watch->rows, most = in_reach(watch);

	return (end < most ? end : most) <= select_count(watch->selection);
}

/**
 * watch_see() - What it takes to show this part of the table.
 * @watch: View.
 *
 * Return: WATCH_DRAW, or WATCH_READ if rows are missing that may be read.
 */
enum watch_event watch_see(const struct watch *watch)
{
	return watch->paused || are_kept(watch) ? WATCH_DRAW : WATCH_READ;
}

/**
 * watch_move() - Move to another part of the table.
 * @watch: View.
 * @offset: What comes on top of the screen, as far as there is so much.
 *
 * Return: As watch_see(). A view that is paused only has what was kept.
 */
enum watch_event watch_move(struct watch *watch, size_t offset)
{
	size_t most = in_reach(watch);

	if (watch->paused && most > select_count(watch->selection)) {
		most = select_count(watch->selection);
		if (offset + watch->rows > most) {
			snprintf(watch->message, sizeof(watch->message),
				 "paused: only so many rows were kept");
			offset = most > watch->rows ? most - watch->rows : 0;
		}
	}
	if (offset >= most)
		offset = most ? most - 1 : 0;
	watch->offset = offset;
	return watch_see(watch);
}

/**
 * watch_end() - Where the last rows are.
 * @watch: View.
 *
 * Return: What is on top of the screen then.
 */
size_t watch_end(const struct watch *watch)
{
	size_t most = in_reach(watch), page = watch->rows ?: 1;

	return most > page ? most - page : 0;
}
