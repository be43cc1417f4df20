// SPDX-License-Identifier: GPL-2.0
/* Owns the tests of tracking.c: what a command line asks of conntrack, and
 * what is refused before anything is changed.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <linux/netfilter/nfnetlink_cttimeout.h>

#include "command.h"
#include "ktap.h"
#include "tracking.h"

static const struct {
	const char *word;
	enum tracking_protocol protocol;
	u8 attr;
	u32 seconds;
} timeouts[] = {
	{ "tcp-syn-sent-timeout=5s", TRACKING_TCP, 1, 5 },
	{ "tcp-syn-received-timeout=5", TRACKING_TCP, 2, 5 },
	{ "tcp-established-timeout=1d", TRACKING_TCP, 3, 86400 },
	{ "tcp-fin-wait-timeout=10s", TRACKING_TCP, 4, 10 },
	{ "tcp-close-wait-timeout=10s", TRACKING_TCP, 5, 10 },
	{ "tcp-last-ack-timeout=10s", TRACKING_TCP, 6, 10 },
	{ "tcp-time-wait-timeout=10s", TRACKING_TCP, 7, 10 },
	{ "tcp-close-timeout=10s", TRACKING_TCP, 8, 10 },
	{ "tcp-syn-sent2-timeout=2m", TRACKING_TCP, 9, 120 },
	{ "tcp-max-retrans-timeout=4m59s", TRACKING_TCP, 10, 299 },
	{ "tcp-unacked-timeout=00:05:00", TRACKING_TCP, 11, 300 },
	{ "udp-timeout=10s", TRACKING_UDP, 1, 10 },
	{ "udp-stream-timeout=3m", TRACKING_UDP, 2, 180 },
	{ "icmp-timeout=10s", TRACKING_ICMP, 1, 10 },
	{ "icmpv6-timeout=11s", TRACKING_ICMPV6, 1, 11 },
	{ "generic-timeout=10m", TRACKING_GENERIC, 1, 600 },
	{ "udp-timeout=0", TRACKING_UDP, 1, 0 },
	{ "generic-timeout=2147483", TRACKING_GENERIC, 1, 2147483 },
};

static const char * const refused[] = {
	"", "=", "=5", "5s", "tcp-established-timeout",
	"tcp-established=1d", "TCP-close-timeout=1", "udp-timeout=",
	"udp-timeout=x", "udp-timeout=-1",
	"udp-timeout=1500ms", "udp-timeout=89478486", "udp-timeout=1200w",
	"udp-timeout=99999999999999999999", "loose-tcp-tracking=1",
	"liberal-tcp-tracking=", "max-entries=-1", "max-entries=2147483648",
	"max-entries=64k", "total-entries=1", "total-ip4-entries=1",
	"total-ip6-entries=1", "enabled=on", "enabled=",
};

static void test_timeout(size_t i)
{
	struct tracking_plan plan;
	bool good = true;
	int other;

	tracking_plan_init(&plan);
	good = !tracking_plan_word(&plan, timeouts[i].word);
	for (other = 0; other < TRACKING_PROTOCOLS; other++) {
		u32 has = plan.timeouts[other].has;

		if (other == (int)timeouts[i].protocol)
			good = good && has == BIT(timeouts[i].attr);
		else
			good = good && !has;
	}
	good = good && plan.timeouts[timeouts[i].protocol]
		.seconds[timeouts[i].attr] == timeouts[i].seconds;
	ktap_case(good, timeouts[i].word);
}

static void test_others(void)
{
	struct tracking_plan plan;

	tracking_plan_init(&plan);
	ktap_case(!tracking_plan_word(&plan, "loose-tcp-tracking=no") &&
		  !tracking_plan_word(&plan, "liberal-tcp-tracking=yes") &&
		  !tracking_plan_word(&plan, "max-entries=1048576") &&
		  plan.given[1] && !plan.number[1] && plan.given[2] &&
		  plan.number[2] == 1, "switches and limit");
	ktap_case(tracking_plan_word(&plan, "max-entries=1") == EXIT_USAGE,
		  "given twice");
	ktap_case(!tracking_plan_word(&plan, "enabled=auto"), "enabled=auto");
	tracking_plan_init(&plan);
	ktap_case(!tracking_plan_word(&plan, "max-entries=0"), "no limit");
}

/* All that can be set is written so that it can be read, the rest is named. */
static void test_unfit(void)
{
	struct tracking_plan plan, back;
	char text[64];
	size_t i;

	tracking_plan_init(&plan);
	tracking_plan_word(&plan, "tcp-established-timeout=0");
	tracking_plan_word(&plan, "udp-timeout=2147483");
	for (i = 0; i < TRACKING_ROWS; i++) {
		tracking_plan_init(&back);
		if (tracking_format(&plan, i, text, sizeof(text)) &&
		    (tracking_unfit(&plan, i) ||
		     tracking_plan_word(&back, text)))
			break;
	}
	ktap_case(i == TRACKING_ROWS, "what fits");
	plan.number[0] = 77;
	ktap_case(tracking_unfit(&plan, 0) &&
		  tracking_format(&plan, 0, text, sizeof(text)) &&
		  !strcmp(text, "enabled=unknown"), "what a newer kernel has");
	plan.timeouts[TRACKING_UDP].seconds[1] = 89478486;
	for (i = 0; i < TRACKING_ROWS; i++)
		if (!!strcmp(tracking_rows[i].name, "udp-timeout") !=
		    !tracking_unfit(&plan, i) && i)
			break;
	ktap_case(i == TRACKING_ROWS, "what is out of range");
}

static void test_words(void)
{
	size_t i, count = 0;

	for (i = 0; tracking_word(i); i++)
		count++;
	ktap_case(count == TRACKING_ROWS - 3, "settable names");
	for (i = 0; i < TRACKING_ROWS; i++)
		if (!tracking_rows[i].name)
			break;
	ktap_case(i == TRACKING_ROWS, "no empty row");
}

int main(void)
{
	struct tracking_plan plan;
	size_t i;

	/* What is refused is explained on stderr, each in a line. */
	ktap_plan(ARRAY_SIZE(timeouts) + ARRAY_SIZE(refused) + 9);
	for (i = 0; i < ARRAY_SIZE(timeouts); i++)
		test_timeout(i);
	for (i = 0; i < ARRAY_SIZE(refused); i++) {
		tracking_plan_init(&plan);
		ktap_case(tracking_plan_word(&plan, refused[i]) ==
			  EXIT_USAGE, refused[i]);
	}
	test_others();
	test_unfit();
	test_words();
	return ktap_end();
}
