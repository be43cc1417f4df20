// SPDX-License-Identifier: GPL-2.0
/* Owns the preconditions of fast connections, one small function each. Must
 * not know netlink or how they are shown.
 */
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>

#include "diag.h"
#include "parse.h"
#include "precondition.h"
#include "proc.h"

#define RULE	"FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j FASTTRACK"

__printf(2, 3)
static enum precondition_result failed(struct verdict *verdict,
				       const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(verdict->advice, sizeof(verdict->advice), fmt, args);
	va_end(args);
	return PRECONDITION_FAIL;
}

static enum precondition_result check_module(const struct facts *facts,
					     struct verdict *verdict)
{
	return facts->loaded ? PRECONDITION_OK :
			       failed(verdict, "modprobe nf_fasttrack");
}

static enum precondition_result check_enabled(const struct facts *facts,
					      struct verdict *verdict)
{
	if (!facts->loaded)
		return PRECONDITION_UNKNOWN;
	return facts->status.enabled ? PRECONDITION_OK :
	       failed(verdict, "switched off: ftctl set enabled=yes");
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

static enum precondition_result check_rule(const struct facts *facts,
					   struct verdict *verdict,
					   u8 family)
{
	const char *tool = family == AF_INET ? "iptables" : "ip6tables";

	if (!facts->loaded || !in_use(facts, family))
		return PRECONDITION_UNKNOWN;
	if (family == AF_INET ? facts->status.ipv4.rules :
				facts->status.ipv6.rules)
		return PRECONDITION_OK;
	return failed(verdict, "no rule: %s -I " RULE, tool);
}

static enum precondition_result check_rule_ipv4(const struct facts *facts,
						struct verdict *verdict)
{
	return check_rule(facts, verdict, AF_INET);
}

static enum precondition_result check_rule_ipv6(const struct facts *facts,
						struct verdict *verdict)
{
	return check_rule(facts, verdict, AF_INET6);
}

static enum precondition_result check_order(const struct rules *rules,
					    struct verdict *verdict,
					    const char *tool)
{
	if (!rules->known || rules->verdict == RULESET_NONE)
		return PRECONDITION_UNKNOWN;
	switch (rules->verdict) {
	case RULESET_LATE:
		return failed(verdict,
			      "an ACCEPT stands in front of FASTTRACK (%s-%s): move FASTTRACK to the first line of FORWARD",
			      tool, rules->backend);
	case RULESET_UNREACHED:
		return failed(verdict,
			      "FORWARD does not get to the chain with FASTTRACK (%s-%s): jump to it",
			      tool, rules->backend);
	case RULESET_NO_ACCEPT:
		return failed(verdict,
			      "slow packets are not accepted behind FASTTRACK (%s-%s): add the same rule with -j ACCEPT",
			      tool, rules->backend);
	default:
		return PRECONDITION_OK;
	}
}

static enum precondition_result check_order_ipv4(const struct facts *facts,
						 struct verdict *verdict)
{
	if (facts->family == AF_INET6)
		return PRECONDITION_UNKNOWN;
	return check_order(&facts->ipv4, verdict, "iptables");
}

static enum precondition_result check_order_ipv6(const struct facts *facts,
						 struct verdict *verdict)
{
	if (facts->family == AF_INET)
		return PRECONDITION_UNKNOWN;
	return check_order(&facts->ipv6, verdict, "ip6tables");
}

static enum precondition_result check_sysctl(const char *name, u64 want,
					     struct verdict *verdict,
					     const char *symptom,
					     const char *dotted)
{
	u64 value = want;

	/* What is not there is not compiled in or not loaded. */
	if (sysctl_read(name, &value) || value == want)
		return PRECONDITION_OK;
	return failed(verdict, "%s: sysctl -w %s=%llu", symptom, dotted,
		      want);
}

static enum precondition_result check_forward_ipv4(const struct facts *facts,
						   struct verdict *verdict)
{
	if (!in_use(facts, AF_INET))
		return PRECONDITION_UNKNOWN;
	return check_sysctl("net/ipv4/ip_forward", 1, verdict, "off",
			    "net.ipv4.ip_forward");
}

static enum precondition_result check_forward_ipv6(const struct facts *facts,
						   struct verdict *verdict)
{
	if (!in_use(facts, AF_INET6))
		return PRECONDITION_UNKNOWN;
	return check_sysctl("net/ipv6/conf/all/forwarding", 1, verdict, "off",
			    "net.ipv6.conf.all.forwarding");
}

static enum precondition_result check_accounting(const struct facts *facts,
						 struct verdict *verdict)
{
	u64 on = 0;

	(void)facts;
	if (!sysctl_read(SYSCTL_CT "acct", &on) && on)
		return PRECONDITION_OK;
	return failed(verdict,
		      "connections are not counted: sysctl -w net.netfilter.nf_conntrack_acct=1");
}

/* The lease of a connection is cut to half of its timeout, so this costs
 * speed and nothing else.
 */
static enum precondition_result check_lease(const struct facts *facts,
					    struct verdict *verdict)
{
	char lease[TIME_SIZE], shortest[TIME_SIZE];

	if (!facts->has_lease)
		return PRECONDITION_UNKNOWN;
	if (facts->lease <= facts->shortest * 500ull)
		return PRECONDITION_OK;
	return failed(verdict,
			      "lease %s is more than half of %s %s: ftctl set lease=5s, or raise the timeout",
			      format_time(facts->lease, lease), facts->shortest_name,
		      format_time(facts->shortest * 1000ull, shortest));
}

static enum precondition_result check_flowtable(const struct facts *facts,
						struct verdict *verdict)
{
	if (!facts->has_flowtable)
		return PRECONDITION_UNKNOWN;
	if (!facts->flowtable[0])
		return PRECONDITION_OK;
	return failed(verdict,
			      "flowtable '%s' takes connections first: delete its 'flow add' rules",
			      facts->flowtable);
}

static enum precondition_result check_ipsec(const struct facts *facts,
					    struct verdict *verdict)
{
	if (!facts->has_policies)
		return PRECONDITION_UNKNOWN;
	if (facts->everything)
		return failed(verdict,
		      "an IPsec policy for all addresses keeps everything slow: narrow its selector");
	if (facts->policies)
		snprintf(verdict->advice, sizeof(verdict->advice),
			 "what %u IPsec policies match stays slow",
			 facts->policies);
	return PRECONDITION_OK;
}

/* The sysctls are only there with br_netfilter loaded. */
static enum precondition_result check_bridge_ipv4(const struct facts *facts,
						  struct verdict *verdict)
{
	if (facts->family == AF_INET6)
		return PRECONDITION_UNKNOWN;
	return check_sysctl("net/bridge/bridge-nf-call-iptables", 0, verdict,
			    "bridged frames stay slow",
			    "net.bridge.bridge-nf-call-iptables");
}

static enum precondition_result check_bridge_ipv6(const struct facts *facts,
						  struct verdict *verdict)
{
	if (facts->family == AF_INET)
		return PRECONDITION_UNKNOWN;
	return check_sysctl("net/bridge/bridge-nf-call-ip6tables", 0, verdict,
			    "bridged frames stay slow",
			    "net.bridge.bridge-nf-call-ip6tables");
}

static const struct {
	const char *name;
	enum precondition_result (*check)(const struct facts *facts,
					  struct verdict *verdict);
} rows[] = {
	{ "module", check_module },
	{ "enabled", check_enabled },
	{ "rule-ipv4", check_rule_ipv4 },
	{ "rule-ipv6", check_rule_ipv6 },
	{ "rule-order-ipv4", check_order_ipv4 },
	{ "rule-order-ipv6", check_order_ipv6 },
	{ "forwarding-ipv4", check_forward_ipv4 },
	{ "forwarding-ipv6", check_forward_ipv6 },
	{ "accounting", check_accounting },
	{ "lease", check_lease },
	{ "flowtable", check_flowtable },
	{ "ipsec", check_ipsec },
	{ "br-netfilter-ipv4", check_bridge_ipv4 },
	{ "br-netfilter-ipv6", check_bridge_ipv6 },
};

/**
 * precondition() - Judge one precondition.
 * @i: Number, from 0.
 * @facts: What is known.
 * @verdict: Filled.
 *
 * Return: False behind the last.
 */
bool precondition(size_t i, const struct facts *facts,
		  struct verdict *verdict)
{
	if (i >= ARRAY_SIZE(rows))
		return false;
	verdict->name = rows[i].name;
	verdict->advice[0] = '\0';
	verdict->result = rows[i].check(facts, verdict);
	return true;
}
