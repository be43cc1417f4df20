// SPDX-License-Identifier: GPL-2.0
/*
 * Owns what fast packets add to the counters of the IP layer: Ip, IpExt, Ip6
 * of the namespace and of each device. Most packets are told in sums when their
 * flow is folded, a second or two after they were sent; so these counters cost
 * them nothing. What the packets of such a sum have in common, the hook they
 * came in by and their ECN field, is in fasttrack_dir.teller.
 */
#include <linux/netdevice.h>
#include <net/addrconf.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>

#include "fasttrack.h"

/**
 * struct ft_sum - packets of one direction and kind
 * @packets: how many
 * @bytes: bytes from the network header on
 * @kind: fasttrack_dir.teller without the CPU
 */
struct ft_sum {
	u32	packets;
	u32	bytes;
	u16	kind;
};

static unsigned int ft_sum_ecn(const struct ft_sum *s)
{
	return s->kind >> FT_TELLER_ECN_SHIFT & INET_ECN_MASK;
}

/* As ip_rcv_core(), ip_forward_finish() and ip_output() count */
static void ft_mib_add4(struct net *net, const struct ft_sum *s)
{
	if (s->kind & FT_TELLER_INGRESS) {
		IP_ADD_STATS(net, IPSTATS_MIB_INPKTS, s->packets);
		IP_ADD_STATS(net, IPSTATS_MIB_INOCTETS, s->bytes);
		IP_ADD_STATS(net, IPSTATS_MIB_NOECTPKTS + ft_sum_ecn(s),
			     s->packets);
	}
	IP_ADD_STATS(net, IPSTATS_MIB_OUTFORWDATAGRAMS, s->packets);
	if (FT_FORWARD_COUNTS_OCTETS)
		IP_ADD_STATS(net, IPSTATS_MIB_OUTOCTETS, s->bytes);
	IP_ADD_STATS(net, IPSTATS_MIB_OUTPKTS, s->packets);
	IP_ADD_STATS(net, IPSTATS_MIB_OUTOCTETS, s->bytes);
}

/* As ip6_rcv_core(), ip6_forward_finish() and ip6_finish_output2() count. A
 * device that is gone has taken its counters along. RCU read side.
 *
 * The route stays: it is replaced and let go of under the flow's lock, which
 * ft_mib_tell() has, or by the RCU callback, when nobody else is left; and only
 * a grace period after the last packet that found the gate open, which
 * ft_mib_packet() tells of.
 */
static void ft_mib_add6(struct net *net, const struct fasttrack_dir *d,
			const struct ft_sum *s)
{
	struct inet6_dev *idev = NULL;
	struct net_device *dev;

	if (s->kind & FT_TELLER_INGRESS) {
		dev = dev_get_by_index_rcu(net, d->iif);
		if (dev)
			idev = __in6_dev_get(dev);
		IP6_ADD_STATS(net, idev, IPSTATS_MIB_INPKTS, s->packets);
		IP6_ADD_STATS(net, idev, IPSTATS_MIB_INOCTETS, s->bytes);
		IP6_ADD_STATS(net, idev, IPSTATS_MIB_NOECTPKTS + ft_sum_ecn(s),
			      s->packets);
	}
	/* KUnit's flows have no route */
	idev = d->dst ? ip6_dst_idev(d->dst) : NULL;
	IP6_ADD_STATS(net, idev, IPSTATS_MIB_OUTFORWDATAGRAMS, s->packets);
	if (!FT_FORWARD_COUNTS_OCTETS)
		IP6_ADD_STATS(net, idev, IPSTATS_MIB_OUTPKTS, s->packets);
	IP6_ADD_STATS(net, idev, IPSTATS_MIB_OUTOCTETS, s->bytes);
}

static void ft_mib_add(struct fasttrack_net *fn, const struct fasttrack_dir *d,
		       const struct ft_sum *s, u8 family)
{
	if (s->kind & FT_TELLER_INGRESS)
		this_cpu_add(fn->stats->ingress, s->packets);
	if (!family) {
		ft_mib_add4(fn->net, s);
		return;
	}
	rcu_read_lock();
	ft_mib_add6(fn->net, d, s);
	rcu_read_unlock();
}

/**
 * ft_mib_tell - tell the IP layer of a direction's packets
 * @fn: namespace
 * @flow: flow
 * @dir: direction, whose route is the one that the packets took
 *
 * Context: flow->lock.
 */
void ft_mib_tell(struct fasttrack_net *fn, struct fasttrack_flow *flow,
		 unsigned int dir)
{
	const struct fasttrack_dir *d = ft_flow_dir(flow, dir);
	struct fasttrack_cold *c = &flow->cold[dir];
	struct ft_sum s = {
		.packets = READ_ONCE(d->packets) - c->mib_packets,
		.bytes = READ_ONCE(d->bytes) - c->mib_bytes,
		.kind = READ_ONCE(d->teller) & ~FT_TELLER_CPU,
	};

	if (!s.packets && !s.bytes)
		return;
	c->mib_packets += s.packets;
	c->mib_bytes += s.bytes;
	ft_mib_add(fn, d, &s, flow->family);
}

/**
 * ft_mib_packet - tell the IP layer of one packet that no sum has in it
 * @fn: namespace
 * @d: its direction
 * @len: bytes from the network header on
 * @kind: FT_TELLER_INGRESS with the ECN field, or 0
 * @family: 0 IPv4, 1 IPv6
 *
 * Context: early hook.
 */
void ft_mib_packet(struct fasttrack_net *fn, const struct fasttrack_dir *d,
		   unsigned int len, u16 kind, u8 family)
{
	const struct ft_sum s = { .packets = 1, .bytes = len, .kind = kind };

	ft_mib_add(fn, d, &s, family);
}
