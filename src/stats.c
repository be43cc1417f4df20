// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the names and the counters of the reasons, and the reading of what the
 * namespace has forwarded. Knows nothing of why a reason is given.
 */
#include <net/ip.h>
#include <net/ipv6.h>

#include "fasttrack.h"

static const char * const ft_reason_names[__FASTTRACK_REASON_MAX] = {
	[FASTTRACK_REASON_NONE] = "none",
	[FASTTRACK_REASON_NOT_CONFIRMED] = "not-confirmed",
	[FASTTRACK_REASON_NOT_ESTABLISHED] = "not-established",
	[FASTTRACK_REASON_NO_REPLY] = "no-reply",
	[FASTTRACK_REASON_FIRST_HIT] = "first-hit",
	[FASTTRACK_REASON_RELATED] = "related",
	[FASTTRACK_REASON_PROTOCOL] = "protocol",
	[FASTTRACK_REASON_HELPER] = "helper",
	[FASTTRACK_REASON_SYNPROXY] = "synproxy",
	[FASTTRACK_REASON_NAT_CLASH] = "nat-clash",
	[FASTTRACK_REASON_IPVS] = "ipvs",
	[FASTTRACK_REASON_ZONE] = "zone",
	[FASTTRACK_REASON_TEMPLATE] = "template",
	[FASTTRACK_REASON_OFFLOAD] = "offload",
	[FASTTRACK_REASON_TABLE_FULL] = "table-full",
	[FASTTRACK_REASON_TABLE_CHAIN] = "table-chain",
	[FASTTRACK_REASON_NO_MEMORY] = "no-memory",
	[FASTTRACK_REASON_DISABLED] = "disabled",
	[FASTTRACK_REASON_LEARNING] = "learning",
	[FASTTRACK_REASON_LEASE] = "lease",
	[FASTTRACK_REASON_RULE] = "rule",
	[FASTTRACK_REASON_HELD] = "held",
	[FASTTRACK_REASON_NO_RECORD] = "no-record",
	[FASTTRACK_REASON_MANGLED] = "mangled",
	[FASTTRACK_REASON_SETTLING] = "settling",
	[FASTTRACK_REASON_STALE] = "stale",
	[FASTTRACK_REASON_IPSEC] = "ipsec",
	[FASTTRACK_REASON_ROUTE] = "route",
	[FASTTRACK_REASON_LOCAL] = "local",
	[FASTTRACK_REASON_FRAGMENT] = "fragment",
	[FASTTRACK_REASON_IP_OPTIONS] = "ip-options",
	[FASTTRACK_REASON_EXT_HEADER] = "ext-header",
	[FASTTRACK_REASON_TTL] = "ttl",
	[FASTTRACK_REASON_MTU] = "mtu",
	[FASTTRACK_REASON_IIF] = "iif",
	[FASTTRACK_REASON_MARK] = "mark",
	[FASTTRACK_REASON_DSCP] = "dscp",
	[FASTTRACK_REASON_LENGTH] = "length",
	[FASTTRACK_REASON_TCP_FLAGS] = "tcp-flags",
	[FASTTRACK_REASON_TCP_WINDOW] = "tcp-window",
	[FASTTRACK_REASON_CHECKSUM] = "checksum",
	[FASTTRACK_REASON_CLOSING] = "closing",
	[FASTTRACK_REASON_DYING] = "dying",
	[FASTTRACK_REASON_BR_NETFILTER] = "br-netfilter",
	[FASTTRACK_REASON_CONNTRACK] = "conntrack",
	[FASTTRACK_REASON_SOCKET] = "socket",
	[FASTTRACK_REASON_DST] = "dst",
	[FASTTRACK_REASON_PKT_TYPE] = "pkt-type",
	[FASTTRACK_REASON_LRO] = "lro",
	[FASTTRACK_REASON_FORWARDING_OFF] = "forwarding-off",
	[FASTTRACK_REASON_NEIGHBOUR] = "neighbour",
	[FASTTRACK_REASON_FLUSHED] = "flushed",
	[FASTTRACK_REASON_RELEASED] = "released",
};

/**
 * ft_reason_name - name of a reason as the YAML spec and ftctl have it
 * @reason: any value
 *
 * Return: the name, "unknown" out of range. Context: any.
 */
const char *ft_reason_name(enum fasttrack_reason reason)
{
	if (reason >= __FASTTRACK_REASON_MAX)
		return "unknown";
	return ft_reason_names[reason];
}

/**
 * ft_stats_reason - times a reason was given in a namespace since it exists
 * @fn: namespace
 * @reason: a valid reason
 *
 * Return: the sum over all CPUs. Context: any; the sum of a running system
 * is not a snapshot.
 */
u64 ft_stats_reason(const struct fasttrack_net *fn,
		    enum fasttrack_reason reason)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(fn->stats, cpu)->reason[reason]);
	return sum;
}

/**
 * ft_stats_ingress - packets that went fast at netdev ingress
 * @fn: namespace
 *
 * Return: the sum over all CPUs. Context: as ft_stats_reason().
 */
u64 ft_stats_ingress(const struct fasttrack_net *fn)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(fn->stats, cpu)->ingress);
	return sum;
}

/* snmp_fold_field64(), which modules may not call any more */
static u64 ft_mib_sum(struct ipstats_mib __percpu *mib, unsigned int item)
{
	unsigned int start;
	u64 value, sum = 0;
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct ipstats_mib *m = per_cpu_ptr(mib, cpu);

		do {
			start = u64_stats_fetch_begin(&m->syncp);
			value = m->mibs[item];
		} while (u64_stats_fetch_retry(&m->syncp, start));
		sum += value;
	}
	return sum;
}

/**
 * ft_stats_forwarded - packets that a namespace has forwarded
 * @net: namespace
 * @family: 0 IPv4, 1 IPv6
 *
 * Return: ForwDatagrams, or Ip6OutForwDatagrams; the fast path counts there
 * as the slow path does. Context: any.
 */
u64 ft_stats_forwarded(const struct net *net, u8 family)
{
	struct ipstats_mib __percpu *mib = net->mib.ip_statistics;

#if IS_ENABLED(CONFIG_IPV6)
	if (family)
		mib = net->mib.ipv6_statistics;
#endif
	/* ipv6.disable=1 leaves it unset */
	if (!mib)
		return 0;
	return ft_mib_sum(mib, IPSTATS_MIB_OUTFORWDATAGRAMS);
}
