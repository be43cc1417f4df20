/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the benchmark's module share: the flow set of a
 * namespace, one packet, one batch, one result.
 * Knows nothing of fasttrack, conntrack or rules: it makes packets, hands
 * them to the stack, and looks at what comes out.
 */
#ifndef _FT_BENCH_H
#define _FT_BENCH_H

#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <linux/types.h>
#include <linux/udp.h>

#define BENCH_BATCH	64	/* packets of one NAPI poll */
#define BENCH_FRAME	2048	/* buffer of a frame, as NIC drivers have it */
#define BENCH_TTL	64

/* struct bench_set.nat */
#define BENCH_SNAT	0x1
#define BENCH_DNAT	0x2

/* Bits of a TCP header's 14th byte */
#define BENCH_FIN	0x01
#define BENCH_SYN	0x02
#define BENCH_PSH	0x08	/* and in this module: there is a payload */
#define BENCH_ACK	0x10

/**
 * enum bench_expect - what has to leave for what comes in
 * @BENCH_NOTHING: all is dropped
 * @BENCH_SAME: the same frame
 * @BENCH_ROUTED: new Ethernet header, TTL less one
 * @BENCH_TRANSLATED: as routed, and NAT
 */
enum bench_expect {
	BENCH_NOTHING,
	BENCH_SAME,
	BENCH_ROUTED,
	BENCH_TRANSLATED,
};

/**
 * struct bench_seq - TCP state of one flow
 * @next: next sequence number of the original and the reply direction
 */
struct bench_seq {
	u32	next[2];
};

/**
 * struct bench_set - a set of flows
 * @family: 0 IPv4, 1 IPv6
 * @proto: IPPROTO_UDP or IPPROTO_TCP
 * @nat: BENCH_SNAT, BENCH_DNAT
 * @expect: what the path does with packets
 * @port: destination port of the original direction, 0 for 5000
 * @first: number of the first flow, so that sets can follow one another
 * @flows: how many flows
 * @seq: TCP state by flow, @flows of them
 */
struct bench_set {
	u8			family;
	u8			proto;
	u8			nat;
	u8			expect;
	u32			port;
	u32			first;
	u32			flows;
	struct bench_seq	*seq;
};

/**
 * struct bench_tuple - addresses and ports on one wire
 * @src: source
 * @dst: destination; IPv4 in the first word
 * @sport: source port
 * @dport: destination port
 */
struct bench_tuple {
	__be32	src[4];
	__be32	dst[4];
	__be16	sport;
	__be16	dport;
};

/**
 * struct bench_packet - one packet, before it is bytes
 * @flow: number in the set
 * @dir: 0 original, 1 reply
 * @flags: TCP flags
 * @ttl: TTL or hop limit
 * @seen: came out and was right
 * @len: bytes of the IP packet
 * @id: IPv4 identification
 * @seq: TCP sequence number
 * @ack: TCP acknowledgment
 * @tag: first word of the payload, tells packets apart at the sink
 */
struct bench_packet {
	u32	flow;
	u8	dir;
	u8	flags;
	u8	ttl;
	bool	seen;
	u16	len;
	u16	id;
	u32	seq;
	u32	ack;
	u32	tag;
};

/**
 * struct bench_batch - what one NAPI poll hands over
 * @count: packets
 * @packets: what they are
 * @skbs: the packets until they are handed over
 * @wanted: bytes of the packet that is looked at
 */
struct bench_batch {
	unsigned int		count;
	struct bench_packet	packets[BENCH_BATCH];
	struct sk_buff		*skbs[BENCH_BATCH];
	u8			wanted[BENCH_FRAME];
};

/**
 * struct bench_order - what to send
 * @dir: 0 original, 1 reply
 * @bytes: of each IP packet; 0: as small as it can be
 * @packets: how many
 * @skip: flows of the order to pass over, to go on where another ended
 * @single: netif_receive_skb() one by one, not as a list
 * @check: look at each packet that leaves
 * @timed: record times, and mark the call for the profiler
 */
struct bench_order {
	u8	dir;
	u32	bytes;
	u32	packets;
	u32	skip;
	bool	single;
	bool	check;
	bool	timed;
};

/**
 * struct bench_result - what became of an order
 * @sent: packets handed to the stack
 * @received: packets at the sink
 * @wrong: packets that left otherwise than they should
 * @complaint: about the first of those
 * @batches: full batches that were timed while the processor was ours
 * @disturbed: full batches that were timed while it was not
 * @median: time of the median batch
 * @least: time of the shortest batch
 * @total: time of all of them
 * @busy: time of the median batch, with those that were disturbed
 */
struct bench_result {
	u64	sent;
	u64	received;
	u64	wrong;
	char	complaint[128];
	u32	batches;
	u32	disturbed;
	u64	median;
	u64	least;
	u64	total;
	u64	busy;
};

struct bench_times;

/* Time: the TSC */
static __always_inline u64 bench_clock(void)
{
	u32 low, high;

	asm volatile("lfence; rdtsc" : "=a" (low), "=d" (high) : : "memory");
	return (u64)high << 32 | low;
}

/**
 * struct bench_net - the benchmark in one namespace
 * @net: namespace
 * @lock: one command at a time
 * @set: present flow set; @lock
 * @result: of the last command; @lock
 * @checking: batch that is under way and to be looked at, or NULL
 * @out_packets: packets at sinks
 * @out_bytes: their bytes, with Ethernet header
 * @tag: of the next packet
 */
struct bench_net {
	struct net		*net;
	struct mutex		lock;	/* one command at a time */
	struct bench_set	set;
	struct bench_result	result;
	struct bench_batch	*checking;
	u64			out_packets;
	u64			out_bytes;
	u32			tag;
};

static inline unsigned int bench_l3(const struct bench_set *set)
{
	return set->family ? sizeof(struct ipv6hdr) : sizeof(struct iphdr);
}

/* main.c */
struct bench_net *bench_net(const struct net *net);

/* device.c */
int bench_device_init(void);
void bench_device_exit(void);
struct net_device *bench_device(struct bench_net *bn, u8 dir);

/* packet.c */
void bench_tuple_in(const struct bench_set *set, u32 flow, u8 dir,
		    struct bench_tuple *t);
void bench_tuple_out(const struct bench_set *set, u32 flow, u8 dir,
		     struct bench_tuple *t);
unsigned int bench_shortest(const struct bench_set *set, u8 flags);
void bench_write(const struct bench_set *set, const struct bench_packet *p,
		 const struct bench_tuple *t, u8 *data);

/* check.c */
void bench_check(struct bench_net *bn, struct sk_buff *skb);
void bench_complain(struct bench_net *bn, const char *format, ...)
	__printf(2, 3);

/* clock.c */
void bench_clock_init(void);
u64 bench_now(void);
struct bench_times *bench_times_alloc(u32 max);
void bench_times_add(struct bench_times *t, u64 time);
void bench_times_result(struct bench_times *t, struct bench_result *r);
void bench_times_free(struct bench_times *t);

/* feed.c */
int bench_open(struct bench_net *bn);
int bench_send(struct bench_net *bn, const struct bench_order *order);
int bench_connect(struct bench_net *bn, bool single);

#endif /* _FT_BENCH_H */
