// SPDX-License-Identifier: GPL-2.0
/* Owns the tests of what keys do to the live view, apart from the terminal:
 * filters that are typed, and families that are chosen. Must not know keys.
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

int main(void)
{
	ktap_plan(11);
	test_family_of_address();
	test_family_stays();
	return ktap_end();
}
