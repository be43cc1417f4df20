// SPDX-License-Identifier: GPL-2.0
/* Owns the preconditions of fast connections, one small function each. Must
 * not know netlink or how they are shown.
 */
#include <sys/socket.h>

#include "precondition.h"
#include "proc.h"

static const char fine[] = "";

#define RULE	"FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j FASTTRACK"

static const char *check_module(const struct facts *facts)
{
	return facts->loaded ? fine : "modprobe nf_fasttrack";
}

static const char *check_enabled(const struct facts *facts)
{
	if (!facts->loaded)
		return NULL;
	if (facts->status.enabled)
		return fine;
	return "switched off: ftctl set enabled=yes";
}

static const char *check_rule(const struct facts *facts)
{
	u32 rules = 0;

	if (facts->family != AF_INET6)
		rules += facts->status.ipv4.rules;
	if (facts->family != AF_INET)
		rules += facts->status.ipv6.rules;
	if (rules)
		return fine;
	if (facts->family == AF_INET6)
		return "no rule: ip6tables -I " RULE;
	return "no rule: iptables -I " RULE;
}

/* A family that only the other one's rules leave unused need not forward. */
static bool in_use(const struct facts *facts, u8 family)
{
	u32 ipv4 = facts->status.ipv4.rules;
	u32 ipv6 = facts->status.ipv6.rules;

	if (facts->family)
		return facts->family == family;
	return family == AF_INET ? ipv4 || !ipv6 : ipv6 || !ipv4;
}

static const char *check_forward_ipv4(const struct facts *facts)
{
	u64 on = 0;

	if (!in_use(facts, AF_INET) || sysctl_read("net/ipv4/ip_forward", &on))
		return fine;
	return on ? fine : "off: sysctl -w net.ipv4.ip_forward=1";
}

static const char *check_forward_ipv6(const struct facts *facts)
{
	u64 on = 0;

	if (!in_use(facts, AF_INET6) ||
	    sysctl_read("net/ipv6/conf/all/forwarding", &on))
		return fine;
	return on ? fine : "off: sysctl -w net.ipv6.conf.all.forwarding=1";
}

static const char *check_accounting(const struct facts *facts)
{
	u64 on = 0;

	(void)facts;
	if (!sysctl_read(SYSCTL_CT "acct", &on) && on)
		return fine;
	return "connections are not counted: sysctl -w net.netfilter.nf_conntrack_acct=1";
}

/* The sysctls are only there with br_netfilter loaded. */
static const char *check_bridge_ipv4(const struct facts *facts)
{
	u64 on = 0;

	if (facts->family == AF_INET6 ||
	    sysctl_read("net/bridge/bridge-nf-call-iptables", &on) || !on)
		return fine;
	return "bridged frames stay slow: sysctl -w net.bridge.bridge-nf-call-iptables=0";
}

static const char *check_bridge_ipv6(const struct facts *facts)
{
	u64 on = 0;

	if (facts->family == AF_INET ||
	    sysctl_read("net/bridge/bridge-nf-call-ip6tables", &on) || !on)
		return fine;
	return "bridged frames stay slow: sysctl -w net.bridge.bridge-nf-call-ip6tables=0";
}

static const struct {
	const char *name;
	/* Returns what to do, the empty string, or NULL if nobody knows. */
	const char *(*check)(const struct facts *facts);
} rows[] = {
	{ "module", check_module },
	{ "enabled", check_enabled },
	{ "rule", check_rule },
	{ "forwarding-ipv4", check_forward_ipv4 },
	{ "forwarding-ipv6", check_forward_ipv6 },
	{ "accounting", check_accounting },
	{ "br-netfilter-ipv4", check_bridge_ipv4 },
	{ "br-netfilter-ipv6", check_bridge_ipv6 },
};

/**
 * precondition() - Judge one precondition.
 * @i: Number, from 0.
 * @facts: What is known.
 * @verdict: Filled; no advice when it can't be judged.
 *
 * Return: False behind the last.
 */
bool precondition(size_t i, const struct facts *facts,
		  struct verdict *verdict)
{
	if (i >= ARRAY_SIZE(rows))
		return false;
	verdict->name = rows[i].name;
	verdict->advice = rows[i].check(facts);
	verdict->ok = verdict->advice && !*verdict->advice;
	return true;
}
