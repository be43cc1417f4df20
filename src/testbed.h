/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the KUnit suites share: an engine, conntrack entries, packets, checksums
 * and random numbers.
 * Only built with "make modules KUNIT=1". Knows the engine by its functions and,
 * where there is none, by fields; so a change of the engine is mended here.
 */
#ifndef _FASTTRACK_TESTBED_H
#define _FASTTRACK_TESTBED_H

#include <kunit/test.h>
#include <linux/prandom.h>
#include <linux/skbuff.h>
#include <net/net_namespace.h>
#include <net/netfilter/nf_conntrack_extend.h>

#include "fasttrack.h"

/**
 * struct tb_tuple - addresses and ports of one direction
 * @src: source address; IPv4 uses the first word
 * @dst: destination address
 * @sport: source port
 * @dport: destination port
 */
struct tb_tuple {
	struct in6_addr	src;
	struct in6_addr	dst;
	__be16		sport;
	__be16		dport;
};

/**
 * struct tb_packet - a packet to build
 * @family: 0 IPv4, 1 IPv6
 * @proto: IPPROTO_TCP or IPPROTO_UDP
 * @t: addresses and ports
 * @seq: TCP sequence number
 * @ack: TCP acknowledgment
 * @win: TCP window, unscaled
 * @flags: TCP flags, TCPHDR_*
 * @opt: TCP options
 * @optlen: bytes of them, a multiple of four
 * @len: bytes of payload
 */
struct tb_packet {
	u8		family;
	u8		proto;
	struct tb_tuple	t;
	u32		seq;
	u32		ack;
	u16		win;
	u8		flags;
	const u8	*opt;
	unsigned int	optlen;
	unsigned int	len;
};

/**
 * struct tb_end - a host as the maker of segments sees it
 * @iss: first sequence number
 * @next: highest sequence number sent plus one
 * @edge: right edge that its peer has granted
 * @scale: window scale
 */
struct tb_end {
	u32	iss;
	u32	next;
	u32	edge;
	u8	scale;
};

enum tb_nat {
	TB_NAT_NONE,
	TB_NAT_SRC,
	TB_NAT_DST,
	TB_NAT_BOTH,
	TB_NAT_MAX
};

/* *_test.c */
extern struct kunit_suite ft_rewrite_suite;
extern struct kunit_suite ft_table_suite;
extern struct kunit_suite ft_flow_suite;
extern struct kunit_suite ft_offer_suite;
extern struct kunit_suite ft_ct_suite;
extern struct kunit_suite ft_tcp_suite;
extern struct kunit_suite ft_hook_suite;

/* testbed.c, for suites.c */
extern struct kunit_suite *fasttrack_kunit_suites[];
extern const unsigned int fasttrack_kunit_count;

/* testbed.c */
int tb_init(struct kunit *test);
void tb_exit(struct kunit *test);
u32 tb_random(void);
u32 tb_below(u32 ceiling);
void tb_bytes(void *buf, unsigned int len);
struct nf_conn *tb_conn(struct kunit *test, u8 family, u8 proto,
			enum tb_nat nat);
struct nf_conn *tb_conn_ext(struct kunit *test, u8 family, u8 proto,
			    enum nf_ct_ext_id ext);
struct fasttrack_flow *tb_flow(struct kunit *test, struct nf_conn *ct);
void tb_arm(struct fasttrack_flow *flow, unsigned int dir);
struct tb_tuple tb_tuple_in(const struct nf_conn *ct, unsigned int dir);
struct tb_tuple tb_tuple_out(const struct nf_conn *ct, unsigned int dir);
struct sk_buff *tb_skb(struct kunit *test, const struct tb_packet *p);
void tb_skb_sum(struct sk_buff *skb, u8 family, bool partial);
u16 tb_skb_residue(const struct sk_buff *skb, u8 family);

/* segments.c */
void tb_segment(const struct tb_end *me, const struct tb_end *peer,
		struct tb_packet *p, u8 *opt);

static inline struct fasttrack_net *tb_net(void)
{
	return ft_net(&init_net);
}

static inline unsigned int tb_thoff(u8 family)
{
	return family ? sizeof(struct ipv6hdr) : sizeof(struct iphdr);
}

#endif /* _FASTTRACK_TESTBED_H */
