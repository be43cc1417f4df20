/* SPDX-License-Identifier: GPL-2.0 */
/* Owns what iptables-save's text says about the FASTTRACK rule. Prototypes of
 * ruleset.c (text to verdict) and rules.c (where the text comes from).
 */
#ifndef FTCTL_RULESET_H
#define FTCTL_RULESET_H

#include "ftctl.h"

/**
 * enum ruleset_verdict - How the rule stands.
 * @RULESET_NONE: There is no FASTTRACK rule.
 * @RULESET_FINE: There is one, and an ACCEPT takes its packets behind it.
 * @RULESET_LATE: An ACCEPT in front of it takes its packets.
 * @RULESET_UNREACHED: It is in a chain that FORWARD does not call.
 * @RULESET_NO_ACCEPT: Nothing accepts behind it what it passes on.
 */
enum ruleset_verdict {
	RULESET_NONE,
	RULESET_FINE,
	RULESET_LATE,
	RULESET_UNREACHED,
	RULESET_NO_ACCEPT,
};

enum ruleset_verdict ruleset_judge(const char *text);

/**
 * struct rules - What is known about the rules of one family.
 * @known: The rules could be read.
 * @verdict: The worst of those back ends that have a FASTTRACK rule, or
 *	RULESET_NONE.
 * @backend: Which back end that is, "nft" or "legacy".
 */
struct rules {
	bool known;
	enum ruleset_verdict verdict;
	const char *backend;
};

void rules_read(u8 family, bool nft, struct rules *rules);

#endif /* FTCTL_RULESET_H */
