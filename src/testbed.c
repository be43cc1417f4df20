// SPDX-License-Identifier: GPL-2.0
/*
 * Owns what the KUnit suites share, see testbed.h. The engine is that of the
 * first namespace, which has no traffic while they run. Its hooks are on, and
 * its sweeper rests until an offer starts it, so nothing happens but what the
 * test does.
 */
#include <linux/delay.h>
#include <linux/ip.h>
#include <linux/module.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/ip6_checksum.h>
#include <net/netfilter/nf_conntrack_acct.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_zones.h>
#include <net/netfilter/nf_fasttrack.h>
#include <net/tcp.h>

#include "testbed.h"

static ulong kunit_seed;
module_param(kunit_seed, ulong, 0444);
MODULE_PARM_DESC(kunit_seed, "seed of the KUnit suites, 0 for a random one");

struct kunit_suite *fasttrack_kunit_suites[] = {
	&ft_rewrite_suite,
	&ft_table_suite,
	&ft_flow_suite,
	&ft_offer_suite,
	&ft_ct_suite,
	&ft_tcp_suite,
	&ft_hook_suite,
};
EXPORT_SYMBOL_GPL(fasttrack_kunit_suites);

const unsigned int fasttrack_kunit_count = ARRAY_SIZE(fasttrack_kunit_suites);
EXPORT_SYMBOL_GPL(fasttrack_kunit_count);

static struct rnd_state tb_state;

/* The same for each test, so that one alone repeats */
static void tb_seed(struct kunit *test)
{
	if (!kunit_seed) {
		kunit_seed = get_random_u32() | 1;
		kunit_info(test, "kunit_seed=%lu\n", kunit_seed);
	}
	prandom_seed_state(&tb_state, kunit_seed);
}

/**
 * tb_random - a random word that repeats with the seed
 *
 * Return: 32 bits. Context: one test at a time.
 */
u32 tb_random(void)
{
	return prandom_u32_state(&tb_state);
}

/**
 * tb_below - a random number
 * @ceiling: greater than all results
 *
 * Return: 0 to @ceiling - 1. Context: one test at a time.
 */
u32 tb_below(u32 ceiling)
{
	return reciprocal_scale(tb_random(), ceiling);
}

/**
 * tb_bytes - random bytes
 * @buf: to fill
 * @len: how many
 *
 * Context: one test at a time.
 */
void tb_bytes(void *buf, unsigned int len)
{
	prandom_bytes_state(&tb_state, buf, len);
}

/**
 * tb_init - make the engine of the first namespace empty and usable
 * @test: test
 *
 * Return: 0 or a negative error. Context: .init of a suite.
 */
int tb_init(struct kunit *test)
{
	struct fasttrack_net *fn = tb_net();
	int err = 0;
	u8 f;

	tb_seed(test);
	if (fn->hooked[0] || fn->hooked[1])
		return -EBUSY;
	/* A test before may have let the tables grow. Nobody uses them now. */
	for (f = 0; f < FT_FAMILIES && !err; f++) {
		if (rcu_access_pointer(fn->table[f].cur))
			ft_table_exit(&fn->table[f]);
		err = ft_table_init(&fn->table[f], f);
		fn->large[f] = false;
		memset(&fn->sweep[f], 0, sizeof(fn->sweep[f]));
	}
	if (!err)
		err = nf_fasttrack_get(&init_net, NFPROTO_IPV4);
	if (err)
		return err;
	err = nf_fasttrack_get(&init_net, NFPROTO_IPV6);
	if (err)
		nf_fasttrack_put(&init_net, NFPROTO_IPV4);
	return err;
}

/**
 * tb_exit - end the flows of a test and let the engine come to rest
 * @test: test, which fails if something is left
 *
 * The last rule that goes makes the sweeper take the hooks off.
 *
 * Context: .exit of a suite.
 */
void tb_exit(struct kunit *test)
{
	struct fasttrack_net *fn = tb_net();
	unsigned int i;

	ft_gc_flush(fn, FASTTRACK_REASON_FLUSHED);
	rcu_barrier();
	nf_fasttrack_put(&init_net, NFPROTO_IPV4);
	nf_fasttrack_put(&init_net, NFPROTO_IPV6);
	for (i = 0; i < 500; i++) {
		if (!READ_ONCE(fn->hooked[0]) && !READ_ONCE(fn->hooked[1]))
			break;
		msleep(20);
	}
	cancel_delayed_work_sync(&fn->gc);
	KUNIT_EXPECT_FALSE(test, fn->hooked[0] || fn->hooked[1]);
	for (i = 0; i < FT_FAMILIES; i++) {
		KUNIT_EXPECT_EQ(test, atomic_read(&fn->flows[i]), 0);
		KUNIT_EXPECT_EQ(test, atomic_read(&fn->active[i]), 0);
		KUNIT_EXPECT_EQ(test, fn->table[i].dirs, 0U);
	}
}

static void tb_address(union nf_inet_addr *addr, u8 family)
{
	memset(addr, 0, sizeof(*addr));
	tb_bytes(addr, family ? sizeof(addr->in6) : sizeof(addr->ip));
}

static __be16 tb_port(void)
{
	return (__force __be16)(u16)tb_random();
}

static void tb_nat_apply(struct nf_conntrack_tuple *reply, u8 family,
			 enum tb_nat nat)
{
	if (nat == TB_NAT_SRC || nat == TB_NAT_BOTH) {
		tb_address(&reply->dst.u3, family);
		reply->dst.u.all = tb_port();
	}
	if (nat == TB_NAT_DST || nat == TB_NAT_BOTH) {
		tb_address(&reply->src.u3, family);
		reply->src.u.all = tb_port();
	}
}

static struct nf_conn *tb_conn_raw(struct kunit *test, u8 family, u8 proto,
				   enum tb_nat nat)
{
	struct nf_conntrack_tuple orig, reply;
	struct nf_conn *ct;

	memset(&orig, 0, sizeof(orig));
	orig.src.l3num = family ? NFPROTO_IPV6 : NFPROTO_IPV4;
	tb_address(&orig.src.u3, family);
	tb_address(&orig.dst.u3, family);
	orig.src.u.all = tb_port();
	orig.dst.u.all = tb_port();
	orig.dst.protonum = proto;
	orig.dst.dir = IP_CT_DIR_ORIGINAL;

	memset(&reply, 0, sizeof(reply));
	reply.src.l3num = orig.src.l3num;
	reply.src.u3 = orig.dst.u3;
	reply.dst.u3 = orig.src.u3;
	reply.src.u.all = orig.dst.u.all;
	reply.dst.u.all = orig.src.u.all;
	reply.dst.protonum = proto;
	reply.dst.dir = IP_CT_DIR_REPLY;
	tb_nat_apply(&reply, family, nat);

	ct = nf_conntrack_alloc(&init_net, &nf_ct_zone_dflt, &orig, &reply,
				GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, ct);
	refcount_set(&ct->ct_general.use, 1);
	return ct;
}

static void tb_conn_establish(struct nf_conn *ct)
{
	ct->timeout = nfct_time_stamp + 600 * HZ;
	ct->proto.tcp.state = TCP_CONNTRACK_ESTABLISHED;
	ct->status = IPS_CONFIRMED | IPS_SEEN_REPLY | IPS_ASSURED;
}

/**
 * tb_conn - an established connection in no table, between random hosts
 * @test: test
 * @family: 0 IPv4, 1 IPv6
 * @proto: IPPROTO_TCP or IPPROTO_UDP
 * @nat: what is translated, to something random
 *
 * Return: the entry with one reference, for nf_ct_put(). Context: process.
 */
struct nf_conn *tb_conn(struct kunit *test, u8 family, u8 proto,
			enum tb_nat nat)
{
	struct nf_conn *ct = tb_conn_raw(test, family, proto, nat);
	void *acct;

	acct = nf_ct_ext_add(ct, NF_CT_EXT_ACCT, GFP_KERNEL);
	if (!acct)
		nf_ct_put(ct);
	KUNIT_ASSERT_NOT_NULL(test, acct);
	tb_conn_establish(ct);
	return ct;
}

/**
 * tb_conn_ext - an established connection with an extension
 * @test: test
 * @family: 0 IPv4, 1 IPv6
 * @proto: IPPROTO_TCP or IPPROTO_UDP
 * @ext: extension, zeroed
 *
 * Return: as tb_conn(). Context: process.
 */
struct nf_conn *tb_conn_ext(struct kunit *test, u8 family, u8 proto,
			    enum nf_ct_ext_id ext)
{
	struct nf_conn *ct = tb_conn_raw(test, family, proto, TB_NAT_NONE);
	void *data;

	data = nf_ct_ext_add(ct, ext, GFP_KERNEL);
	if (!data)
		nf_ct_put(ct);
	KUNIT_ASSERT_NOT_NULL(test, data);
	tb_conn_establish(ct);
	return ct;
}

/**
 * tb_flow - a flow in the table of the test's engine
 * @test: test
 * @ct: from tb_conn()
 *
 * Return: the flow; the end of the test kills it. Context: process.
 */
struct fasttrack_flow *tb_flow(struct kunit *test, struct nf_conn *ct)
{
	u8 family = ft_family(nf_ct_l3num(ct));
	enum fasttrack_reason reason;
	struct fasttrack_flow *flow;
	struct fasttrack_dir *clash;

	flow = ft_flow_alloc(ct, family);
	KUNIT_ASSERT_NOT_NULL(test, flow);
	rcu_read_lock();
	reason = ft_table_insert(flow, &clash);
	rcu_read_unlock();
	if (reason)
		ft_flow_discard(flow);
	KUNIT_ASSERT_EQ(test, (int)reason, FASTTRACK_REASON_NONE);
	atomic_inc(&tb_net()->flows[family]);
	set_bit(FT_CT_FLOW_BIT, &ct->status);
	return flow;
}

/**
 * tb_arm - make a direction armed, as if a packet had taught it everything
 * @flow: flow
 * @dir: direction
 *
 * Context: any.
 */
void tb_arm(struct fasttrack_flow *flow, unsigned int dir)
{
	struct fasttrack_dir *d = ft_flow_dir(flow, dir);
	struct fasttrack_net *fn = tb_net();

	rcu_read_lock();
	spin_lock_bh(&flow->lock);
	ft_flow_wake(flow);
	d->lease_end = (u32)jiffies + fn->lease;
	if (flow->state != FASTTRACK_FLOW_STATE_ACTIVE) {
		flow->state = FASTTRACK_FLOW_STATE_ACTIVE;
		atomic_inc(&fn->active[flow->family]);
	}
	d->seen = (u16)~FT_SEEN_ODD;
	d->gate |= FT_ARMED;
	spin_unlock_bh(&flow->lock);
	rcu_read_unlock();
}

static struct tb_tuple tb_tuple_of(const struct nf_conntrack_tuple *t,
				   bool invert)
{
	struct tb_tuple out;

	out.src = invert ? t->dst.u3.in6 : t->src.u3.in6;
	out.dst = invert ? t->src.u3.in6 : t->dst.u3.in6;
	out.sport = invert ? t->dst.u.all : t->src.u.all;
	out.dport = invert ? t->src.u.all : t->dst.u.all;
	return out;
}

/**
 * tb_tuple_in - what packets of a direction look like as they come in
 * @ct: entry
 * @dir: direction
 *
 * Return: the tuple. Context: any.
 */
struct tb_tuple tb_tuple_in(const struct nf_conn *ct, unsigned int dir)
{
	return tb_tuple_of(nf_ct_tuple(ct, dir), false);
}

/**
 * tb_tuple_out - what they look like as they leave
 * @ct: entry
 * @dir: direction
 *
 * Return: the tuple. Context: any.
 */
struct tb_tuple tb_tuple_out(const struct nf_conn *ct, unsigned int dir)
{
	return tb_tuple_of(nf_ct_tuple(ct, !dir), true);
}

static void tb_put_ip(struct sk_buff *skb, const struct tb_packet *p,
		      unsigned int l4_len)
{
	struct ipv6hdr *ip6h;
	struct iphdr *iph;

	skb_reset_network_header(skb);
	if (p->family) {
		ip6h = skb_put_zero(skb, sizeof(*ip6h));
		*(__be32 *)ip6h = htonl(0x60000000);
		ip6h->payload_len = htons(l4_len);
		ip6h->nexthdr = p->proto;
		ip6h->hop_limit = 64;
		ip6h->saddr = p->t.src;
		ip6h->daddr = p->t.dst;
		skb->protocol = htons(ETH_P_IPV6);
		return;
	}
	iph = skb_put_zero(skb, sizeof(*iph));
	iph->version = 4;
	iph->ihl = 5;
	iph->tot_len = htons(sizeof(*iph) + l4_len);
	iph->id = tb_port();
	iph->ttl = 64;
	iph->protocol = p->proto;
	iph->saddr = p->t.src.s6_addr32[0];
	iph->daddr = p->t.dst.s6_addr32[0];
	ip_send_check(iph);
	skb->protocol = htons(ETH_P_IP);
}

static void tb_put_l4(struct sk_buff *skb, const struct tb_packet *p)
{
	struct tcphdr *th;
	struct udphdr *uh;

	skb_set_transport_header(skb, skb->len);
	if (p->proto == IPPROTO_UDP) {
		uh = skb_put_zero(skb, sizeof(*uh));
		uh->source = p->t.sport;
		uh->dest = p->t.dport;
		uh->len = htons(sizeof(*uh) + p->len);
		return;
	}
	th = skb_put_zero(skb, sizeof(*th));
	th->source = p->t.sport;
	th->dest = p->t.dport;
	th->seq = htonl(p->seq);
	th->ack_seq = htonl(p->ack);
	th->doff = (sizeof(*th) + p->optlen) / 4;
	th->window = htons(p->win);
	((u8 *)th)[13] = p->flags;
	skb_put_data(skb, p->opt, p->optlen);
}

/**
 * tb_skb - a packet as ip_rcv() hands it to PRE_ROUTING
 * @test: test
 * @p: what it is
 *
 * The checksum is right and nobody has verified it.
 *
 * Return: the packet, for kfree_skb(). Context: process.
 */
struct sk_buff *tb_skb(struct kunit *test, const struct tb_packet *p)
{
	unsigned int l4_len = p->len + p->optlen +
		(p->proto == IPPROTO_UDP ? sizeof(struct udphdr) :
					   sizeof(struct tcphdr));
	struct sk_buff *skb = alloc_skb(l4_len + 256, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, skb);
	skb_reserve(skb, 128);
	skb->dev = init_net.loopback_dev;
	skb->skb_iif = skb->dev->ifindex;
	skb->pkt_type = PACKET_HOST;
	tb_put_ip(skb, p, l4_len);
	tb_put_l4(skb, p);
	tb_bytes(skb_put(skb, p->len), p->len);
	tb_skb_sum(skb, p->family, false);
	return skb;
}

static __sum16 *tb_check(const struct sk_buff *skb, u8 proto)
{
	return proto == IPPROTO_UDP ? &udp_hdr(skb)->check :
				      &tcp_hdr(skb)->check;
}

static u8 tb_proto(const struct sk_buff *skb, u8 family)
{
	return family ? ipv6_hdr(skb)->nexthdr : ip_hdr(skb)->protocol;
}

static __sum16 tb_magic(const struct sk_buff *skb, u8 family, __wsum sum)
{
	unsigned int len = skb->len - tb_thoff(family);
	u8 proto = tb_proto(skb, family);

	if (family)
		return csum_ipv6_magic(&ipv6_hdr(skb)->saddr,
				       &ipv6_hdr(skb)->daddr, len, proto, sum);
	return csum_tcpudp_magic(ip_hdr(skb)->saddr, ip_hdr(skb)->daddr, len,
				 proto, sum);
}

/**
 * tb_skb_sum - give a packet a right checksum
 * @skb: linear packet
 * @family: 0 IPv4, 1 IPv6
 * @partial: leave the sum of the data to the device
 *
 * Context: any.
 */
void tb_skb_sum(struct sk_buff *skb, u8 family, bool partial)
{
	__sum16 *check = tb_check(skb, tb_proto(skb, family));

	*check = 0;
	if (partial) {
		*check = ~tb_magic(skb, family, 0);
		skb->ip_summed = CHECKSUM_PARTIAL;
		skb->csum_start = skb_transport_header(skb) - skb->head;
		skb->csum_offset = (u8 *)check - skb_transport_header(skb);
		return;
	}
	skb->ip_summed = CHECKSUM_NONE;
	*check = tb_magic(skb, family,
			  csum_partial(skb_transport_header(skb),
				       skb->len - tb_thoff(family), 0)) ?:
		 CSUM_MANGLED_0;
}

/**
 * tb_skb_residue - what is wrong with a packet's checksum
 * @skb: linear packet
 * @family: 0 IPv4, 1 IPv6
 *
 * Return: 0 for a right one. Context: any.
 */
u16 tb_skb_residue(const struct sk_buff *skb, u8 family)
{
	u16 is, due;
	__wsum sum;

	if (skb->ip_summed == CHECKSUM_PARTIAL) {
		is = (__force u16)*tb_check(skb, tb_proto(skb, family));
		due = (__force u16)~tb_magic(skb, family, 0);
		/* 0 and 0xffff are the same number */
		return (is % U16_MAX) ^ (due % U16_MAX);
	}
	sum = csum_partial(skb_transport_header(skb),
			   skb->len - tb_thoff(family), 0);
	return (__force u16)tb_magic(skb, family, sum);
}
