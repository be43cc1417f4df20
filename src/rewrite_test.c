// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit: rewrite.h and the deltas of flow.c, held against the kernel's own
 * helpers in the order in which nf_nat uses them (destination at PRE_ROUTING,
 * TTL in ip_forward(), source at POST_ROUTING), and against sums computed anew.
 */
#include <linux/ip.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/tcp.h>

#include "rewrite.h"
#include "testbed.h"

/**
 * struct rw_case - what is rewritten
 * @family: 0 IPv4, 1 IPv6
 * @proto: IPPROTO_TCP or IPPROTO_UDP
 * @nat: kind of NAT
 * @partial: CHECKSUM_PARTIAL
 */
struct rw_case {
	u8		family;
	u8		proto;
	enum tb_nat	nat;
	bool		partial;
};

/* Families, protocols, kinds of NAT, partial or not */
#define RW_CASES	(8 * TB_NAT_MAX)

static const char * const rw_nat_names[] = { "none", "src", "dst", "both" };

static const void *rw_gen(const void *prev, char *desc)
{
	static struct rw_case cases[RW_CASES];
	const struct rw_case *last = prev;
	unsigned int i = 0;
	struct rw_case *c;

	if (last)
		i = last - cases + 1;
	if (i == RW_CASES)
		return NULL;
	c = &cases[i];
	c->family = i & 1;
	c->proto = i & 2 ? IPPROTO_UDP : IPPROTO_TCP;
	c->partial = i & 4;
	c->nat = i / 8;
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "ipv%d %s nat %s%s",
		 c->family ? 6 : 4, c->proto == IPPROTO_TCP ? "tcp" : "udp",
		 rw_nat_names[c->nat], c->partial ? " partial" : "");
	return c;
}

static __sum16 *rw_check(struct sk_buff *skb, u8 proto)
{
	return proto == IPPROTO_TCP ? &tcp_hdr(skb)->check :
				      &udp_hdr(skb)->check;
}

/* One manipulation of nf_nat: of the source or the destination */
static void rw_manip(struct sk_buff *skb, const struct rw_case *c, bool src,
		     const struct in6_addr *addr, __be16 port)
{
	struct udphdr *uh = udp_hdr(skb);
	__be16 *portp = src ? &uh->source : &uh->dest;
	__sum16 *check = rw_check(skb, c->proto);
	bool sum = c->proto == IPPROTO_TCP || *check;
	struct in6_addr *addr6;
	__be32 *addr4;

	if (c->family) {
		addr6 = src ? &ipv6_hdr(skb)->saddr : &ipv6_hdr(skb)->daddr;
		if (sum)
			inet_proto_csum_replace16(check, skb,
						  addr6->s6_addr32,
						  addr->s6_addr32, true);
		*addr6 = *addr;
	} else {
		addr4 = src ? &ip_hdr(skb)->saddr : &ip_hdr(skb)->daddr;
		if (sum)
			inet_proto_csum_replace4(check, skb, *addr4,
						 addr->s6_addr32[0], true);
		csum_replace4(&ip_hdr(skb)->check, *addr4, addr->s6_addr32[0]);
		*addr4 = addr->s6_addr32[0];
	}
	if (sum)
		inet_proto_csum_replace2(check, skb, *portp, port, false);
	if (sum && c->proto == IPPROTO_UDP && !*check)
		*check = CSUM_MANGLED_0;
	*portp = port;
}

static void rw_decrease(struct sk_buff *skb, u8 family)
{
	if (family)
		ipv6_hdr(skb)->hop_limit--;
	else
		ip_decrease_ttl(ip_hdr(skb));
}

/* What the slow path does. @ttl and @tos: set ahead of routing unless 0. */
static void rw_reference(struct sk_buff *skb, const struct rw_case *c,
			 unsigned int dir, const struct tb_tuple *out,
			 u8 ttl, u8 tos)
{
	bool snat = c->nat == TB_NAT_SRC || c->nat == TB_NAT_BOTH;
	bool dnat = c->nat == TB_NAT_DST || c->nat == TB_NAT_BOTH;

	if (ttl && c->family) {
		ipv6_hdr(skb)->hop_limit = ttl;
	} else if (ttl) {
		csum_replace2(&ip_hdr(skb)->check, htons(ip_hdr(skb)->ttl << 8),
			      htons(ttl << 8));
		ip_hdr(skb)->ttl = ttl;
	}
	if (tos && c->family)
		ipv6_change_dsfield(ipv6_hdr(skb), 0, tos);
	else if (tos)
		ipv4_change_dsfield(ip_hdr(skb), 0, tos);
	if (dir == IP_CT_DIR_ORIGINAL ? dnat : snat)
		rw_manip(skb, c, false, &out->dst, out->dport);
	rw_decrease(skb, c->family);
	if (dir == IP_CT_DIR_ORIGINAL ? snat : dnat)
		rw_manip(skb, c, true, &out->src, out->sport);
}

static void rw_engine(struct sk_buff *skb, const struct rw_case *c,
		      const struct fasttrack_dir *d)
{
	bool partial = skb->ip_summed == CHECKSUM_PARTIAL;

	if (c->family)
		ft_rewrite6(d, ipv6_hdr(skb), skb_transport_header(skb),
			    c->proto, partial);
	else
		ft_rewrite4(d, ip_hdr(skb), skb_transport_header(skb),
			    c->proto, partial);
}

static bool rw_same(struct kunit *test, const struct sk_buff *got,
		    const struct sk_buff *want, const char *what)
{
	unsigned int i;

	for (i = 0; i < want->len; i++) {
		if (got->data[i] == want->data[i])
			continue;
		KUNIT_FAIL(test, "%s: byte %u is %#x, the kernel's %#x\n", what,
			   i, got->data[i], want->data[i]);
		return false;
	}
	return true;
}

static struct sk_buff *rw_packet(struct kunit *test, const struct rw_case *c,
				 const struct nf_conn *ct, unsigned int dir)
{
	struct tb_packet p = {
		.family = c->family, .proto = c->proto,
		.t = tb_tuple_in(ct, dir), .seq = tb_random(),
		.ack = tb_random(), .win = tb_random(),
		.flags = TCPHDR_ACK, .len = tb_below(200),
	};
	struct sk_buff *skb = tb_skb(test, &p);

	if (c->partial)
		tb_skb_sum(skb, c->family, true);
	return skb;
}

/* One packet by both; false after a failure, which frees both */
static bool rw_once(struct kunit *test, const struct rw_case *c,
		    const struct fasttrack_dir *d, struct sk_buff *skb,
		    const struct tb_tuple *out, const char *what)
{
	bool exact = d->flags & FT_DIR_EXACT;
	u16 before = tb_skb_residue(skb, c->family);
	struct sk_buff *ref = skb_copy(skb, GFP_KERNEL);
	bool none = c->proto == IPPROTO_UDP && !udp_hdr(skb)->check;
	bool good;

	KUNIT_ASSERT_NOT_NULL(test, ref);
	rw_reference(ref, c, d->dir, out, exact ? d->ttl_out + 1 : 0,
		     exact ? d->tos_out : 0);
	rw_engine(skb, c, d);
	good = rw_same(test, skb, ref, what);
	if (!c->family && ip_fast_csum(ip_hdr(skb), 5)) {
		KUNIT_FAIL(test, "%s: IPv4 header checksum\n", what);
		good = false;
	}
	if (!before && !none && tb_skb_residue(skb, c->family)) {
		KUNIT_FAIL(test, "%s: a right checksum became wrong\n", what);
		good = false;
	}
	kfree_skb(ref);
	kfree_skb(skb);
	return good;
}

/* Random connections, lengths and payloads; right, absent, wrong checksums */
static void rewrite_random(struct kunit *test)
{
	const struct rw_case *c = test->param_value;
	struct fasttrack_flow *flow;
	struct sk_buff *skb;
	struct tb_tuple out;
	struct nf_conn *ct;
	unsigned int i, dir;
	bool good = true;

	for (i = 0; i < 100 && good; i++) {
		ct = tb_conn(test, c->family, c->proto, c->nat);
		flow = ft_flow_alloc(ct, c->family);
		KUNIT_ASSERT_NOT_NULL(test, flow);
		dir = i & 1;
		out = tb_tuple_out(ct, dir);
		skb = rw_packet(test, c, ct, dir);
		if (i % 4 == 2)
			*rw_check(skb, c->proto) =
				(__force __sum16)(u16)tb_random();
		else if (i % 16 == 1)
			*rw_check(skb, c->proto) = 0;
		good = rw_once(test, c, ft_flow_dir(flow, dir), skb, &out,
			       "random packet");
		ft_flow_discard(flow);
		nf_ct_put(ct);
	}
}

/* A checksum of which the kernel makes one that is congruent to 0 */
static u16 rw_critical(struct kunit *test, const struct rw_case *c,
		       const struct sk_buff *model, const struct tb_tuple *out)
{
	struct sk_buff *ref = skb_copy(model, GFP_KERNEL);
	u16 was, is;

	KUNIT_ASSERT_NOT_NULL(test, ref);
	was = (__force u16)*rw_check(ref, c->proto);
	rw_reference(ref, c, 0, out, 0, 0);
	is = (__force u16)*rw_check(ref, c->proto);
	kfree_skb(ref);
	return was >= is ? was - is : was - is - 1;
}

/* Wrong checksums, above all those that come out as 0 or 0xffff: there are two
 * ways to write that number, and ours must be the kernel's.
 */
static void rewrite_sums(struct kunit *test)
{
	const struct rw_case *c = test->param_value;
	struct sk_buff *model, *skb;
	struct fasttrack_flow *flow;
	struct tb_tuple out;
	struct nf_conn *ct;
	unsigned int i, n;
	bool good = true;
	u16 sum, critical;

	for (i = 0; i < 20 && good; i++) {
		ct = tb_conn(test, c->family, c->proto, c->nat);
		flow = ft_flow_alloc(ct, c->family);
		KUNIT_ASSERT_NOT_NULL(test, flow);
		out = tb_tuple_out(ct, 0);
		model = rw_packet(test, c, ct, 0);
		critical = rw_critical(test, c, model, &out);
		for (n = 0; n < 40 && good; n++) {
			sum = n < 8 ? critical - 4 + n : n < 16 ? n - 12 :
			      tb_random();
			skb = skb_copy(model, GFP_KERNEL);
			KUNIT_ASSERT_NOT_NULL(test, skb);
			*rw_check(skb, c->proto) = (__force __sum16)sum;
			good = rw_once(test, c, ft_flow_dir(flow, 0), skb,
				       &out, "packet with a given checksum");
		}
		kfree_skb(model);
		ft_flow_discard(flow);
		nf_ct_put(ct);
	}
}

/* Rules that set TTL and TOS */
static void rewrite_exact(struct kunit *test)
{
	const struct rw_case *c = test->param_value;
	struct fasttrack_flow *flow;
	struct fasttrack_dir *d;
	struct sk_buff *skb;
	struct tb_tuple out;
	struct nf_conn *ct;
	bool good = true;
	unsigned int i;

	for (i = 0; i < 100 && good; i++) {
		ct = tb_conn(test, c->family, c->proto, c->nat);
		flow = ft_flow_alloc(ct, c->family);
		KUNIT_ASSERT_NOT_NULL(test, flow);
		d = ft_flow_dir(flow, i & 1);
		out = tb_tuple_out(ct, i & 1);
		skb = rw_packet(test, c, ct, i & 1);
		d->flags |= FT_DIR_EXACT;
		d->ttl_in = 64;
		d->ttl_out = 1 + tb_below(254);
		d->tos_in = 0;
		d->tos_out = tb_below(256);
		good = rw_once(test, c, d, skb, &out, "TTL and TOS set");
		ft_flow_discard(flow);
		nf_ct_put(ct);
	}
}

static struct kunit_case rewrite_cases[] = {
	KUNIT_CASE_PARAM(rewrite_random, rw_gen),
	KUNIT_CASE_PARAM(rewrite_sums, rw_gen),
	KUNIT_CASE_PARAM(rewrite_exact, rw_gen),
	{}
};

struct kunit_suite ft_rewrite_suite = {
	.name		= "fasttrack_rewrite",
	.init		= tb_init,
	.exit		= tb_exit,
	.test_cases	= rewrite_cases,
};
