// SPDX-License-Identifier: GPL-2.0
/* Owns the tests of ruleset.c: texts of iptables-save and their verdicts. */
#include "ktap.h"
#include "ftctl.h"
#include "ruleset.h"

#define STATES	"-m conntrack --ctstate RELATED,ESTABLISHED "
#define FAST	"-A FORWARD " STATES "-j FASTTRACK\n"
#define TAKE	"-A FORWARD " STATES "-j ACCEPT\n"
#define DROPS	":FORWARD DROP [0:0]\n"

static const struct {
	const char *name;
	const char *text;
	enum ruleset_verdict want;
} rows[] = {
	{ "empty", "", RULESET_NONE },
	{ "no rule", DROPS TAKE, RULESET_NONE },
	{ "the pair", DROPS FAST TAKE, RULESET_FINE },
	{ "policy accepts", ":FORWARD ACCEPT [0:0]\n" FAST, RULESET_FINE },
	{ "nothing accepts", DROPS FAST, RULESET_NO_ACCEPT },
	{ "the wrong way round", DROPS TAKE FAST, RULESET_LATE },
	{ "accept all in front", "-A FORWARD -j ACCEPT\n" FAST, RULESET_LATE },
	{ "old match in front", "-A FORWARD -m state --state ESTABLISHED -j ACCEPT\n"
	  FAST, RULESET_LATE },
	{ "other states in front", DROPS
	  "-A FORWARD -m conntrack --ctstate NEW -j ACCEPT\n" FAST TAKE,
	  RULESET_FINE },
	{ "not established in front", DROPS
	  "-A FORWARD -m conntrack ! --ctstate ESTABLISHED -j ACCEPT\n"
	  FAST TAKE, RULESET_FINE },
	{ "not new in front", DROPS
	  "-A FORWARD -m conntrack ! --ctstate NEW -j ACCEPT\n" FAST TAKE,
	  RULESET_LATE },
	{ "a special one in front", DROPS
	  "-A FORWARD -s 10.0.0.0/8 -j ACCEPT\n" FAST TAKE, RULESET_FINE },
	{ "a commented one in front", DROPS
	  "-A FORWARD -m comment --comment \"a b -j DROP\" -j ACCEPT\n" FAST,
	  RULESET_LATE },
	{ "the word in a comment", DROPS
	  "-A FORWARD -m comment --comment \"-j FASTTRACK\" -j ACCEPT\n",
	  RULESET_NONE },
	{ "a quote in a comment", DROPS
	  "-A FORWARD -m comment --comment \"\\\" -j ACCEPT\" -j LOG\n"
	  FAST TAKE, RULESET_FINE },
	{ "drop all in front", DROPS "-A FORWARD -j DROP\n" FAST,
	  RULESET_UNREACHED },
	{ "invalid ones dropped", DROPS
	  "-A FORWARD -m conntrack --ctstate INVALID -j DROP\n" FAST TAKE,
	  RULESET_FINE },
	{ "a chain", DROPS "-A FORWARD -j fast\n-A fast -j FASTTRACK\n" TAKE,
	  RULESET_FINE },
	{ "a chain nobody calls", DROPS "-A fast -j FASTTRACK\n" TAKE,
	  RULESET_UNREACHED },
	{ "a chain nobody calls, nor accepts", DROPS
	  "-A fast -j FASTTRACK\n", RULESET_UNREACHED },
	{ "accepted in a chain", DROPS "-A FORWARD -j in\n-A in -j ACCEPT\n"
	  FAST, RULESET_LATE },
	{ "returned from a chain", DROPS
	  "-A FORWARD -j in\n-A in -j RETURN\n-A in -j ACCEPT\n" FAST TAKE,
	  RULESET_FINE },
	{ "gone to a chain", DROPS
	  "-A FORWARD -g away\n-A away -j LOG\n" FAST TAKE,
	  RULESET_UNREACHED },
	{ "a loop", DROPS "-A FORWARD -j a\n-A a -j b\n-A b -j a\n" FAST TAKE,
	  RULESET_FINE },
	{ "a special accept behind", DROPS FAST
	  "-A FORWARD -i lan -j ACCEPT\n", RULESET_FINE },
	{ "only new accepted behind", DROPS FAST
	  "-A FORWARD -m conntrack --ctstate NEW -j ACCEPT\n",
	  RULESET_NO_ACCEPT },
	{ "two of them", DROPS "-A FORWARD -i a -j FASTTRACK\n" FAST TAKE,
	  RULESET_FINE },
};

int main(void)
{
	size_t i;

	ktap_plan(ARRAY_SIZE(rows));
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		ktap_case(ruleset_judge(rows[i].text) == rows[i].want,
			  rows[i].name);
	return ktap_end();
}
