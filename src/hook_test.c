// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit: what the early hooks make of a packet before anything was learned.
 * Each packet belongs to a flow whose directions are unarmed, so the hook has
 * to find the flow, name the one right reason, accept, and leave a record; or
 * to see that the packet is nobody's. The packet itself must stay as it was.
 */
#include <linux/ip.h>
#include <linux/netfilter.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/tcp.h>

#include "hook.h"
#include "record.h"
#include "testbed.h"

/* What a case does to a plain packet. @thoff: of the transport header */
typedef void (*hk_change)(struct sk_buff *skb, u8 family);

/**
 * struct hk_case - one kind of packet
 * @name: for the reader
 * @families: bit 0 IPv4, bit 1 IPv6
 * @proto: IPPROTO_TCP or IPPROTO_UDP
 * @want: reason; NONE: the hook does not take it for the flow's
 * @change: what is special about it
 */
struct hk_case {
	const char		*name;
	u8			families;
	u8			proto;
	enum fasttrack_reason	want;
	hk_change		change;
};

static void hk_plain(struct sk_buff *skb, u8 family)
{
}

static struct tcphdr *hk_tcp(struct sk_buff *skb, u8 family)
{
	return (struct tcphdr *)(skb->data + tb_thoff(family));
}

static struct udphdr *hk_udp(struct sk_buff *skb, u8 family)
{
	return (struct udphdr *)(skb->data + tb_thoff(family));
}

#define HK_FLAGS(_name, _flags) \
static void hk_##_name(struct sk_buff *skb, u8 family) \
{ \
	((u8 *)hk_tcp(skb, family))[13] = _flags; \
}

HK_FLAGS(syn, TCPHDR_SYN)
HK_FLAGS(synack, TCPHDR_SYN | TCPHDR_ACK)
HK_FLAGS(fin, TCPHDR_FIN | TCPHDR_ACK)
HK_FLAGS(rst, TCPHDR_RST)
HK_FLAGS(noflags, 0)
HK_FLAGS(psh, TCPHDR_PSH | TCPHDR_ACK | TCPHDR_URG | TCPHDR_ECE)

static void hk_doff_short(struct sk_buff *skb, u8 family)
{
	hk_tcp(skb, family)->doff = 4;
}

static void hk_doff_long(struct sk_buff *skb, u8 family)
{
	skb_trim(skb, tb_thoff(family) + 24);
	hk_tcp(skb, family)->doff = 7;
}

static void hk_doff_all(struct sk_buff *skb, u8 family)
{
	skb_trim(skb, tb_thoff(family) + 60);
	hk_tcp(skb, family)->doff = 15;
}

static void hk_udp_short(struct sk_buff *skb, u8 family)
{
	hk_udp(skb, family)->len = htons(7);
}

static void hk_udp_zero(struct sk_buff *skb, u8 family)
{
	hk_udp(skb, family)->len = 0;
}

static void hk_udp_long(struct sk_buff *skb, u8 family)
{
	hk_udp(skb, family)->len =
		htons(skb->len - tb_thoff(family) + 1);
}

/* Bytes behind the datagram are legal */
static void hk_udp_tail(struct sk_buff *skb, u8 family)
{
	hk_udp(skb, family)->len = htons(8);
}

static void hk_runt(struct sk_buff *skb, u8 family)
{
	skb_trim(skb, tb_thoff(family) + 7);
}

static void hk_ttl1(struct sk_buff *skb, u8 family)
{
	if (family)
		ipv6_hdr(skb)->hop_limit = 1;
	else
		ip_hdr(skb)->ttl = 1;
}

static void hk_ttl0(struct sk_buff *skb, u8 family)
{
	if (family)
		ipv6_hdr(skb)->hop_limit = 0;
	else
		ip_hdr(skb)->ttl = 0;
}

static void hk_proto(struct sk_buff *skb, u8 family)
{
	if (family)
		ipv6_hdr(skb)->nexthdr = IPPROTO_SCTP;
	else
		ip_hdr(skb)->protocol = IPPROTO_SCTP;
}

/* Room of @len bytes behind the IP header; returns it */
static u8 *hk_insert(struct sk_buff *skb, u8 family, unsigned int len)
{
	unsigned int hlen = tb_thoff(family);

	skb_push(skb, len);
	memmove(skb->data, skb->data + len, hlen);
	memset(skb->data + hlen, 0, len);
	skb_reset_network_header(skb);
	if (family)
		ipv6_hdr(skb)->payload_len = htons(skb->len - hlen);
	else
		ip_hdr(skb)->tot_len = htons(skb->len);
	return skb->data + hlen;
}

static void hk_options(struct sk_buff *skb, u8 family)
{
	memset(hk_insert(skb, family, 8), 1 /* no operation */, 8);
	ip_hdr(skb)->ihl = 7;
}

static void hk_options_all(struct sk_buff *skb, u8 family)
{
	memset(hk_insert(skb, family, 40), 1, 40);
	ip_hdr(skb)->ihl = 15;
}

static void hk_frag_first(struct sk_buff *skb, u8 family)
{
	u8 *ext;

	if (!family) {
		ip_hdr(skb)->frag_off = htons(IP_MF);
		return;
	}
	ext = hk_insert(skb, family, 8);
	ext[0] = ipv6_hdr(skb)->nexthdr;
	*(__be16 *)(ext + 2) = htons(1);
	ipv6_hdr(skb)->nexthdr = NEXTHDR_FRAGMENT;
}

/* No more than the ports, which is as little as there can be of it */
static void hk_frag_tiny(struct sk_buff *skb, u8 family)
{
	skb_trim(skb, tb_thoff(family) + 8);
	hk_frag_first(skb, family);
}

static void hk_frag_next(struct sk_buff *skb, u8 family)
{
	u8 *ext;

	if (!family) {
		ip_hdr(skb)->frag_off = htons(100);
		return;
	}
	ext = hk_insert(skb, family, 8);
	ext[0] = ipv6_hdr(skb)->nexthdr;
	*(__be16 *)(ext + 2) = htons(800);
	ipv6_hdr(skb)->nexthdr = NEXTHDR_FRAGMENT;
}

static void hk_ext(struct sk_buff *skb, u8 type)
{
	u8 *ext = hk_insert(skb, 1, 8);

	ext[0] = ipv6_hdr(skb)->nexthdr;
	ext[2] = IPV6_TLV_PADN;
	ext[3] = 4;
	ipv6_hdr(skb)->nexthdr = type;
}

static void hk_hopopts(struct sk_buff *skb, u8 family)
{
	hk_ext(skb, NEXTHDR_HOP);
}

static void hk_dstopts_twice(struct sk_buff *skb, u8 family)
{
	hk_ext(skb, NEXTHDR_DEST);
	hk_ext(skb, NEXTHDR_DEST);
}

/* An extension header that says to be longer than the packet */
static void hk_ext_endless(struct sk_buff *skb, u8 family)
{
	hk_ext(skb, NEXTHDR_DEST);
	skb->data[sizeof(struct ipv6hdr) + 1] = 255;
}

static void hk_ext_cut(struct sk_buff *skb, u8 family)
{
	hk_ext(skb, NEXTHDR_DEST);
	skb_trim(skb, sizeof(struct ipv6hdr) + 1);
}

static void hk_jumbo(struct sk_buff *skb, u8 family)
{
	ipv6_hdr(skb)->payload_len = 0;
}

static void hk_other_mac(struct sk_buff *skb, u8 family)
{
	skb->pkt_type = PACKET_OTHERHOST;
}

static void hk_untracked(struct sk_buff *skb, u8 family)
{
	nf_ct_set(skb, NULL, IP_CT_UNTRACKED);
}

/* All but the network header is in a page: the hook has to pull */
static void hk_paged(struct sk_buff *skb, u8 family)
{
	unsigned int hlen = tb_thoff(family), len = skb->len - hlen;
	struct page *page = alloc_page(GFP_KERNEL);

	if (!page)
		return;
	memcpy(page_address(page), skb->data + hlen, len);
	skb_trim(skb, hlen);
	skb_add_rx_frag(skb, 0, page, 0, len, PAGE_SIZE);
}

static void hk_stranger(struct sk_buff *skb, u8 family)
{
	hk_udp(skb, family)->source ^= htons(1);
}

#define HK_BOTH	3
#define HK(_name, _families, _proto, _want, _change) \
	{ .name = _name, .families = _families, .proto = IPPROTO_##_proto, \
	  .want = FASTTRACK_REASON_##_want, .change = hk_##_change }

static const struct hk_case hk_table[] = {
	HK("tcp", HK_BOTH, TCP, LEARNING, plain),
	HK("udp", HK_BOTH, UDP, LEARNING, plain),
	HK("tcp paged", HK_BOTH, TCP, LEARNING, paged),
	HK("udp paged", HK_BOTH, UDP, LEARNING, paged),
	HK("tcp psh urg ece", HK_BOTH, TCP, LEARNING, psh),
	HK("tcp syn", HK_BOTH, TCP, TCP_FLAGS, syn),
	HK("tcp syn ack", HK_BOTH, TCP, TCP_FLAGS, synack),
	HK("tcp fin", HK_BOTH, TCP, TCP_FLAGS, fin),
	HK("tcp rst", HK_BOTH, TCP, TCP_FLAGS, rst),
	HK("tcp without flags", HK_BOTH, TCP, TCP_FLAGS, noflags),
	HK("tcp header of 16 bytes", HK_BOTH, TCP, LENGTH, doff_short),
	HK("tcp header beyond the end", HK_BOTH, TCP, LENGTH, doff_long),
	HK("tcp header of 60 bytes", HK_BOTH, TCP, LEARNING, doff_all),
	HK("udp length 7", HK_BOTH, UDP, LENGTH, udp_short),
	HK("udp length 0", HK_BOTH, UDP, LENGTH, udp_zero),
	HK("udp length too long", HK_BOTH, UDP, LENGTH, udp_long),
	HK("udp with a tail", HK_BOTH, UDP, LEARNING, udp_tail),
	HK("tcp runt", HK_BOTH, TCP, NONE, runt),
	HK("udp runt", HK_BOTH, UDP, NONE, runt),
	HK("ttl 1", HK_BOTH, UDP, TTL, ttl1),
	HK("ttl 0", HK_BOTH, TCP, TTL, ttl0),
	HK("sctp", HK_BOTH, UDP, NONE, proto),
	HK("other port", HK_BOTH, UDP, NONE, stranger),
	HK("options", 1, TCP, IP_OPTIONS, options),
	HK("40 bytes of options", 1, UDP, IP_OPTIONS, options_all),
	HK("first fragment", HK_BOTH, UDP, FRAGMENT, frag_first),
	HK("tiny first fragment", HK_BOTH, TCP, FRAGMENT, frag_tiny),
	HK("later fragment", HK_BOTH, UDP, NONE, frag_next),
	HK("hop by hop", 2, TCP, EXT_HEADER, hopopts),
	HK("two extension headers", 2, UDP, EXT_HEADER, dstopts_twice),
	HK("extension header beyond the end", 2, UDP, NONE, ext_endless),
	HK("extension header cut off", 2, UDP, NONE, ext_cut),
	HK("jumbogram", 2, UDP, LENGTH, jumbo),
	HK("other MAC", HK_BOTH, UDP, PKT_TYPE, other_mac),
	HK("untracked", HK_BOTH, TCP, CONNTRACK, untracked),
};

static void hk_desc(const struct hk_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(hk_table, hk_table, hk_desc);

static unsigned int hk_hook(struct fasttrack_net *fn, struct sk_buff *skb,
			    u8 family)
{
	unsigned int verdict;

	rcu_read_lock();
	local_bh_disable();
	verdict = family ? ft_hook_ipv6(fn, skb, NULL) :
			   ft_hook_ipv4(fn, skb, NULL);
	local_bh_enable();
	rcu_read_unlock();
	return verdict;
}

static bool hk_take(struct sk_buff *skb, struct fasttrack_record *rec)
{
	bool found;

	local_bh_disable();
	found = ft_record_take(skb, rec);
	local_bh_enable();
	return found;
}

static void hk_expect_record(struct kunit *test, struct sk_buff *skb,
			     const struct fasttrack_flow *flow,
			     unsigned int dir, const struct hk_case *c)
{
	bool closing = c->want == FASTTRACK_REASON_TCP_FLAGS;
	struct fasttrack_record rec;
	bool found = hk_take(skb, &rec);

	KUNIT_EXPECT_EQ(test, found,
			c->want != FASTTRACK_REASON_NONE && !closing);
	if (!found)
		return;
	KUNIT_EXPECT_EQ(test, rec.flow_id, flow->id);
	KUNIT_EXPECT_EQ(test, (unsigned int)rec.dir, dir);
	KUNIT_EXPECT_EQ(test, (bool)rec.teach,
			c->want == FASTTRACK_REASON_LEARNING);
	KUNIT_EXPECT_EQ(test, rec.len, skb->len);
	if (rec.teach)
		KUNIT_EXPECT_EQ(test, memcmp(rec.headers, skb->data, rec.hlen),
				0);
}

static void hk_one(struct kunit *test, const struct hk_case *c, u8 family,
		   unsigned int dir)
{
	struct nf_conn *ct = tb_conn(test, family, c->proto, TB_NAT_BOTH);
	struct fasttrack_flow *flow = tb_flow(test, ct);
	struct fasttrack_net *fn = tb_net();
	struct tb_packet p = {
		.family = family, .proto = c->proto, .len = 100, .win = 1,
		.flags = TCPHDR_ACK, .t = tb_tuple_in(ct, dir),
	};
	u64 before[__FASTTRACK_REASON_MAX];
	static u8 was[512], is[512];
	enum fasttrack_reason r;
	struct sk_buff *skb;

	skb = tb_skb(test, &p);
	c->change(skb, family);
	skb_copy_bits(skb, 0, was, skb->len);
	for (r = 0; r <= FASTTRACK_REASON_MAX; r++)
		before[r] = ft_stats_reason(fn, r);
	KUNIT_EXPECT_EQ(test, hk_hook(fn, skb, family),
			(unsigned int)NF_ACCEPT);
	for (r = 1; r <= FASTTRACK_REASON_MAX; r++) {
		u64 due = r == c->want ? 1 : 0;

		if (ft_stats_reason(fn, r) - before[r] != due)
			KUNIT_FAIL(test, "ipv%d: %s was given %llu times\n",
				   family ? 6 : 4, ft_reason_name(r),
				   ft_stats_reason(fn, r) - before[r]);
	}
	skb_copy_bits(skb, 0, is, skb->len);
	KUNIT_EXPECT_EQ(test, memcmp(was, is, skb->len), 0);
	hk_expect_record(test, skb, flow, dir, c);
	kfree_skb(skb);
	nf_ct_put(ct);
}

static void hook_parse(struct kunit *test)
{
	const struct hk_case *c = test->param_value;
	unsigned int i;

	for (i = 0; i < 4; i++)
		if (c->families & 1 << (i & 1))
			hk_one(test, c, i & 1, i / 2);
}

/* Cut a packet at every length: no read beyond it (KASAN), no wrong guess */
static void hook_truncated(struct kunit *test)
{
	struct tb_packet p = { .flags = TCPHDR_ACK, .len = 20 };
	struct fasttrack_net *fn = tb_net();
	unsigned int i, len, stolen = 0;
	struct fasttrack_record rec;
	struct sk_buff *skb, *cut;
	struct nf_conn *ct;

	for (i = 0; i < 4; i++) {
		p.family = i & 1;
		p.proto = i & 2 ? IPPROTO_UDP : IPPROTO_TCP;
		ct = tb_conn(test, p.family, p.proto, TB_NAT_NONE);
		tb_flow(test, ct);
		p.t = tb_tuple_in(ct, 0);
		nf_ct_put(ct);
		skb = tb_skb(test, &p);
		for (len = tb_thoff(p.family); len <= skb->len; len++) {
			/* Of its own size, so that KASAN sees the end */
			cut = alloc_skb(len, GFP_KERNEL);
			KUNIT_ASSERT_NOT_NULL(test, cut);
			skb_put_data(cut, skb->data, len);
			skb_reset_network_header(cut);
			cut->dev = skb->dev;
			stolen += hk_hook(fn, cut, p.family) != NF_ACCEPT;
			hk_take(cut, &rec);
			kfree_skb(cut);
		}
		kfree_skb(skb);
	}
	KUNIT_EXPECT_EQ(test, stolen, 0U);
}

/* Random bytes behind a valid IP header, with the addresses of a flow */
static void hook_garbage(struct kunit *test)
{
	struct fasttrack_net *fn = tb_net();
	unsigned int i, stolen = 0, hlen;
	struct nf_conn *ct[4] = {};
	struct fasttrack_record rec;
	struct sk_buff *skb;

	for (i = 0; i < 20000; i++) {
		struct tb_packet p = {
			.family = i & 1, .flags = TCPHDR_ACK,
			.proto = i & 2 ? IPPROTO_UDP : IPPROTO_TCP,
			.len = tb_below(100),
		};

		if (i % 500 < 4) {
			ct[i & 3] = tb_conn(test, p.family, p.proto,
					    TB_NAT_NONE);
			tb_flow(test, ct[i & 3]);
			nf_ct_put(ct[i & 3]);
		}
		p.t = tb_tuple_in(ct[i & 3], 0);
		skb = tb_skb(test, &p);
		hlen = tb_thoff(p.family);
		if (p.family)
			ipv6_hdr(skb)->nexthdr = tb_random();
		else
			ip_hdr(skb)->frag_off = tb_below(4) ? 0 :
						(__force __be16)tb_random();
		tb_bytes(skb->data + hlen + 4 * (i & 1), skb->len - hlen - 4);
		skb_trim(skb, hlen + tb_below(skb->len - hlen));
		stolen += hk_hook(fn, skb, p.family) != NF_ACCEPT;
		hk_take(skb, &rec);
		kfree_skb(skb);
	}
	KUNIT_EXPECT_EQ(test, stolen, 0U);
}

/* hs_send: a TCP packet of no flow passes; is there a record of a handshake? */
static bool hs_send(struct kunit *test, struct tb_packet *p, u8 flags,
		    struct fasttrack_record *rec)
{
	struct sk_buff *skb;
	bool found;

	p->flags = flags;
	skb = tb_skb(test, p);
	KUNIT_EXPECT_EQ(test, hk_hook(tb_net(), skb, p->family),
			(unsigned int)NF_ACCEPT);
	found = hk_take(skb, rec);
	if (found) {
		KUNIT_EXPECT_TRUE(test, rec->handshake);
		KUNIT_EXPECT_TRUE(test, rec->teach);
		KUNIT_EXPECT_EQ(test, memcmp(rec->headers, skb->data,
					     rec->hlen), 0);
	}
	kfree_skb(skb);
	return found;
}

static bool hs_over(const struct fasttrack_record *rec)
{
	bool over;

	local_bh_disable();
	over = ft_handshake_over(rec->flow_id);
	local_bh_enable();
	return over;
}

/* The ACK behind a SYN leaves a record, which is good once, and not when
 * something of the same direction has followed. On one CPU, as softirqs run.
 */
static void hook_handshake(struct kunit *test)
{
	const u8 strange[] = { TCPHDR_FIN | TCPHDR_ACK, TCPHDR_RST, 0 };
	struct fasttrack_record rec, other;
	struct tb_packet p = {};
	struct nf_conn *ct;
	unsigned int i;

	migrate_disable();
	for (i = 0; i < 2 + ARRAY_SIZE(strange); i++) {
		p.family = i & 1;
		p.proto = IPPROTO_TCP;
		ct = tb_conn(test, p.family, IPPROTO_TCP, TB_NAT_NONE);
		p.t = tb_tuple_in(ct, 0);
		nf_ct_put(ct);
		KUNIT_EXPECT_FALSE(test, hs_send(test, &p, TCPHDR_ACK, &rec));
		KUNIT_EXPECT_FALSE(test, hs_send(test, &p, TCPHDR_SYN, &rec));
		if (i >= 2) {
			KUNIT_EXPECT_FALSE(test, hs_send(test, &p,
							 strange[i - 2], &rec));
			KUNIT_EXPECT_FALSE(test, hs_send(test, &p, TCPHDR_ACK,
							 &rec));
			continue;
		}
		KUNIT_ASSERT_TRUE(test, hs_send(test, &p, TCPHDR_ACK, &rec));
		KUNIT_EXPECT_TRUE(test, hs_over(&rec));
		KUNIT_EXPECT_FALSE(test, hs_over(&rec));
		KUNIT_EXPECT_FALSE(test, hs_send(test, &p, TCPHDR_SYN, &rec));
		KUNIT_ASSERT_TRUE(test, hs_send(test, &p, TCPHDR_ACK, &rec));
		KUNIT_EXPECT_FALSE(test, hs_send(test, &p, TCPHDR_ACK, &other));
		KUNIT_EXPECT_FALSE(test, hs_over(&rec));
	}
	migrate_enable();
}

static struct kunit_case hook_cases[] = {
	KUNIT_CASE(hook_handshake),
	KUNIT_CASE_PARAM(hook_parse, hk_table_gen_params),
	KUNIT_CASE(hook_truncated),
	KUNIT_CASE(hook_garbage),
	{}
};

struct kunit_suite ft_hook_suite = {
	.name		= "fasttrack_hook",
	.init		= tb_init,
	.exit		= tb_exit,
	.test_cases	= hook_cases,
};
