/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the rule sets of the routers: what a connection gets by the port that
 * it is opened to, port_of(). Must not know packets.
 */
#ifndef TWIN_RULES_H
#define TWIN_RULES_H

#include "twin.h"

enum nat {
	NAT_NONE,
	NAT_SNAT,
	NAT_MASQUERADE,
	NAT_DNAT,
	NAT_DNAT_MASQUERADE,
	NAT_PORT,		/* SNAT to another port, too */
	NAT_DNAT_SNAT,
	NATS,
};

enum rule {
	RULE_NONE,
	RULE_DSCP,		/* set in FORWARD */
	RULE_TTL,		/* set in FORWARD */
	RULE_POLICY,		/* original: marked, another route */
	RULE_PRIORITY,
	RULE_MARK,		/* set in FORWARD */
	RULE_TTL_ADD,
	RULE_DSCP_REPLY,	/* set in PRE_ROUTING, replies only */
	RULE_STRIP,		/* TCP time stamps become NOPs */
	RULE_TOS,		/* the whole byte, ECN included */
	RULES,
};

#define RULES_PORT	5000
#define RULES_SHIFT	1000	/* DNAT adds that to the port */
#define SPORT_FIRST	20000
#define SPORT_SHIFT	10000	/* NAT_PORT adds that */
#define SPORTS		64

/**
 * port_of - the port that gets some treatment
 * @rule: what happens to its packets
 * @nat: translation
 *
 * Return: port.
 */
static inline u16 port_of(enum rule rule, enum nat nat)
{
	return RULES_PORT + rule * 16 + nat;
}

static inline bool nat_has_dst(enum nat nat)
{
	return nat == NAT_DNAT || nat == NAT_DNAT_MASQUERADE ||
	       nat == NAT_DNAT_SNAT;
}

static inline bool nat_has_masquerade(enum nat nat)
{
	return nat == NAT_MASQUERADE || nat == NAT_DNAT_MASQUERADE;
}

char *rules_nft(void);
char *rules_iptables(int family, bool fast);

#endif /* TWIN_RULES_H */
