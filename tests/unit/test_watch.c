// SPDX-License-Identifier: GPL-2.0
/* Owns the tests of what keys do to the live view, apart from the terminal:
 * filters that are typed, families that are chosen, and moves. Must not know
 * keys.
 */
#include <string.h>
#include <sys/socket.h>

#include "diag.h"
#include "ktap.h"
#include "watch.h"

#define FAMILY_ASKED	"family: the filter asks for "

/* The view as "connection watch" begins it. */
static void begin(struct watch *watch, u8 family)
{
	memset(watch, 0, sizeof(*watch));
	watch->family = family;
	watch->listing.sort = PROP_REPL_RATE;
	watch->listing.interval = 2000;
	diag_catch(watch->message, sizeof(watch->message));
}

/* What the filter asks of the kernel. */
static u8 asked(const struct watch *watch)
{
	const struct filter *filter = &watch->listing.filter;

	return filter_has(filter, FILTER_FAMILY) ? filter->family : AF_UNSPEC;
}

/* The engine answers EINVAL to an address with another family, so that the
 * view would end.
 */
static void test_family_of_address(void)
{
	struct watch watch;

	begin(&watch, AF_UNSPEC);
	ktap_case(watch_filter(&watch, "src-address=10.0.0.0/8") &&
		  asked(&watch) == AF_INET, "address has a family");
	ktap_case(!watch_family(&watch, AF_INET6) &&
		  asked(&watch) == AF_INET && watch.family == AF_UNSPEC &&
		  !strcmp(watch.message, FAMILY_ASKED "ipv4"),
		  "no other family than the address's");
	ktap_case(watch_family(&watch, AF_INET) && asked(&watch) == AF_INET,
		  "the address's family");
	ktap_case(watch_family(&watch, AF_INET) && asked(&watch) == AF_INET &&
		  watch.family == AF_UNSPEC, "taken back, the address stays");
	ktap_case(watch_filter(&watch, "family=ipv6") &&
		  !watch_family(&watch, AF_INET) &&
		  !strcmp(watch.message, FAMILY_ASKED "ipv6"),
		  "no other family than the word's");
}

static void test_family_stays(void)
{
	struct watch watch;

	begin(&watch, AF_INET);
	ktap_case(watch_filter(&watch, "protocol=udp") &&
		  asked(&watch) == AF_INET, "-4 outlives a filter");
	ktap_case(!watch_filter(&watch, "src-address=fd00::1") &&
		  !strcmp(watch.message, "src-address is no address of ipv4") &&
		  asked(&watch) == AF_INET, "an address against -4");
	ktap_case(watch_family(&watch, AF_INET6) && asked(&watch) == AF_INET6,
		  "the other family");
	ktap_case(watch_filter(&watch, "") && asked(&watch) == AF_INET6,
		  "outlives an empty filter");
	ktap_case(watch_family(&watch, AF_INET6) &&
		  asked(&watch) == AF_UNSPEC, "both");
	ktap_case(watch_filter(&watch, "src-address=fd00::1") &&
		  asked(&watch) == AF_INET6, "then any address");
}

/* Order goes with a filter; what the prompt would not obey is refused. */
static void test_words_typed(void)
{
	static const char * const refused[] = {
		"limit 5", "columns=id", "detail", "interval=2s", "rates",
	};
	struct watch watch;
	size_t i, len;

	begin(&watch, AF_UNSPEC);
	ktap_case(watch_filter(&watch, "protocol=udp sort id reverse") &&
		  watch.listing.sort == PROP_ID && watch.listing.reverse &&
		  !strcmp(watch.filter_text, "protocol=udp"),
		  "order is taken, and no part of the filter");
	for (i = 0; i < ARRAY_SIZE(refused); i++) {
		len = strcspn(refused[i], " =");
		watch.message[0] = '\0';
		ktap_case(!watch_filter(&watch, refused[i]) &&
			  !strncmp(watch.message, refused[i], len) &&
			  !strcmp(watch.message + len,
				  ": is no part of a filter"), refused[i]);
	}
	ktap_case(!strcmp(watch.filter_text, "protocol=udp") &&
		  watch.listing.interval == 2000 && !watch.listing.limit,
		  "nothing changed");
}

/* What was read last: so many connections, of which the first are kept. */
static void reading(struct watch *watch, size_t matching)
{
	static const struct ct_conn ct;
	struct conn conn = { .ct = &ct };
	size_t i;

	select_free(watch->selection);
	watch->selection = select_new(PROP_ID, false, watch_needs(watch));
	for (i = 0; i < matching; i++)
		select_add(watch->selection, &conn);
	select_sort(watch->selection);
	watch->matching = matching;
	watch_settle(watch);
}

static void test_moves(void)
{
	struct watch watch;

	begin(&watch, AF_UNSPEC);
	watch.rows = 20;
	reading(&watch, 5000);
	ktap_case(watch_move(&watch, 500) == WATCH_DRAW &&
		  watch.offset == 500, "a move within what was kept");
	ktap_case(watch_move(&watch, watch_end(&watch)) == WATCH_READ &&
		  watch.offset == 4980, "the end");
	reading(&watch, 5000);
	ktap_case(watch_see(&watch) == WATCH_DRAW, "is read");
	ktap_case(watch_move(&watch, 9000) == WATCH_DRAW &&
		  watch.offset == 4999, "not beyond");
	reading(&watch, 30);
	ktap_case(watch.offset == 10, "a table that shrinks: its last rows");
	reading(&watch, 7);
	ktap_case(watch.offset == 0, "all rows");
	reading(&watch, 0);
	ktap_case(watch.offset == 0 && watch_end(&watch) == 0 &&
		  watch_move(&watch, 1) == WATCH_DRAW && watch.offset == 0,
		  "no row");
	select_free(watch.selection);
}

static void test_limit(void)
{
	struct watch watch;

	begin(&watch, AF_UNSPEC);
	watch.rows = 20;
	watch.listing.limit = 30;
	reading(&watch, 5000);
	ktap_case(select_count(watch.selection) == 30, "no more are kept");
	ktap_case(watch_end(&watch) == 10, "the limit is the end");
	ktap_case(watch_move(&watch, 100) == WATCH_DRAW &&
		  watch.offset == 29, "and not passed");
	watch.offset = 0;
	watch.listing.limit = 6000;
	reading(&watch, 5000);
	ktap_case(watch_end(&watch) == 4980, "a limit beyond the table");
	select_free(watch.selection);
}

static void test_pause(void)
{
	struct watch watch;
	size_t kept;

	begin(&watch, AF_UNSPEC);
	watch.rows = 20;
	reading(&watch, 5000);
	watch.paused = true;
	kept = select_count(watch.selection);
	ktap_case(kept < 5000 && watch_move(&watch, 40) == WATCH_DRAW &&
		  watch.offset == 40 && !watch.message[0], "a move");
	ktap_case(watch_move(&watch, watch_end(&watch)) == WATCH_DRAW &&
		  watch.offset == kept - 20 &&
		  !strncmp(watch.message, "paused: ", 8),
		  "no further than what was kept");
	watch.rows = 2000;
	ktap_case(watch_see(&watch) == WATCH_DRAW, "a larger screen");
	watch.paused = false;
	ktap_case(watch_see(&watch) == WATCH_READ, "the same, not paused");
	select_free(watch.selection);
}

int main(void)
{
	ktap_plan(33);
	test_family_of_address();
	test_family_stays();
	test_words_typed();
	test_moves();
	test_limit();
	test_pause();
	return ktap_end();
}
