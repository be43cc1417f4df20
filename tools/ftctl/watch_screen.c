// SPDX-License-Identifier: GPL-2.0
/* Owns the terminal of the live view: drawing, keys, and that it is as it was
 * whatever ends the run. Must not know the kernel.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <ncurses.h>

#include "diag.h"
#include "watch.h"

/* Above the rows: totals, filter and order, titles. Below: keys. */
#define HEAD_LINES	3
#define FOOT_LINES	1
#define PAIR_FAST	1
#define PAIR_WARN	2
#define KEY_ESCAPE	27
#define KEY_RETURN	10
#define KEY_ERASE	127
#define KEY_CTRL_C	3
#define KEY_CTRL_L	12
#define KEY_CTRL_U	21

static SCREEN *screen;
/* Without a lock, so a handler may write it. */
static atomic_int stop_signal;
/* What puts the terminal back when nothing else may run any more. */
static struct termios saved_terminal;
static char saved_leave[64];

static const char help_text[] =
	"q        quit\n"
	"/        filter: words as behind 'connection list', empty for all\n"
	"o        order: name of a property; < and > take the next column\n"
	"r        reverse the order\n"
	"f        fast connections only, or all\n"
	"4 6      IPv4 or IPv6 only, or both\n"
	"p        pause, or go on; space reads at once\n"
	"+ -      longer or shorter interval\n"
	"arrows, page up, page down, home, end    move\n"
	"h ?      this; any key leaves it\n"
	"\n"
	"Flags: S seen-reply  A assured  C confirmed  F fasttrack\n"
	"       s srcnat  d dstnat  E expected  D dying\n"
	"       H hw-offload  o offload by an nft flowtable or tc\n";

static void on_stop(int number)
{
	stop_signal = number;
}

/* Only what is safe in a handler: the terminal comes back, then the signal
 * does what it would have done.
 */
static void on_crash(int number)
{
	ssize_t unused;

	unused = write(STDOUT_FILENO, saved_leave, sizeof(saved_leave));
	(void)unused;
	tcsetattr(STDIN_FILENO, TCSANOW, &saved_terminal);
	raise(number);
}

static void set_signals(void)
{
	static const int stops[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	static const int crashes[] = {
		SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL,
	};
	struct sigaction action = { .sa_handler = on_stop };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(stops); i++)
		sigaction(stops[i], &action, NULL);
	action.sa_handler = on_crash;
	action.sa_flags = SA_RESETHAND | SA_NODEFER;
	for (i = 0; i < ARRAY_SIZE(crashes); i++)
		sigaction(crashes[i], &action, NULL);
}

/* "\033[?1049l" and the like, with the cursor shown, padding left out. */
static void save_leave(void)
{
	const char *show = tigetstr("cnorm"), *leave = tigetstr("rmcup");
	const char *plain = tigetstr("sgr0");

	if (leave == (char *)-1)
		leave = NULL;
	if (show == (char *)-1)
		show = NULL;
	if (plain == (char *)-1)
		plain = NULL;
	snprintf(saved_leave, sizeof(saved_leave), "%s%s%s", plain ?: "",
		 show ?: "", leave ?: "");
}

static void set_colours(void)
{
	const char *no_colour = getenv("NO_COLOR");

	if ((no_colour && *no_colour) || !has_colors())
		return;
	start_color();
	use_default_colors();
	init_pair(PAIR_FAST, COLOR_GREEN, -1);
	init_pair(PAIR_WARN, COLOR_YELLOW, -1);
}

/**
 * screen_begin() - Take the terminal.
 *
 * Return: Exit code, after a message if it is none of success.
 */
int screen_begin(void)
{
	const char *terminal = getenv("TERM");

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return fail(EXIT_USAGE,
			    "watch needs a terminal (or -j for JSON)");
	tcgetattr(STDIN_FILENO, &saved_terminal);
	setlocale(LC_CTYPE, "");
	/* Before ncurses, which only handles what nobody else does. */
	set_signals();
	screen = newterm(NULL, stdout, stdin);
	if (!screen)
		return fail(EXIT_KERNEL, "watch: unknown terminal '%s'",
			    terminal ?: "");
	save_leave();
	atexit(screen_end);
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(50);
	curs_set(0);
	set_colours();
	return EXIT_OK;
}

/**
 * screen_end() - Give the terminal back. May be called any number of times.
 */
void screen_end(void)
{
	if (!screen)
		return;
	endwin();
	delscreen(screen);
	screen = NULL;
}

/**
 * screen_stopped() - Did a signal ask for the end?
 *
 * Return: True if so.
 */
bool screen_stopped(void)
{
	return stop_signal;
}

/**
 * screen_signal() - Which signal ended the view.
 *
 * Return: Signal, 0 if none did.
 */
int screen_signal(void)
{
	return stop_signal;
}

/**
 * screen_size() - Ask how many rows there is room for.
 * @watch: View.
 */
void screen_size(struct watch *watch)
{
	int room = LINES - HEAD_LINES - FOOT_LINES;

	watch->rows = room > 0 ? room : 0;
}

/* One line, blanks to the end of it. */
static void put_line(int line, attr_t attr, const char *text)
{
	if (line >= LINES)
		return;
	attrset(attr);
	mvaddnstr(line, 0, text, COLS);
	clrtoeol();
	if (attr & A_REVERSE)
		mvchgat(line, 0, -1, attr, PAIR_NUMBER(attr), NULL);
	attrset(A_NORMAL);
}

static void draw_totals(const struct watch *watch)
{
	struct buf buf = { 0 };
	struct tm tm;
	char clock[16];

	strftime(clock, sizeof(clock), "%H:%M:%S",
		 localtime_r(&watch->time, &tm));
	buf_text(&buf, "ftctl ");
	buf_text(&buf, clock);
	buf_text(&buf, watch->paused ? "  paused  " : "  ");
	buf_number(&buf, watch->matching);
	buf_text(&buf, " connections, ");
	buf_number(&buf, watch->fast);
	buf_text(&buf, " fast");
	if (watch->listing.limit) {
		buf_text(&buf, ", limit ");
		buf_number(&buf, watch->listing.limit);
	}
	if (watch->has_rate) {
		buf_text(&buf, "  orig ");
		buf_scaled(&buf, watch->rate[DIR_ORIG], "bps");
		buf_text(&buf, "  repl ");
		buf_scaled(&buf, watch->rate[DIR_REPLY], "bps");
	}
	buf_char(&buf, '\0');
	put_line(0, A_BOLD, buf.text);
	buf_free(&buf);
}

static void draw_order(const struct watch *watch)
{
	char line[512];

	snprintf(line, sizeof(line),
		 "every %u.%us  sort %s%s  filter: %s%s%s%s",
		 watch->listing.interval / 1000,
		 watch->listing.interval % 1000 / 100,
		 conn_props[watch->listing.sort].key,
		 watch->listing.reverse ? " reverse" : "",
		 watch->fast_only ? "fasttrack=yes " : "",
		 !watch->family ? "" :
		 watch->family == AF_INET ? "family=ipv4 " : "family=ipv6 ",
		 watch->filter_text,
		 watch->listing.filter.given || watch->fast_only ? "" :
		 "none");
	put_line(1, A_NORMAL, line);
}

static void draw_titles(const struct watch *watch, const struct layout *layout)
{
	size_t i, x = 0;

	move(2, 0);
	clrtoeol();
	for (i = 0; i < layout->count; i++) {
		const char *key = conn_props[layout->column[i]].key;
		size_t width = layout->width[i], len = strlen(key);
		bool sorted = layout->column[i] == watch->listing.sort;

		attrset(sorted ? A_BOLD | A_UNDERLINE : A_REVERSE);
		if (len > width)
			len = width;
		if (conn_is_right(layout->column[i]))
			mvaddnstr(2, x + width - len, key, len);
		else
			mvaddnstr(2, x, key, len);
		x += width + 1;
	}
	attrset(A_NORMAL);
}

static void draw_row(int line, const struct layout *layout,
		     const struct conn *conn)
{
	struct conn_value fast;
	struct buf buf = { 0 };
	size_t i, x = 0;

	conn_get(conn, PROP_FASTTRACK, &fast);
	move(line, 0);
	clrtoeol();
	attrset(fast.number ? COLOR_PAIR(PAIR_FAST) : A_NORMAL);
	for (i = 0; i < layout->count; i++) {
		size_t width = layout->width[i];
		size_t at = x;

		buf.used = 0;
		layout_cell(conn, layout->column[i], &buf);
		if (buf.used < width && conn_is_right(layout->column[i]))
			at += width - buf.used;
		if (buf.used && at < (size_t)COLS)
			mvaddnstr(line, at, buf.text,
				  buf.used < width ? buf.used : width);
		x += width + 1;
	}
	attrset(A_NORMAL);
	buf_free(&buf);
}

static void draw_foot(const struct watch *watch)
{
	static const char keys[] = "q quit  h help  / filter  o order  "
		"< > column  r reverse  f fast  p pause  4 6 family  "
		"+ - interval";

	if (watch->message[0])
		put_line(LINES - 1, A_BOLD | COLOR_PAIR(PAIR_WARN),
			 watch->message);
	else
		put_line(LINES - 1, A_REVERSE, keys);
}

/**
 * screen_draw() - Draw everything.
 * @watch: View.
 */
void screen_draw(struct watch *watch)
{
	struct layout layout;
	struct conn conn;
	size_t i, at;

	screen_size(watch);
	layout_make(&layout, watch, COLS);
	draw_totals(watch);
	draw_order(watch);
	draw_titles(watch, &layout);
	for (i = 0; i < watch->rows; i++) {
		at = watch->offset + i;
		if (at < select_count(watch->selection)) {
			select_get(watch->selection, at, &conn);
			draw_row(HEAD_LINES + i, &layout, &conn);
		} else {
			move(HEAD_LINES + i, 0);
			clrtoeol();
		}
	}
	draw_foot(watch);
	refresh();
}

/* A key, or ERR when none comes in time or a signal ended the run. */
static int wait_key(int ms)
{
	struct pollfd pollfd = { .fd = STDIN_FILENO, .events = POLLIN };
	int key = getch();

	if (key != ERR || stop_signal)
		return key;
	if (poll(&pollfd, 1, ms) > 0 && !(pollfd.revents & POLLIN)) {
		/* The terminal is gone. */
		stop_signal = SIGHUP;
		return key;
	}
	return getch();
}

static void draw_prompt(const char *prompt, const char *text)
{
	char line[512];

	snprintf(line, sizeof(line), "%s%s", prompt, text);
	put_line(LINES - 1, A_BOLD, line);
	move(LINES - 1, strlen(line) < (size_t)COLS ? (int)strlen(line) :
						      COLS - 1);
	refresh();
}

/* A line typed at the bottom; false if it was given up. */
static bool ask(const char *prompt, char *text, size_t size)
{
	size_t len = strlen(text);
	bool done = false;
	int key = 0;

	curs_set(1);
	while (!done && !stop_signal) {
		draw_prompt(prompt, text);
		key = wait_key(-1);
		if (key == KEY_ESCAPE || key == KEY_CTRL_C)
			break;
		if (key == KEY_ENTER || key == KEY_RETURN || key == '\r')
			done = true;
		else if (key == KEY_CTRL_U)
			len = 0;
		else if (len && (key == KEY_BACKSPACE || key == KEY_ERASE ||
				 key == '\b'))
			len--;
		else if (key >= ' ' && key < KEY_ERASE && len + 1 < size)
			text[len++] = key;
		text[len] = '\0';
	}
	curs_set(0);
	return done;
}

static void show_help(void)
{
	erase();
	mvaddstr(0, 0, help_text);
	refresh();
	while (wait_key(-1) == ERR && !stop_signal)
		;
	clear();
}

static enum watch_event ask_filter(struct watch *watch)
{
	char text[sizeof(watch->filter_text)];

	snprintf(text, sizeof(text), "%s", watch->filter_text);
	if (!ask("filter: ", text, sizeof(text)))
		return WATCH_DRAW;
	return watch_filter(watch, text) ? WATCH_READ : WATCH_DRAW;
}

static enum watch_event ask_order(struct watch *watch)
{
	char text[64] = "", error[FILTER_ERROR_SIZE];

	if (!ask("sort by: ", text, sizeof(text)) || !text[0])
		return WATCH_DRAW;
	if (!listing_sort_word(&watch->listing, text, error))
		return WATCH_READ;
	snprintf(watch->message, sizeof(watch->message), "%s", error);
	return WATCH_DRAW;
}

static enum watch_event change_interval(struct watch *watch, int step)
{
	u32 ms = watch->listing.interval;

	if (step > 0 && ms < 60000)
		watch->listing.interval = ms < 1000 ? ms * 2 : ms + 1000;
	if (step < 0 && ms > 200)
		watch->listing.interval = ms <= 1000 ? ms / 2 : ms - 1000;
	return WATCH_DRAW;
}

static enum watch_event move_key(struct watch *watch, int key)
{
	size_t at = watch->offset, page = watch->rows ?: 1;

	switch (key) {
	case KEY_DOWN:
		return watch_move(watch, at + 1);
	case KEY_UP:
		return watch_move(watch, at ? at - 1 : 0);
	case KEY_NPAGE:
		return watch_move(watch, at + page);
	case KEY_PPAGE:
		return watch_move(watch, at > page ? at - page : 0);
	case KEY_HOME:
		return watch_move(watch, 0);
	case KEY_END:
		return watch_move(watch, watch_end(watch));
	}
	return WATCH_NOTHING;
}

static enum watch_event order_key(struct watch *watch, int key)
{
	struct listing *listing = &watch->listing;

	switch (key) {
	case '<':
	case '>':
		listing->sort = layout_next(listing->sort,
					    key == '>' ? 1 : -1);
		return WATCH_READ;
	case 'r':
		listing->reverse = !listing->reverse;
		return WATCH_READ;
	case 'o':
		return ask_order(watch);
	}
	return move_key(watch, key);
}

/* What shows other connections, or in another order, needs them read. */
static bool needs_reading(int key)
{
	return key > 0 && key < KEY_ERASE && strchr("/of46r<>", key);
}

static enum watch_event take_key(struct watch *watch, int key)
{
	watch->message[0] = '\0';
	if (watch->paused && needs_reading(key)) {
		snprintf(watch->message, sizeof(watch->message),
			 "paused: p goes on, space reads once");
		return WATCH_DRAW;
	}
	switch (key) {
	case 'q':
		return WATCH_QUIT;
	case '/':
		return ask_filter(watch);
	case 'f':
		watch->fast_only = !watch->fast_only;
		watch->offset = 0;
		return WATCH_READ;
	case '4':
	case '6':
		return watch_family(watch, key == '4' ? AF_INET : AF_INET6) ?
		       WATCH_READ : WATCH_DRAW;
	case 'p':
		watch->paused = !watch->paused;
		return WATCH_DRAW;
	case ' ':
		return WATCH_READ;
	case '+':
	case '-':
		return change_interval(watch, key == '+' ? 1 : -1);
	case 'h':
	case '?':
		show_help();
		return WATCH_DRAW;
	case KEY_CTRL_L:
		clear();
		return WATCH_DRAW;
	case KEY_RESIZE:
		clear();
		screen_size(watch);
		return watch_see(watch);
	}
	return order_key(watch, key);
}

/**
 * screen_wait() - Wait for a key.
 * @watch: View, which keys change.
 * @ms: At most so long.
 *
 * Return: What the key wants, WATCH_NOTHING when time is over.
 */
enum watch_event screen_wait(struct watch *watch, int ms)
{
	int key = wait_key(ms);

	if (stop_signal)
		return WATCH_QUIT;
	return key == ERR ? WATCH_NOTHING : take_key(watch, key);
}
