/* SPDX-License-Identifier: GPL-2.0 */
/* Owns what the live view shows, between cmd_watch.c, which reads it from the
 * kernel, and watch_screen.c, which draws it and takes keys. Prototypes of
 * the latter, of watch_view.c and of watch_layout.c.
 */
#ifndef FTCTL_WATCH_H
#define FTCTL_WATCH_H

#include <time.h>

#include "listing.h"

/**
 * struct watch - The live view.
 * @listing: What to show; the keys change it.
 * @family: AF_INET or AF_INET6, of -4 and -6 or the keys, else AF_UNSPEC.
 * @fast_only: Besides, only fast connections.
 * @paused: Nothing is read but by the key for that.
 * @time: When the table was read, in seconds.
 * @selection: Connections to draw, sorted.
 * @offset: Which of them is on top of the screen.
 * @rows: How many the screen has room for.
 * @matching: Connections that match.
 * @fast: Those of them that are fast.
 * @rate: Sum of their rates by direction.
 * @has_rate: One of them had a rate.
 * @filter_text: The filter's words as they were typed.
 * @message: What went wrong last, or empty.
 */
struct watch {
	struct listing listing;
	u8 family;
	bool fast_only;
	bool paused;
	time_t time;
	struct selection *selection;
	size_t offset;
	size_t rows;
	u64 matching;
	u64 fast;
	u64 rate[DIR_COUNT];
	bool has_rate;
	char filter_text[256];
	char message[256];
};

/**
 * enum watch_event - What the user wants.
 * @WATCH_NOTHING: Time is over.
 * @WATCH_DRAW: The same in another way.
 * @WATCH_READ: Another part of the table.
 * @WATCH_QUIT: The end.
 */
enum watch_event {
	WATCH_NOTHING,
	WATCH_DRAW,
	WATCH_READ,
	WATCH_QUIT,
};

int screen_begin(void);
void screen_end(void);
void screen_draw(struct watch *watch);
enum watch_event screen_wait(struct watch *watch, int ms);
void screen_size(struct watch *watch);
bool screen_stopped(void);
int screen_signal(void);

/* The part of the table that is shown, watch_view.c. */
void watch_words(struct watch *watch, int argc, char **argv);
bool watch_filter(struct watch *watch, const char *text);
bool watch_family(struct watch *watch, u8 family);
size_t watch_needs(const struct watch *watch);
void watch_settle(struct watch *watch);
enum watch_event watch_see(const struct watch *watch);
enum watch_event watch_move(struct watch *watch, size_t offset);
size_t watch_end(const struct watch *watch);

/* Layout, watch_layout.c. */
#define WATCH_COLUMNS	16

/**
 * struct layout - Which columns there are and where.
 * @column: Properties.
 * @width: Their widths.
 * @count: How many.
 */
struct layout {
	u8 column[WATCH_COLUMNS];
	size_t width[WATCH_COLUMNS];
	size_t count;
};

void layout_make(struct layout *layout, const struct watch *watch,
		 size_t width);
void layout_cell(const struct conn *conn, enum conn_prop prop,
		 struct buf *buf);
enum conn_prop layout_next(enum conn_prop prop, int step);

#endif /* FTCTL_WATCH_H */
