// SPDX-License-Identifier: GPL-2.0
/* Owns "connection watch": when the tables are read, and what of them goes to
 * the screen or, with -j, to stdout as one JSON object per reading. Must not
 * know the terminal.
 */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "command.h"
#include "devices.h"
#include "diag.h"
#include "flags.h"
#include "out.h"
#include "parse.h"
#include "rows.h"
#include "walk.h"
#include "watch.h"

#define USUAL_INTERVAL	2000
/* The first rates come early: nobody likes to look at an empty column. */
#define FIRST_INTERVAL	500

/**
 * struct reading - How the tables are read.
 * @watch: What they are read for.
 * @rates: Samples.
 * @walk: The walk; it holds the fast table as long as it is shown.
 * @left: Readings to go, 0 for no end.
 */
struct reading {
	struct watch watch;
	struct rates *rates;
	struct walk walk;
	u64 left;
};

/* With -j there is no screen that would take signals. */
static atomic_int stopped;

static void on_stop(int number)
{
	stopped = number;
}

static int see_conn(const struct conn *conn, void *data)
{
	struct watch *watch = data;
	bool fast = conn->flags & BIT(PROP_FASTTRACK);

	if (stopped || screen_stopped())
		return WALK_STOP;
	if (watch->fast_only && !fast)
		return 0;
	watch->matching++;
	watch->fast += fast;
	watch->has_rate |= conn->has_rate;
	watch->rate[DIR_ORIG] += conn->rate[DIR_ORIG];
	watch->rate[DIR_REPLY] += conn->rate[DIR_REPLY];
	select_add(watch->selection, conn);
	return 0;
}

static void restart(void *data)
{
	struct watch *watch = data;

	select_clear(watch->selection);
	watch->matching = 0;
	watch->fast = 0;
	watch->rate[DIR_ORIG] = 0;
	watch->rate[DIR_REPLY] = 0;
	watch->has_rate = false;
}

/* Read both tables. The old reading is gone when this begins. */
static int read_tables(struct reading *reading, size_t limit)
{
	struct watch *watch = &reading->watch;
	struct walk *walk = &reading->walk;
	int ret;

	select_free(watch->selection);
	watch->selection = select_new(watch->listing.sort,
				      watch->listing.reverse, limit);
	restart(watch);
	devices_forget();
	walk->what = "connection watch";
	walk->filter = watch->listing.filter;
	walk->see = see_conn;
	walk->restart = restart;
	walk->data = watch;
	walk->rates = reading->rates;
	rates_turn(reading->rates, false);
	watch->time = time(NULL);
	ret = walk_begin(walk);
	if (!ret)
		ret = walk_run(walk);
	select_sort(watch->selection);
	watch_settle(watch);
	return ret;
}

static void sleep_until(u64 when)
{
	u64 now = rates_now();
	struct timespec pause;

	if (now >= when)
		return;
	pause.tv_sec = (when - now) / 1000000;
	pause.tv_nsec = (when - now) % 1000000 * 1000;
	/* A signal cuts it short, and is looked at by the caller. */
	nanosleep(&pause, NULL);
}

static void put_reading(const struct watch *watch)
{
	struct buf buf = { 0 };
	struct conn conn;
	size_t i;

	buf_text(&buf, "{\"time\":");
	buf_number(&buf, watch->time);
	buf_text(&buf, ",\"matching\":");
	buf_number(&buf, watch->matching);
	buf_text(&buf, ",\"fasttrack\":");
	buf_number(&buf, watch->fast);
	buf_text(&buf, ",\"orig-rate\":");
	buf_number(&buf, watch->rate[DIR_ORIG]);
	buf_text(&buf, ",\"repl-rate\":");
	buf_number(&buf, watch->rate[DIR_REPLY]);
	buf_text(&buf, ",\"connections\":[");
	for (i = 0; i < select_count(watch->selection); i++) {
		if (i)
			buf_char(&buf, ',');
		select_get(watch->selection, i, &conn);
		rows_json_object(&buf, &conn, false);
	}
	buf_text(&buf, "]}\n");
	buf_out(&buf);
	buf_free(&buf);
	out_flush();
}

/* A signal is the way to end it, and no failure. */
static int run_json(struct reading *reading)
{
	struct sigaction action = { .sa_handler = on_stop };
	struct watch *watch = &reading->watch;
	u64 next = rates_now();
	int ret = EXIT_OK;

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	while (!stopped && !out_error()) {
		ret = read_tables(reading, watch->listing.limit);
		if (ret || stopped)
			break;
		put_reading(watch);
		if (reading->left && !--reading->left)
			break;
		next += watch->listing.interval * 1000ull;
		sleep_until(next);
	}
	return ret;
}

/* Until it is time to read again (WATCH_NOTHING), or a key wants that, or the
 * end.
 */
static enum watch_event wait_keys(struct watch *watch, u64 until)
{
	enum watch_event event;
	u64 now;

	for (;;) {
		screen_draw(watch);
		now = rates_now();
		if (!watch->paused && now >= until)
			return WATCH_NOTHING;
		event = screen_wait(watch, watch->paused ? -1 :
				    (int)((until - now) / 1000 + 1));
		if (event == WATCH_QUIT || event == WATCH_READ)
			return event;
	}
}

/* Each reading is shown for its interval, the last one, too. One that a key
 * wanted is shown for the time of the one that it replaces.
 */
static int run_screen(struct reading *reading)
{
	struct watch *watch = &reading->watch;
	enum watch_event event = WATCH_NOTHING;
	u64 start, interval = FIRST_INTERVAL;
	int ret;

	ret = screen_begin();
	if (ret)
		return ret;
	diag_catch(watch->message, sizeof(watch->message));
	do {
		start = rates_now();
		screen_size(watch);
		ret = read_tables(reading, watch_needs(watch));
		if (ret || screen_stopped())
			break;
		if (watch->listing.interval < interval || watch->has_rate ||
		    reading->left == 1)
			interval = watch->listing.interval;
		event = wait_keys(watch, start + interval * 1000);
		if (event == WATCH_NOTHING && reading->left &&
		    !--reading->left)
			break;
	} while (event != WATCH_QUIT);
	screen_end();
	diag_catch(NULL, 0);
	if (ret)
		note("%s", watch->message);
	return ret;
}

/* A word of its own; the others are those of the list. */
static int take_count(struct reading *reading, int *argc, char **argv)
{
	int i, ret, kept = 0;

	for (i = 0; i < *argc; i++) {
		const char *value = parse_assignment(argv[i], "count");

		if (!value) {
			argv[kept++] = argv[i];
			continue;
		}
		if (reading->left)
			return fail(EXIT_USAGE, "count is given twice");
		ret = parse_number(value, &reading->left);
		if (ret == -ERANGE)
			return fail(EXIT_USAGE,
				    "count: '%s' is out of range (1 to %llu)",
				    value, ~0ull);
		if (ret || !reading->left)
			return fail(EXIT_USAGE,
				    "count: '%s' is not a number from 1",
				    value);
	}
	*argc = kept;
	return EXIT_OK;
}

/* No word is taken that changes nothing. */
static int check_words(const struct ftctl *ftctl,
		       const struct listing *listing)
{
	if (ftctl->json && ftctl->pretty)
		return fail(EXIT_USAGE,
			    "-p: connection watch writes a line for each reading");
	if (ftctl->json)
		return listing_without(listing, BIT(LISTING_COLUMNS),
				       "JSON has all properties");
	if (ftctl->detail)
		return fail(EXIT_USAGE, "-d: no room for it on a screen");
	if (listing_without(listing, BIT(LISTING_COLUMNS),
			    "connection watch has its own"))
		return EXIT_USAGE;
	return listing_without(listing, BIT(LISTING_DETAIL),
			       "no room for it on a screen");
}

/**
 * watch_word() - Words that may follow "connection watch".
 * @i: Number.
 *
 * Return: Word, or NULL behind the last.
 */
const char *watch_word(size_t i)
{
	static const char * const words[] = {
		"sort", "reverse", "limit", "interval=", "count=",
	};

	return i < ARRAY_SIZE(words) ? words[i] :
				       filter_name(i - ARRAY_SIZE(words));
}

/**
 * cmd_connection_watch() - Watch connections live.
 * @ftctl: Options.
 * @argc: How many words follow.
 * @argv: Words.
 *
 * Return: Exit code. A signal other than SIGINT ends the process as it always
 * does, once the terminal is back.
 */
int cmd_connection_watch(const struct ftctl *ftctl, int argc, char **argv)
{
	struct reading reading;
	struct watch *watch = &reading.watch;
	int ret, number;

	memset(&reading, 0, sizeof(reading));
	if (take_count(&reading, &argc, argv) ||
	    listing_parse(&watch->listing, ftctl, "connection watch", argc,
			  argv) ||
	    check_words(ftctl, &watch->listing))
		return EXIT_USAGE;
	if (watch->listing.sort == SELECT_UNSORTED)
		watch->listing.sort = PROP_REPL_RATE;
	if (!watch->listing.interval)
		watch->listing.interval = USUAL_INTERVAL;
	watch->family = ftctl->family;
	watch_words(watch, argc, argv);
	reading.rates = rates_new();
	ret = ftctl->json ? run_json(&reading) :
			    run_screen(&reading);
	select_free(watch->selection);
	rates_free(reading.rates);
	walk_end(&reading.walk);
	number = screen_signal();
	if (number && number != SIGINT) {
		signal(number, SIG_DFL);
		raise(number);
	}
	return ret;
}
