/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A flow and its two directions, and how to get from one to the other. Part of
 * fasttrack.h, which includes it; knows neither namespace nor table.
 * Documentation/design.rst has the state machine that the comments refer to.
 */
#ifndef _FASTTRACK_FLOW_H
#define _FASTTRACK_FLOW_H

#include <linux/atomic.h>
#include <linux/build_bug.h>
#include <linux/cache.h>
#include <linux/in6.h>
#include <linux/jiffies.h>
#include <linux/prefetch.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <net/netfilter/nf_conntrack.h>

/* struct fasttrack_dir.gate */
#define FT_ARMED		0x1	/* proven, see the lease */
#define FT_HELD			0x2	/* slow packets are on the way */

/* struct fasttrack_dir.flags, change only while settled (ft_dir_settled()) */
#define FT_DIR_NAT		0x01	/* addresses or ports are rewritten */
#define FT_DIR_STAMP_MARK	0x02	/* slow path changed the mark */
#define FT_DIR_STAMP_PRIO	0x04	/* slow path changed the priority */
#define FT_DIR_EXACT		0x08	/* rules set TTL or TOS: see ttl_out */
#define FT_DIR_ATTACH		0x10	/* packets carry the conntrack entry on */
#define FT_DIR_LABEL		0x20	/* IPv6: the flow label picks the route */

/* struct fasttrack_dir.seen: what packets had that the slow path was seen to leave
 * as it is, in this lease. Rules change it, and packets that do not have it show
 * nothing of that. The lowest bits are for each value of the ECN field.
 */
#define FT_SEEN_ECN		0x000f
#define FT_SEEN_STAMPS		0x0010	/* TCP options: time stamps */
#define FT_SEEN_SACK		0x0020
#define FT_SEEN_MPTCP		0x0040
#define FT_SEEN_MD5		0x0080
#define FT_SEEN_AO		0x0100
#define FT_SEEN_ACCECN0		0x0200
#define FT_SEEN_ACCECN1		0x0400
#define FT_SEEN_ECE		0x0800	/* TCP flags */
#define FT_SEEN_CWR		0x1000
#define FT_SEEN_URG		0x2000
#define FT_SEEN_RESERVED	0x4000
#define FT_SEEN_ODD		0x8000	/* another option; never set in a direction */

/* struct fasttrack_dir.teller: the packets of one CPU that came in by one hook,
 * and at ingress with one ECN field. Only its CPU changes what kind they are,
 * and that it is this CPU only who finds the direction settled.
 */
#define FT_TELLER_CPU		0x0fff
#define FT_TELLER_INGRESS	0x1000
#define FT_TELLER_ECN_SHIFT	13
#define FT_TELLER_NONE		0xffff

/* struct fasttrack_dir.tcp_word: eight bytes of a TCP header from the
 * acknowledgment on, less PSH, which nobody but the receiver minds
 */
#define FT_TCP_WORD_MASK	((__force u64)cpu_to_be64(~(0x8ULL << 16)))
#define FT_TCP_WORD_FLAGS	((__force u64)cpu_to_be64(0xffffULL << 16))

/* Flags by which no segment is judged: one that the mask takes away from all */
#define FT_TCP_WORD_NONE	(~FT_TCP_WORD_MASK)

/* What a packet's way through a flow is laid out for: most machines' cache line */
#define FT_LINE			64

struct fasttrack_flow;
struct dst_entry;
struct neighbour;

/**
 * struct fasttrack_dir - one direction of a flow, as the early hook reads it
 * @next: hash chains, two so that a table can be rebuilt under its readers;
 *	under fasttrack_table.lock, read under RCU
 * @saddr4: source address to match (IPv4)
 * @daddr4: destination address to match (IPv4)
 * @addr4: both as one word
 * @neigh: IPv6, which has its addresses elsewhere: neighbour of the next hop,
 *	not referenced, good only while @neigh_gen is ft_neigh_gen(); flow->lock
 * @sport: source port to match
 * @dport: destination port to match
 * @proto: IPPROTO_TCP or IPPROTO_UDP
 * @l4: ports and protocol as one word
 * @gate: FT_ARMED, FT_HELD; written under flow->lock. Exactly FT_ARMED lets
 *	a packet pass. Stored with release after all that is learned.
 * @seen: FT_SEEN_*; written under flow->lock while not armed
 * @iif: learned ingress device
 * @dst: learned route, referenced; replaced only while settled
 * @mark_in: learned mark of the packets that come in
 * @lease_end: jiffies after which the slow path has to prove it again
 * @gen: fasttrack_net.gen sampled before the proving packet was routed
 * @sernum: IPv6: fib6 serial number sampled likewise
 * @mtu: IPv4: path MTU; shares the word with @sernum
 * @new_saddr4: source address that leaves (IPv4)
 * @new_daddr4: destination address that leaves (IPv4)
 * @neigh_gen: IPv6: ft_neigh_gen() sampled before @neigh was looked up
 * @new_addr4: both as one word
 * @new_sport: source port that leaves
 * @new_dport: destination port that leaves
 * @new_ports: both as one word
 * @ip_delta: checksum delta of addresses and TTL: IPv4 header
 * @addr_delta: checksum delta of the addresses alone: CHECKSUM_PARTIAL
 * @l4_delta: checksum delta of addresses and ports
 * @label: IPv6: learned flow label, with FT_DIR_LABEL
 * @tos_in: learned TOS or traffic class
 * @tos_mask: which of its bits have to match
 * @tos_out: what leaves, with FT_DIR_EXACT
 * @ttl_in: learned TTL or hop limit, with FT_DIR_EXACT
 * @ttl_out: what leaves, with FT_DIR_EXACT
 * @flags: FT_DIR_*
 * @dir: IP_CT_DIR_ORIGINAL or IP_CT_DIR_REPLY, constant
 * @scale: TCP window scale of the sender
 * @teller: which packets add to @packets and @bytes plainly: FT_TELLER_*
 * @last: jiffies of the last fast packet
 * @packets: fast packets of the teller's kind, low word
 * @bytes: fast bytes likewise
 * @tcp_word: highest acknowledgment sent, as td_maxack, and the last window,
 *	with what lies between them in a header if the next segment may be
 *	judged by it, else FT_TCP_WORD_NONE there
 * @tcp_end: highest sequence number sent plus one, as td_end
 * @tcp_edge: right edge granted to the peer, as the peer's td_maxend
 * @tcp_maxwin: largest window granted, as td_maxwin
 * @slow_seq: number of the last slow packet at the early hook; flow->lock
 * @seen_seq: latest of those at the learn hook; flow->lock
 *
 * Two cache lines: the first decides, the second acts. Immutable from
 * insertion on: key, new addresses and ports, deltas, @dir.
 */
struct fasttrack_dir {
	struct fasttrack_dir __rcu	*next[2];
	union {
		struct {
			__be32		saddr4;
			__be32		daddr4;
		};
		u64			addr4;
		struct neighbour	*neigh;
	};
	union {
		struct {
			__be16		sport;
			__be16		dport;
			u32		proto;
		};
		u64			l4;
	};
	u16				gate;
	u16				seen;
	int				iif;
	struct dst_entry		*dst;
	u32				mark_in;
	u32				lease_end;
	u32				gen;
	union {
		u32			mtu;
		u32			sernum;
	};

	union {
		struct {
			__be32		new_saddr4;
			__be32		new_daddr4;
		};
		u64			new_addr4;
		struct {
			__be32		label;
			u32		neigh_gen;
		};
	};
	union {
		struct {
			__be16		new_sport;
			__be16		new_dport;
		};
		u32			new_ports;
	};
	u16				ip_delta;
	u16				addr_delta;
	u16				l4_delta;
	u8				tos_in;
	u8				tos_mask;
	u8				tos_out;
	u8				ttl_in;
	u8				ttl_out;
	u8				flags;
	u8				dir;
	u8				scale;
	u16				teller;
	u32				last;
	u32				packets;
	u32				bytes;
	u64				tcp_word;
	u32				tcp_end;
	u32				tcp_edge;
	u32				tcp_maxwin;
	u16				slow_seq;
	u16				seen_seq;
} ____cacheline_aligned __aligned(FT_LINE);

static_assert(sizeof(struct fasttrack_dir) == 2 * FT_LINE);
/* A bucket has bits of its own below the address */
static_assert(__alignof__(struct fasttrack_dir) >= FT_LINE);

/**
 * struct fasttrack_dir6 - one IPv6 direction
 * @d: what both families share; its IPv4 addresses are unused
 * @saddr: source address to match
 * @daddr: destination address to match
 * @new_saddr: source address that leaves
 * @new_daddr: destination address that leaves
 */
struct fasttrack_dir6 {
	struct fasttrack_dir	d;
	struct in6_addr		saddr;
	struct in6_addr		daddr;
	struct in6_addr		new_saddr;
	struct in6_addr		new_daddr;
};

/**
 * struct fasttrack_cold - what the fast path seldom needs of a direction
 * @told_packets: fast packets that conntrack was told of; flow->lock
 * @told_bytes: bytes likewise
 * @mib_packets: fasttrack_dir.packets when the namespace's SNMP counters were
 *	told last; flow->lock
 * @mib_bytes: bytes likewise
 * @other_packets: fast packets of other kinds than the teller's, low word
 * @other_bytes: fast bytes likewise
 * @mark_out: mark that leaves, with FT_DIR_STAMP_MARK
 * @prio_out: priority that leaves, with FT_DIR_STAMP_PRIO
 *
 * Words wrap; a fold comes long before they do so twice (ft_tick()).
 */
struct fasttrack_cold {
	u64		told_packets;
	u64		told_bytes;
	u32		mib_packets;
	u32		mib_bytes;
	atomic_t	other_packets;
	atomic_t	other_bytes;
	u32		mark_out;
	u32		prio_out;
};

/**
 * struct fasttrack_flow - one connection
 * @ct: conntrack entry, referenced from insertion until the RCU callback
 * @drained: per direction the RCU cookie of the last disarming; flow->lock,
 *	not once @dead
 * @rcu: for ft_flow_free(), once @dead
 * @lock: arming, holding, folding, TCP state; taken with BH off, outside
 *	ct->lock, never together with the table's lock
 * @id: tells the flow from a later one at the same address
 * @stamp: jiffies of the last match of the rule
 * @last_fold: low bits of the jiffies of the last fold
 * @fold_every: jiffies between two folds; HZ if the timeout is long enough for
 *	the sweeper's
 * @slow_last: per direction low bits of the jiffies of the last slow packet;
 *	flow->lock
 * @dir_reason: why the last slow packet of a direction was slow
 * @reason: last refusal of the connection, once @dead why it ended
 * @state: enum fasttrack_flow_state; flow->lock
 * @family: 0 IPv4, 1 IPv6, constant
 * @tcp_loaded: conntrack's TCP state was read once; flow->lock
 * @told: listeners take it for fast; flow->lock
 * @was_fast: it was fast at some time; flow->lock
 * @swept: by the sweeper: unarmed, not held, settled and folded; what ends that
 *	calls ft_flow_wake(); flow->lock, read without
 * @dead: unhashed or about to be, by the one who set it; flow->lock
 * @cold: per direction
 *
 * What a tick reads of it comes first: one cache line.
 */
struct fasttrack_flow {
	struct nf_conn		*ct;
	union {
		unsigned long	drained[IP_CT_DIR_MAX];
		struct rcu_head	rcu;
	};
	spinlock_t		lock;	/* states, fold, TCP state */
	u32			id;
	u32			stamp;
	u16			last_fold;
	u16			fold_every;
	u8			slow_last[IP_CT_DIR_MAX];
	u8			dir_reason[IP_CT_DIR_MAX];
	u8			reason;
	u8			state;
	u8			family;
	bool			tcp_loaded:1;
	bool			told:1;
	bool			was_fast:1;
	bool			swept:1;
	bool			dead:1;
	struct fasttrack_cold	cold[IP_CT_DIR_MAX];
};

static_assert(IS_ENABLED(CONFIG_DEBUG_SPINLOCK) ||
	      IS_ENABLED(CONFIG_PREEMPT_RT) ||
	      offsetof(struct fasttrack_flow, cold) <= FT_LINE);

struct fasttrack_flow4 {
	struct fasttrack_dir	dir[IP_CT_DIR_MAX];
	struct fasttrack_flow	flow;
};

struct fasttrack_flow6 {
	struct fasttrack_dir6	dir[IP_CT_DIR_MAX];
	struct fasttrack_flow	flow;
};

/* fasttrack_dir.l4 of a packet: its two ports as they lie there, its protocol */
static __always_inline u64 ft_key_l4(u32 ports, u8 proto)
{
#ifdef __BIG_ENDIAN
	return (u64)ports << 32 | proto;
#else
	return (u64)proto << 32 | ports;
#endif
}

static __always_inline u32 ft_tcp_word_ack(u64 word)
{
	return be64_to_cpu((__force __be64)word) >> 32;
}

static __always_inline u16 ft_tcp_word_win(u64 word)
{
	return be64_to_cpu((__force __be64)word);
}

/* By which nothing is judged */
static __always_inline u64 ft_tcp_word(u32 ack, u16 win)
{
	return (__force u64)cpu_to_be64((u64)ack << 32 | win) |
	       FT_TCP_WORD_NONE;
}

static __always_inline u64 ft_tcp_word_unjudged(u64 word)
{
	return (word & ~FT_TCP_WORD_FLAGS) | FT_TCP_WORD_NONE;
}

/**
 * ft_dir_flow - the flow of a direction
 * @d: direction of it
 * @family: 0 IPv4, 1 IPv6; a constant at every fast caller
 */
static __always_inline struct fasttrack_flow *
ft_dir_flow(const struct fasttrack_dir *d, u8 family)
{
	if (family) {
		const struct fasttrack_dir6 *d6 =
			container_of(d, struct fasttrack_dir6, d);

		d6 -= d->dir;
		return &((struct fasttrack_flow6 *)d6)->flow;
	}
	d -= d->dir;
	return &((struct fasttrack_flow4 *)d)->flow;
}

/**
 * ft_dir_reverse - the other direction of the same flow
 * @d: direction
 * @family: 0 IPv4, 1 IPv6; a constant at every fast caller
 */
static __always_inline struct fasttrack_dir *
ft_dir_reverse(struct fasttrack_dir *d, u8 family)
{
	struct fasttrack_dir6 *d6 = container_of(d, struct fasttrack_dir6, d);

	if (family)
		return d->dir ? &d6[-1].d : &d6[1].d;
	return d->dir ? d - 1 : d + 1;
}

/**
 * ft_dir_fetch - have the memory bring all that a packet of a direction needs
 * @d: direction that may be the one looked for
 * @family: 0 IPv4, 1 IPv6; a constant
 *
 * In a large table a packet finds nothing of its flow in the cache, and would
 * wait for one line after the other. Which direction @d is stands in one of
 * them, so the lines of both cases are asked for.
 *
 * Context: any; @d is not read.
 */
static __always_inline void ft_dir_fetch(struct fasttrack_dir *d,
					 const u8 family)
{
	const long size = family ? sizeof(struct fasttrack_dir6) :
				   sizeof(struct fasttrack_dir);
	const char *here = (const char *)d;

	prefetch(here + FT_LINE);
	if (family)
		prefetch(here + 2 * FT_LINE);
	/* The flow behind both directions, and the second line of the other one */
	prefetch(here + size);
	prefetch(here + 2 * size);
	prefetch(here + size + FT_LINE);
	prefetch(here - size + FT_LINE);
}

static inline struct fasttrack_dir *ft_flow_dir(struct fasttrack_flow *flow,
						unsigned int dir)
{
	if (flow->family)
		return &container_of(flow, struct fasttrack_flow6,
				     flow)->dir[dir].d;
	return &container_of(flow, struct fasttrack_flow4, flow)->dir[dir];
}

static inline u8 ft_flow_proto(struct fasttrack_flow *flow)
{
	return ft_flow_dir(flow, IP_CT_DIR_ORIGINAL)->proto;
}

static inline struct fasttrack_dir6 *ft_dir6(struct fasttrack_dir *d)
{
	return container_of(d, struct fasttrack_dir6, d);
}

#endif /* _FASTTRACK_FLOW_H */
