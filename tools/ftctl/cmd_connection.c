// SPDX-License-Identifier: GPL-2.0
/* Owns "connection list" and "connection show": their words and the way of a
 * connection through filter, order and limit to the list. Must not know how
 * messages are coded, nor how a table or JSON is written.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "command.h"
#include "diag.h"
#include "listing.h"
#include "out.h"
#include "proc.h"
#include "rows.h"
#include "walk.h"

/* The table, if nobody asks for other columns. */
static const u8 usual_columns[] = {
	PROP_FLAGS, PROP_PROTOCOL, PROP_SRC_ADDRESS, PROP_DST_ADDRESS,
	PROP_REPLY_SRC_ADDRESS, PROP_REPLY_DST_ADDRESS, PROP_TCP_STATE,
	PROP_TIMEOUT, PROP_ORIG_PACKETS, PROP_ORIG_BYTES, PROP_REPL_PACKETS,
	PROP_REPL_BYTES, PROP_ORIG_FASTTRACK_PACKETS,
	PROP_REPL_FASTTRACK_PACKETS, PROP_WHY_NOT,
};

/* Those and the rates, if they were sampled. */
static const u8 rate_columns[] = {
	PROP_FLAGS, PROP_PROTOCOL, PROP_SRC_ADDRESS, PROP_DST_ADDRESS,
	PROP_REPLY_SRC_ADDRESS, PROP_REPLY_DST_ADDRESS, PROP_TCP_STATE,
	PROP_TIMEOUT, PROP_ORIG_RATE, PROP_REPL_RATE, PROP_ORIG_BYTES,
	PROP_REPL_BYTES, PROP_ORIG_FASTTRACK_PACKETS,
	PROP_REPL_FASTTRACK_PACKETS, PROP_WHY_NOT,
};

/**
 * struct output - One run of the list.
 * @listing: What is asked for.
 * @rows: Writer.
 * @selection: What waits to be sorted, or NULL when the list streams.
 * @shown: Connections written.
 */
struct output {
	const struct listing *listing;
	struct rows *rows;
	struct selection *selection;
	u64 shown;
};

static int see_conn(const struct conn *conn, void *data)
{
	struct output *output = data;
	size_t limit = output->listing->limit;

	if (output->selection) {
		select_add(output->selection, conn);
		return 0;
	}
	rows_add(output->rows, conn);
	output->shown++;
	if (limit && output->shown == limit)
		return WALK_STOP;
	/* out_close() says what is wrong. */
	return out_error() ? WALK_STOP : 0;
}

static void restart(void *data)
{
	struct output *output = data;

	select_clear(output->selection);
}

/* The first of two samples; nothing is shown of it. */
static int see_none(const struct conn *conn, void *data)
{
	(void)conn;
	(void)data;
	return 0;
}

static int sample(const struct listing *listing, struct rates *rates)
{
	struct walk walk = {
		.what = listing->what,
		.filter = listing->filter,
		.see = see_none,
		.rates = rates,
	};
	struct timespec pause = {
		.tv_sec = listing->interval / 1000,
		.tv_nsec = listing->interval % 1000 * 1000000,
	};
	int ret;

	/* No rate is known yet by which one could be left out. */
	walk.filter.given &= ~BIT(FILTER_MIN_RATE);
	/* Whether it is fast matters to nobody here. */
	walk.join = join_new();
	ret = walk_run(&walk);
	walk_end(&walk);
	while (!ret && nanosleep(&pause, &pause) && errno == EINTR)
		;
	return ret;
}

static void show_selection(struct output *output)
{
	struct conn conn;
	size_t i;

	if (!output->selection)
		return;
	select_sort(output->selection);
	for (i = 0; i < select_count(output->selection); i++) {
		select_get(output->selection, i, &conn);
		rows_add(output->rows, &conn);
		output->shown++;
	}
}

static void note_uncounted(const struct walk *walk)
{
	u64 on;

	if (walk->uncounted && !sysctl_read(SYSCTL_CT "acct", &on) && !on)
		note("no packet and byte counts: nf_conntrack_acct is off");
}

static int run(const struct listing *listing, struct output *output)
{
	struct walk walk = {
		.what = listing->what,
		.filter = listing->filter,
		.see = see_conn,
		.restart = output->selection ? restart : NULL,
		.data = output,
	};
	int ret = EXIT_OK;

	if (listing->interval) {
		walk.rates = rates_new();
		rates_turn(walk.rates, false);
		ret = sample(listing, walk.rates);
		rates_turn(walk.rates, true);
	}
	if (!ret)
		ret = walk_begin(&walk);
	if (!ret)
		ret = walk_run(&walk);
	if (!ret) {
		show_selection(output);
		rows_end(output->rows);
		note_uncounted(&walk);
	}
	rates_free(walk.rates);
	walk_end(&walk);
	return ret;
}

/* No word is taken that changes nothing. */
static int check_words(const struct listing *listing, enum rows_mode mode)
{
	static const char * const all[] = {
		[ROWS_DETAIL] = "a line of details has all properties",
		[ROWS_RECORD] = "a record has all properties",
		[ROWS_JSON] = "JSON has all properties",
	};

	if (listing->sort == SELECT_UNSORTED &&
	    listing_without(listing, BIT(LISTING_REVERSE),
			    "there is no order without sort"))
		return EXIT_USAGE;
	return mode == ROWS_TABLE ? EXIT_OK :
	       listing_without(listing, BIT(LISTING_COLUMNS), all[mode]);
}

static int show_listing(const struct ftctl *ftctl, struct listing *listing,
			enum rows_mode mode)
{
	struct output output = { .listing = listing };
	const u8 *columns = usual_columns;
	size_t count = ARRAY_SIZE(usual_columns);
	int ret;

	if (check_words(listing, ftctl->json ? ROWS_JSON : mode))
		return EXIT_USAGE;
	listing_rates(listing);
	if (listing->interval) {
		columns = rate_columns;
		count = ARRAY_SIZE(rate_columns);
	}
	if (listing->columns) {
		columns = listing->column;
		count = listing->columns;
	}
	output.rows = rows_open(ftctl->json ? ROWS_JSON : mode, ftctl->pretty,
				columns, count);
	if (listing->sort != SELECT_UNSORTED)
		output.selection = select_new(listing->sort, listing->reverse,
					      listing->limit);
	ret = run(listing, &output);
	if (!ret && mode == ROWS_RECORD && !output.shown)
		ret = fail(EXIT_KERNEL, "%s: no such connection",
			   listing->what);
	select_free(output.selection);
	rows_close(output.rows);
	return ret;
}

/**
 * cmd_connection_list() - List connections.
 * @ftctl: Options.
 * @argc: How many words follow.
 * @argv: Words.
 *
 * Return: Exit code.
 */
int cmd_connection_list(const struct ftctl *ftctl, int argc, char **argv)
{
	struct listing listing;

	if (listing_parse(&listing, ftctl, "connection list", argc, argv))
		return EXIT_USAGE;
	return show_listing(ftctl, &listing,
			    listing.detail || ftctl->detail ? ROWS_DETAIL :
							      ROWS_TABLE);
}

/**
 * cmd_connection_show() - Show all that is known of the connections named.
 * @ftctl: Options.
 * @argc: How many words follow.
 * @argv: Words.
 *
 * Return: Exit code, EXIT_KERNEL if there is no such connection.
 */
int cmd_connection_show(const struct ftctl *ftctl, int argc, char **argv)
{
	struct listing listing;

	if (!argc)
		return fail(EXIT_USAGE,
			    "connection show: NAME=VALUE is missing");
	if (listing_parse(&listing, ftctl, "connection show", argc, argv))
		return EXIT_USAGE;
	return show_listing(ftctl, &listing, ROWS_RECORD);
}
