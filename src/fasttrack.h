/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Everything the engine's files share: the flow, its two directions, the
 * namespace, and the prototypes grouped by the file that owns them.
 * Knows nothing of x_tables. Documentation/design.rst has the state machine
 * and the tables of locks and lifetimes that the comments here refer to.
 */
#ifndef _FASTTRACK_H
#define _FASTTRACK_H

#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/compiler.h>
#include <linux/mutex.h>
#include <linux/netfilter.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <linux/in6.h>
#include <net/ipv6.h>
#include <net/netfilter/nf_conntrack.h>
#include <uapi/linux/fasttrack.h>
#include <uapi/linux/xfrm.h>

#include "ctmode.h"
#include "flow.h"

#define FT_VERSION		"0.1"

/* Conntrack status bits that are ours. The kernel uses bits 0 to 15, user
 * space cannot write higher ones but sees them in every dump.
 */
#define FT_CT_SEEN_BIT		FASTTRACK_CT_STATUS_SEEN_BIT
#define FT_CT_FLOW_BIT		FASTTRACK_CT_STATUS_FLOW_BIT

/* Before NF_IP_PRI_RAW_BEFORE_DEFRAG, so that defrag sees only what is slow */
#define FT_PRI_EARLY		(-460)
#define FT_PRI_LEARN		INT_MAX

/* How long a slow packet that never reaches POSTROUTING holds its direction
 * back: two jiffies at HZ=100, and longer than a list of 64 packets takes.
 */
#define FT_HOLD			max(2UL, msecs_to_jiffies(20))

#define FT_FAMILIES		2	/* table index: 0 IPv4, 1 IPv6 */

struct fasttrack_net;
struct fasttrack_record;

#define FT_GROUP	32	/* buckets that are swept together */
#define FT_WAYS		4	/* buckets of a set: half a line */
#define FT_BUCKETS_FETCH	4096	/* flows of so many fit into a cache */
#define FT_BUCKETS_LARGE	131072	/* more of them are a large table */
#define FT_SELDOM	(HZ / 4)	/* between two packets of a direction */
#define FT_SWEPT	(3 * HZ)	/* busy flows are, in that time */

/**
 * struct fasttrack_buckets - one generation of a hash table
 * @mask: number of buckets less one; there are a power of two, at least FT_GROUP
 * @ni: which of fasttrack_dir.next its chains use
 * @ways: buckets of a set, see table.h: FT_WAYS in a large table, else 1
 * @busy: a bit for each group of FT_GROUP buckets: flows whose original
 *	direction is there may need the sweeper. Set after what makes it so,
 *	cleared before the sweeper looks.
 * @entry: by bucket: how far the conntrack entry of its first direction is from the
 *	direction, in lines. For fetching and nothing else: at more than 128 GiB it
 *	is wrong. NULL if @ways is 1.
 * @head: chains; with sets each has a tag below the address. A set is in one line.
 */
struct fasttrack_buckets {
	u32				mask;
	u32				ni;
	u32				ways;
	unsigned long			*busy;
	s32				*entry;
	struct fasttrack_dir __rcu	*head[] __aligned(FT_WAYS * 8);
};

#define FT_HASH_KEYS	12	/* 64-bit keys, enough for IPv6 */

/**
 * struct fasttrack_table - directions of one family by tuple
 * @cur: what readers use
 * @fresh: being built by the sweeper, or NULL; under @lock
 * @built: first bucket of @cur that @fresh does not hold yet; under @lock
 * @dirs: directions in the table; under @lock
 * @keys: random, constant
 * @family: 0 IPv4, 1 IPv6, constant
 * @ask: with more directions an insertion asks for growth; under @lock
 * @chains: buckets up to which there are no sets: FT_BUCKETS_LARGE, in tests fewer;
 *	constant
 * @lock: insertion, removal and rebuilding; BH off, innermost
 */
struct fasttrack_table {
	struct fasttrack_buckets __rcu	*cur;
	struct fasttrack_buckets	*fresh;
	u32				built;
	u32				dirs;
	u64				keys[FT_HASH_KEYS];
	u8				family;
	u32				ask;
	u32				chains;
	spinlock_t			lock;	/* chains, growth */
};

/**
 * struct fasttrack_stats - counters of one CPU
 * @ingress: packets that went fast at netdev ingress
 * @misses: packets of no flow at PRE_ROUTING, for sampling
 * @reason: by enum fasttrack_reason
 */
struct fasttrack_stats {
	u64	ingress;
	u32	misses;
	u64	reason[__FASTTRACK_REASON_MAX];
};

#define FT_TRAFFIC_SLOTS	256	/* devices whose traffic is watched */
#define FT_MISS_SAMPLE		64	/* one packet of so many is looked at */

/**
 * struct fasttrack_traffic - what came in on a device since the last decision
 * @ifindex: the device, or 0
 * @hits: packets that went fast
 * @misses: packets of no flow, estimated
 * @wanted: it shall have an ingress hook
 * @quiet: decisions in a row against that
 */
struct fasttrack_traffic {
	int		ifindex;
	atomic_t	hits;
	atomic_t	misses;
	bool		wanted;
	u8		quiet;
};

/**
 * struct fasttrack_sweep - the sweeper's way through a table
 * @cursor: group of buckets at which it goes on
 * @pass: number of the pass
 * @gen: fasttrack_net.gen when the last pass began
 * @step: buckets until it pauses
 * @all: this pass looks at all flows
 */
struct fasttrack_sweep {
	u32	cursor;
	u32	pass;
	u32	gen;
	u32	step;
	bool	all;
};

#define FT_FRAG_BUCKETS	256

/**
 * struct fasttrack_net - the engine in one namespace
 * @net: the namespace; we are one of its pernet parts, so no reference
 * @table: by family
 * @gen: generation of devices and policies, bumped when one changes under
 *	the flows and no token of a route tells
 * @policies: IPsec policies when @gen was last looked at: ft_policies_check()
 * @genids: genids of both families' routes then, if there were policies
 * @frag_end: jiffies until which some fragment may be under way
 * @large: by family: the table has more than FT_BUCKETS_LARGE buckets, so nothing
 *	of it is in a cache; the sweeper's. Beside the table so that a packet asks
 *	with one load
 * @enabled: the setting
 * @draining: by family: no rule is left, the sweeper releases all flows and
 *	then takes the hooks off
 * @dead: the namespace is going, nothing may start any more
 * @lease: the setting, jiffies
 * @limit: the setting, connections
 * @flows: connections in the table, by family
 * @active: those with an armed direction, by family
 * @packets: fast packets told by folds, by family
 * @bytes: fast bytes likewise
 * @stats: counters
 * @lock: rules and hooks; process context. Taken inside RTNL, nf_tables'
 *	commit mutex or x_tables' mutex, so never take one of those inside it.
 * @rules: FASTTRACK rules, by family; under @lock
 * @rule_gone: jiffies when a rule was last taken away; written under @lock, before
 *	@gen is bumped for it, read by who has seen the generation
 * @hooked: hooks are registered, by family; under @lock
 * @ops: our copies, by family, because each carries @net's engine
 * @ingress: the setting, enum fasttrack_ingress
 * @traffic: by ifindex, what ft_ingress_decide() goes by
 * @decided: jiffies of the last decision; the sweeper's own
 * @ports: our hooks at netdev ingress; RTNL, read under RCU
 * @ports_count: number of them; under RTNL
 * @ports_work: brings them in line with the decisions
 * @gc: the sweeper
 * @sweep: by family: where the sweeper is; its own
 * @forwarded: by family: packets that the namespace had forwarded when its
 *	first rule came; under @lock
 * @begun: by family: that rule has come; under @lock
 * @folded: jiffies of the last fold of all flows
 * @ctmode: what keeps connection tracking on
 * @frag: by hash of the addresses: jiffies until which a fragment between
 *	them may be under way; racy on purpose, one word each
 */
struct fasttrack_net {
	struct net		*net;
	struct fasttrack_table	table[FT_FAMILIES];
	atomic_t		gen;
	u32			policies;
	u32			genids;
	u32			frag_end;
	bool			large[FT_FAMILIES];
	bool			enabled;
	bool			draining[FT_FAMILIES];
	bool			dead;
	u32			lease;
	u32			limit;
	atomic_t		flows[FT_FAMILIES];
	atomic_t		active[FT_FAMILIES];
	atomic64_t		packets[FT_FAMILIES];
	atomic64_t		bytes[FT_FAMILIES];
	struct fasttrack_stats __percpu *stats;
	struct mutex		lock;	/* rules, hooks */
	u32			rules[FT_FAMILIES];
	u32			rule_gone;
	bool			hooked[FT_FAMILIES];
	struct nf_hook_ops	ops[FT_FAMILIES][2];
	u32			ingress;
	struct fasttrack_traffic traffic[FT_TRAFFIC_SLOTS];
	u32			decided;
	struct list_head	ports;
	unsigned int		ports_count;
	struct work_struct	ports_work;
	struct delayed_work	gc;
	struct fasttrack_sweep	sweep[FT_FAMILIES];
	u64			forwarded[FT_FAMILIES];
	bool			begun[FT_FAMILIES];
	u32			folded;
	struct ft_ctmode	ctmode;
	u32			frag[FT_FRAG_BUCKETS];
};

/**
 * struct fasttrack_packet - what the early hook knows of a packet
 * @skb: the packet
 * @fn: namespace
 * @dir: direction it hit
 * @thoff: offset of the transport header
 * @len: length from the network header on, without padding
 * @wire_len: the same with padding
 * @now: jiffies
 */
struct fasttrack_packet {
	struct sk_buff		*skb;
	struct fasttrack_net	*fn;
	struct fasttrack_dir	*dir;
	unsigned int		thoff;
	unsigned int		len;
	unsigned int		wire_len;
	u32			now;
};

static inline bool ft_before(u32 a, u32 b)
{
	return (s32)(a - b) < 0;
}

/* Is @end, once set to a moment at most FT_HOLD ahead, still ahead? Unlike
 * ft_before() it does not take an old moment for one to come for months after
 * jiffies have wrapped (they start just below zero), and an unset one, 0, never.
 */
static inline bool ft_holding(u32 now, u32 end)
{
	return end && end - now - 1 < FT_HOLD;
}

static __always_inline u32 ft_gen(const struct fasttrack_net *fn)
{
	return atomic_read(&fn->gen);
}

static inline u8 ft_family(u8 nfproto)
{
	return nfproto == NFPROTO_IPV6;
}

void ft_policies_changed(struct fasttrack_net *fn, u32 policies, u32 genids);

static inline u32 ft_policies(const struct net *net)
{
#ifdef CONFIG_XFRM
	return READ_ONCE(net->xfrm.policy_count[XFRM_POLICY_OUT]) +
	       READ_ONCE(net->xfrm.policy_count[XFRM_POLICY_FWD]);
#else
	return 0;
#endif
}

/* Neither ever goes back, so their sum tells of any change of one */
static inline u32 ft_genids(const struct net *net)
{
	return rt_genid_ipv4(net) + rt_genid_ipv6(net);
}

/**
 * ft_policies_check - has an IPsec policy gone since the last look?
 * @fn: namespace
 *
 * An insertion bumps the tokens of its family's routes, a deletion bumps
 * nothing. But it lowers the number of policies, which counts both families,
 * and if an insertion makes up for that, some token has moved. So a number or
 * a token that changed begins a new generation. Without policies the tokens do
 * not matter.
 *
 * Context: any.
 */
static __always_inline void ft_policies_check(struct fasttrack_net *fn)
{
	u32 policies = ft_policies(fn->net);
	u32 known, genids;

	/* Acquire: pairs with the releases in ft_policies_changed(); who sees
	 * one of the numbers sees the generation. Without policies the other
	 * one is 0, or about to be by one who has begun a generation.
	 */
	known = smp_load_acquire(&fn->policies);
	if (likely(!(known | policies)))
		return;
	genids = policies ? ft_genids(fn->net) : 0;
	/* Acquire: likewise */
	if (known != policies || smp_load_acquire(&fn->genids) != genids)
		ft_policies_changed(fn, policies, genids);
}

/* stats.c */
const char *ft_reason_name(enum fasttrack_reason reason);
u64 ft_stats_reason(const struct fasttrack_net *fn,
		    enum fasttrack_reason reason);
u64 ft_stats_ingress(const struct fasttrack_net *fn);
u64 ft_stats_forwarded(const struct net *net, u8 family);

static inline void ft_count(struct fasttrack_net *fn,
			    enum fasttrack_reason reason)
{
	this_cpu_inc(fn->stats->reason[reason]);
}

/* table.c */
int ft_table_init(struct fasttrack_table *t, u8 family);
void ft_table_exit(struct fasttrack_table *t);
enum fasttrack_reason ft_table_insert(struct fasttrack_flow *flow,
				      struct fasttrack_dir **clash);
void ft_table_remove(struct fasttrack_flow *flow);
void ft_table_wake(struct fasttrack_flow *flow);
bool ft_table_wants_room(const struct fasttrack_table *t);
u32 ft_table_grow(struct fasttrack_table *t);

/* flow.c */
int ft_flow_caches_init(void);
void ft_flow_caches_exit(void);
struct fasttrack_flow *ft_flow_alloc(struct nf_conn *ct, u8 family);
void ft_flow_discard(struct fasttrack_flow *flow);
void ft_flow_wake(struct fasttrack_flow *flow);
struct fasttrack_flow *ft_flow_find(struct fasttrack_net *fn,
				    const struct nf_conn *ct);
u64 ft_dir_packets(struct fasttrack_flow *flow, unsigned int dir);
u64 ft_dir_bytes(struct fasttrack_flow *flow, unsigned int dir);
bool ft_dir_settled(const struct fasttrack_flow *flow, unsigned int dir);
void ft_dir_disarm(struct fasttrack_flow *flow, unsigned int dir,
		   enum fasttrack_reason reason);
u16 ft_dir_hold(struct fasttrack_flow *flow, unsigned int dir);
void ft_dir_seen(struct fasttrack_flow *flow, unsigned int dir, u16 seq);
bool ft_dir_held(struct fasttrack_flow *flow, unsigned int dir);
bool ft_flow_became_fast(struct fasttrack_flow *flow);
bool ft_flow_close(struct fasttrack_flow *flow);
bool ft_flow_kill(struct fasttrack_flow *flow, enum fasttrack_reason reason);

/* offer.c */
enum fasttrack_reason ft_ct_eligible(const struct nf_conn *ct);

/* ct.c */
bool ft_ct_load(struct fasttrack_flow *flow);
void ft_ct_fold(struct fasttrack_flow *flow, unsigned int dir, u32 now);
u16 ft_tcp_seen(const struct tcphdr *th, const u8 *options, int left);
enum fasttrack_reason ft_ct_options(struct fasttrack_packet pkt, u8 family);
u32 ft_ct_lease_cap(struct fasttrack_flow *flow);

static inline bool ft_ct_gone(const struct nf_conn *ct)
{
	return nf_ct_is_dying(ct) || nf_ct_is_expired(ct);
}

/* mib.c */
void ft_mib_tell(struct fasttrack_net *fn, struct fasttrack_flow *flow,
		 unsigned int dir);
void ft_mib_packet(struct fasttrack_net *fn, const struct fasttrack_dir *d,
		   unsigned int len, u16 kind, u8 family);

/* slow.c, and ft_policies_changed() above */
unsigned int ft_slow(struct fasttrack_packet *pkt, u8 family,
		     enum fasttrack_reason reason);
unsigned int ft_hold_back(struct fasttrack_packet *pkt, u8 family);
void ft_slow_record(const struct fasttrack_packet *pkt,
		    struct fasttrack_record *rec, u8 proto);
enum fasttrack_reason ft_tick(struct fasttrack_net *fn,
			      struct fasttrack_dir *d, u32 now, u8 family);
void ft_fragment_note(struct fasttrack_net *fn, u32 hash);
bool ft_fragment_near(const struct fasttrack_net *fn, u32 hash, u32 now);

/* learn.c */
unsigned int ft_hook_learn(void *priv, struct sk_buff *skb,
			   const struct nf_hook_state *state);

/* hook_ipv4.c, hook_ipv6.c */
unsigned int ft_hook_ipv4(void *priv, struct sk_buff *skb,
			  const struct nf_hook_state *state);
unsigned int ft_hook_ipv6(void *priv, struct sk_buff *skb,
			  const struct nf_hook_state *state);
unsigned int ft_ingress_ipv4(struct fasttrack_net *fn, struct sk_buff *skb);
unsigned int ft_ingress_ipv6(struct fasttrack_net *fn, struct sk_buff *skb);

/* ingress.c */
void ft_ingress_hits(struct fasttrack_net *fn, int ifindex, u32 packets);
void ft_ingress_armed(struct fasttrack_net *fn, int ifindex);
void ft_ingress_misses(struct fasttrack_net *fn, int ifindex);
void ft_ingress_decide(struct fasttrack_net *fn);
void ft_ingress_forget(struct fasttrack_net *fn, const struct net_device *dev);
unsigned int ft_ingress_devices(struct fasttrack_net *fn, int *ifindex,
				unsigned int max);
void ft_ingress_init(struct fasttrack_net *fn);
void ft_ingress_exit(struct fasttrack_net *fn);
void ft_ingress_end(void);

/* gc.c */
void ft_gc_init(struct fasttrack_net *fn);
void ft_gc_kick(struct fasttrack_net *fn);
void ft_gc_sweep_now(struct fasttrack_net *fn);
void ft_gc_walk(struct fasttrack_net *fn,
		void (*visit)(struct fasttrack_flow *flow, void *data),
		void *data);
void ft_gc_fold(struct fasttrack_net *fn);
void ft_gc_flush(struct fasttrack_net *fn, enum fasttrack_reason reason);

/* events.c */
extern atomic_t ft_neigh_events;

/* Generation of all neighbours: moves after one was taken out of its table and
 * before its memory can be anything else (a grace period later)
 */
static __always_inline u32 ft_neigh_gen(void)
{
	return atomic_read(&ft_neigh_events);
}

int ft_events_init(void);
void ft_events_exit(void);

/* main.c */
struct fasttrack_net *ft_net(const struct net *net);
struct fasttrack_net *ft_flow_net(const struct fasttrack_flow *flow);
void ft_hooks_retire(struct fasttrack_net *fn);

/* netlink.c */
int ft_netlink_init(void);
void ft_netlink_exit(void);

#endif /* _FASTTRACK_H */
