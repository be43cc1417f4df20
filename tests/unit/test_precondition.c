// SPDX-License-Identifier: GPL-2.0
/* Owns the tests of precondition.c: what each fact makes of the preconditions
 * that follow from facts alone. Those that follow from a sysctl are left to
 * ft_status.sh.
 */
#include <string.h>
#include <sys/socket.h>

#include "ktap.h"
#include "precondition.h"

#define OK	PRECONDITION_OK
#define FAIL	PRECONDITION_FAIL
#define UNKNOWN	PRECONDITION_UNKNOWN

/* All that is known of a router on which nothing stands in the way. */
#define GOOD \
	.loaded = true, .status = { .enabled = true, .ipv4 = { .rules = 1 }, \
		.ipv6 = { .rules = 1 } }, \
	.ipv4 = { true, RULESET_FINE, "nft" }, \
	.ipv6 = { true, RULESET_FINE, "nft" }, \
	.has_lease = true, .lease = 5000, .shortest = 120, \
	.shortest_name = "udp-stream-timeout", .has_flowtable = true, \
	.has_policies = true

/* A row overrides what of it is not good; the words are part of the advice. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
static const struct {
	const char *what;
	const char *name;
	enum precondition_result result;
	const char *words;
	struct facts facts;
} rows[] = {
	{ "good", "module", OK, NULL, { GOOD } },
	{ "good", "enabled", OK, NULL, { GOOD } },
	{ "good", "rule-ipv4", OK, NULL, { GOOD } },
	{ "good", "rule-ipv6", OK, NULL, { GOOD } },
	{ "good", "rule-order-ipv4", OK, NULL, { GOOD } },
	{ "good", "rule-order-ipv6", OK, NULL, { GOOD } },
	{ "good", "lease", OK, NULL, { GOOD } },
	{ "good", "flowtable", OK, NULL, { GOOD } },
	{ "good", "ipsec", OK, NULL, { GOOD } },
	{ "nothing is known", "module", FAIL, "modprobe nf_fasttrack", { 0 } },
	{ "nothing is known", "enabled", UNKNOWN, NULL, { 0 } },
	{ "nothing is known", "rule-ipv4", UNKNOWN, NULL, { 0 } },
	{ "nothing is known", "rule-ipv6", UNKNOWN, NULL, { 0 } },
	{ "nothing is known", "rule-order-ipv4", UNKNOWN, NULL, { 0 } },
	{ "nothing is known", "rule-order-ipv6", UNKNOWN, NULL, { 0 } },
	{ "nothing is known", "lease", UNKNOWN, NULL, { 0 } },
	{ "nothing is known", "flowtable", UNKNOWN, NULL, { 0 } },
	{ "nothing is known", "ipsec", UNKNOWN, NULL, { 0 } },
	{ "off", "enabled", FAIL, "ftctl set enabled=yes",
	  { GOOD, .status.enabled = false } },
	{ "no rule", "rule-ipv4", FAIL, "no rule: iptables -I FORWARD",
	  { .loaded = true } },
	{ "no rule", "rule-ipv6", FAIL, "no rule: ip6tables -I FORWARD",
	  { .loaded = true } },
	/* Who has one for the other family does without */
	{ "rule of IPv4", "rule-ipv4", OK, NULL,
	  { GOOD, .status.ipv6.rules = 0 } },
	{ "rule of IPv4", "rule-ipv6", UNKNOWN, NULL,
	  { GOOD, .status.ipv6.rules = 0 } },
	{ "rule of IPv6", "rule-ipv4", UNKNOWN, NULL,
	  { GOOD, .status.ipv4.rules = 0 } },
	{ "rule of IPv6", "rule-ipv6", OK, NULL,
	  { GOOD, .status.ipv4.rules = 0 } },
	/* unless that family is asked for. */
	{ "-6, rule of IPv4", "rule-ipv4", UNKNOWN, NULL,
	  { GOOD, .status.ipv6.rules = 0, .family = AF_INET6 } },
	{ "-6, rule of IPv4", "rule-ipv6", FAIL, "no rule: ip6tables -I FORWARD",
	  { GOOD, .status.ipv6.rules = 0, .family = AF_INET6 } },
	{ "-4, rule of IPv6", "rule-ipv4", FAIL, "no rule: iptables -I FORWARD",
	  { GOOD, .status.ipv4.rules = 0, .family = AF_INET } },
	{ "-4", "rule-ipv6", UNKNOWN, NULL, { GOOD, .family = AF_INET } },
	{ "late", "rule-order-ipv4", FAIL, "in front of FASTTRACK (iptables-nft)",
	  { GOOD, .ipv4.verdict = RULESET_LATE } },
	{ "late", "rule-order-ipv6", OK, NULL,
	  { GOOD, .ipv4.verdict = RULESET_LATE } },
	{ "unreached", "rule-order-ipv6", FAIL, "(ip6tables-nft): jump to it",
	  { GOOD, .ipv6.verdict = RULESET_UNREACHED } },
	{ "unreached, -4", "rule-order-ipv6", UNKNOWN, NULL,
	  { GOOD, .ipv6.verdict = RULESET_UNREACHED, .family = AF_INET } },
	{ "no accept", "rule-order-ipv6", FAIL, "not accepted behind",
	  { GOOD, .ipv6.verdict = RULESET_NO_ACCEPT } },
	{ "lease of half", "lease", OK, NULL, { GOOD, .lease = 60000 } },
	{ "lease of more", "lease", FAIL, "1m1ms is more than half of udp-stream-timeout 2m",
	  { GOOD, .lease = 60001 } },
	{ "flowtable", "flowtable", FAIL, "'inet a b'",
	  { GOOD, .flowtable = "inet a b" } },
	{ "policies", "ipsec", OK, "2 IPsec policies", { GOOD, .policies = 2 } },
	{ "policy for all", "ipsec", FAIL, "all addresses",
	  { GOOD, .policies = 2, .everything = true } },
};

#pragma GCC diagnostic pop

static bool judged(size_t row)
{
	struct verdict verdict;
	size_t i;

	for (i = 0; precondition(i, &rows[row].facts, &verdict); i++) {
		if (strcmp(verdict.name, rows[row].name))
			continue;
		if (verdict.result != rows[row].result)
			return false;
		return rows[row].words ?
		       !!strstr(verdict.advice, rows[row].words) :
		       !verdict.advice[0];
	}
	return false;
}

int main(void)
{
	char name[80];
	size_t i;

	ktap_plan(ARRAY_SIZE(rows));
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		snprintf(name, sizeof(name), "%s: %s", rows[i].what,
			 rows[i].name);
		ktap_case(judged(i), name);
	}
	return ktap_end();
}
