// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit: what a match of the rule means. The table of who is eligible, and the
 * first two hits of a connection with all that may come between them. Offers
 * go through nf_fasttrack_offer(), so to the engine of the first namespace,
 * which has no other traffic while KUnit runs.
 */
#include <linux/kthread.h>
#include <linux/tcp.h>
#include <net/net_namespace.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_helper.h>
#include <net/netfilter/nf_conntrack_zones.h>
#include <net/netfilter/nf_fasttrack.h>
#include <net/tcp.h>

#include "testbed.h"

/**
 * struct ot_case - one line of the table
 * @name: for the reader
 * @proto: protocol
 * @set: status bits to set
 * @clear: status bits to clear
 * @ext: extension to have plus one, or 0
 * @state: TCP state, 0 for ESTABLISHED
 * @expired: its time is over
 * @zone: zone
 * @want: answer
 */
struct ot_case {
	const char		*name;
	u8			proto;
	unsigned long		set;
	unsigned long		clear;
	unsigned int		ext;
	u8			state;
	bool			expired;
	u16			zone;
	enum fasttrack_reason	want;
};

#define OT_TCP(_name, _want, ...) { .name = "tcp " _name, \
	.proto = IPPROTO_TCP, .want = FASTTRACK_REASON_##_want, ##__VA_ARGS__ }
#define OT_UDP(_name, _want, ...) { .name = "udp " _name, \
	.proto = IPPROTO_UDP, .want = FASTTRACK_REASON_##_want, ##__VA_ARGS__ }
#define OT_STATE(_state) \
	OT_TCP(#_state, NOT_ESTABLISHED, .state = TCP_CONNTRACK_##_state)

static const struct ot_case ot_table[] = {
	OT_TCP("established", NONE),
	OT_UDP("replied and assured", NONE),
	OT_UDP("replied", NONE, .clear = IPS_ASSURED),
	OT_UDP("without reply", NO_REPLY,
	       .clear = IPS_ASSURED | IPS_SEEN_REPLY),
	OT_TCP("not assured", NOT_ESTABLISHED, .clear = IPS_ASSURED),
	OT_STATE(SYN_SENT), OT_STATE(SYN_RECV), OT_STATE(FIN_WAIT),
	OT_STATE(CLOSE_WAIT), OT_STATE(LAST_ACK), OT_STATE(TIME_WAIT),
	OT_STATE(CLOSE), OT_STATE(SYN_SENT2),
	OT_TCP("not confirmed", NOT_CONFIRMED, .clear = IPS_CONFIRMED),
	OT_TCP("template", TEMPLATE, .set = IPS_TEMPLATE),
	OT_TCP("dying", DYING, .set = IPS_DYING),
	OT_UDP("dying", DYING, .set = IPS_DYING),
	OT_TCP("expired", DYING, .expired = true),
	OT_TCP("offload", OFFLOAD, .set = IPS_OFFLOAD),
	OT_UDP("hardware offload", OFFLOAD, .set = IPS_HW_OFFLOAD),
	OT_UDP("nat clash", NAT_CLASH, .set = IPS_NAT_CLASH),
	OT_TCP("zone", ZONE, .zone = 7),
	OT_TCP("helper", HELPER, .ext = NF_CT_EXT_HELPER + 1),
	OT_TCP("sequence adjustment", HELPER, .ext = NF_CT_EXT_SEQADJ + 1),
	OT_TCP("sequences adjusted", HELPER, .set = IPS_SEQ_ADJUST),
	OT_TCP("synproxy", SYNPROXY, .ext = NF_CT_EXT_SYNPROXY + 1),
	OT_TCP("accounting", NONE, .ext = NF_CT_EXT_ACCT + 1),
	OT_TCP("nat", NONE, .set = IPS_SRC_NAT | IPS_DST_NAT),
	OT_TCP("expected", NONE, .set = IPS_EXPECTED),
	{ .name = "icmp", .proto = IPPROTO_ICMP,
	  .want = FASTTRACK_REASON_PROTOCOL },
	{ .name = "sctp", .proto = IPPROTO_SCTP,
	  .want = FASTTRACK_REASON_PROTOCOL },
};

static void ot_desc(const struct ot_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(ot_table, ot_table, ot_desc);

static void offer_eligible(struct kunit *test)
{
	static struct nf_conntrack_helper helper;
	const struct ot_case *c = test->param_value;
	struct nf_conn_help *help = NULL;
	unsigned long status;
	struct nf_conn *ct;
	u8 family;
	int got;

	for (family = 0; family < FT_FAMILIES; family++) {
		if (c->ext)
			ct = tb_conn_ext(test, family, c->proto, c->ext - 1);
		else
			ct = tb_conn(test, family, c->proto, TB_NAT_BOTH);
		status = ct->status;
		ct->status = (status & ~c->clear) | c->set;
		if (c->proto == IPPROTO_TCP)
			ct->proto.tcp.state =
				c->state ?: TCP_CONNTRACK_ESTABLISHED;
		if (c->expired)
			ct->timeout = nfct_time_stamp - 1;
#ifdef CONFIG_NF_CONNTRACK_ZONES
		ct->zone.id = c->zone;
#endif
		if (c->ext == NF_CT_EXT_HELPER + 1) {
			help = nfct_help(ct);
			rcu_assign_pointer(help->helper, &helper);
		}
		rcu_read_lock();
		got = ft_ct_eligible(ct);
		rcu_read_unlock();
		KUNIT_EXPECT_EQ(test, got, (int)c->want);
		if (c->ext == NF_CT_EXT_HELPER + 1)
			RCU_INIT_POINTER(help->helper, NULL);
		ct->status = status;
		nf_ct_put(ct);
	}
}

/* The helper has left the connection: its extension stays */
static void offer_helper_gone(struct kunit *test)
{
	struct nf_conn *ct;
	int got;

	ct = tb_conn_ext(test, 0, IPPROTO_TCP, NF_CT_EXT_HELPER);
	rcu_read_lock();
	got = ft_ct_eligible(ct);
	rcu_read_unlock();
	KUNIT_EXPECT_EQ(test, got, FASTTRACK_REASON_NONE);
	nf_ct_put(ct);
}

static struct sk_buff *ot_skb(struct kunit *test, struct nf_conn *ct,
			      u8 tcp_flags, enum ip_conntrack_info info)
{
	struct tb_packet p = {
		.family = ft_family(nf_ct_l3num(ct)),
		.proto = nf_ct_protonum(ct), .flags = tcp_flags,
		.t = tb_tuple_in(ct, CTINFO2DIR(info)), .win = 1000,
	};
	struct sk_buff *skb = tb_skb(test, &p);

	nf_conntrack_get(&ct->ct_general);
	nf_ct_set(skb, ct, info);
	return skb;
}

/* Offer a packet once; returns which reason was counted, NONE if none */
static enum fasttrack_reason ot_offer(struct kunit *test, struct nf_conn *ct,
				      u8 tcp_flags, enum ip_conntrack_info info)
{
	struct sk_buff *skb = ot_skb(test, ct, tcp_flags, info);
	enum fasttrack_reason r, got = FASTTRACK_REASON_NONE;
	static u64 before[__FASTTRACK_REASON_MAX];

	for (r = 1; r <= FASTTRACK_REASON_MAX; r++)
		before[r] = ft_stats_reason(tb_net(), r);
	local_bh_disable();
	rcu_read_lock();
	nf_fasttrack_offer(&init_net, nf_ct_l3num(ct), skb);
	rcu_read_unlock();
	local_bh_enable();
	for (r = 1; r <= FASTTRACK_REASON_MAX; r++)
		if (ft_stats_reason(tb_net(), r) != before[r])
			got = r;
	kfree_skb(skb);
	return got;
}

static bool ot_is_flow(struct nf_conn *ct)
{
	bool found;

	rcu_read_lock();
	found = ft_flow_find(tb_net(), ct);
	rcu_read_unlock();
	return found && test_bit(FT_CT_FLOW_BIT, &ct->status);
}

static void offer_hits(struct kunit *test)
{
	struct nf_conn *ct;
	u8 family;

	for (family = 0; family < FT_FAMILIES; family++) {
		ct = tb_conn(test, family, IPPROTO_UDP, TB_NAT_SRC);
		KUNIT_EXPECT_EQ(test, (int)ot_offer(test, ct, 0,
						    IP_CT_ESTABLISHED_REPLY),
				FASTTRACK_REASON_FIRST_HIT);
		KUNIT_EXPECT_FALSE(test, ot_is_flow(ct));
		KUNIT_EXPECT_EQ(test, (int)ot_offer(test, ct, 0,
						    IP_CT_ESTABLISHED),
				FASTTRACK_REASON_NONE);
		KUNIT_EXPECT_TRUE(test, ot_is_flow(ct));
		nf_ct_put(ct);

		ct = tb_conn(test, family, IPPROTO_TCP, TB_NAT_SRC);
		KUNIT_EXPECT_EQ(test, (int)ot_offer(test, ct, TCPHDR_ACK,
						    IP_CT_RELATED),
				FASTTRACK_REASON_RELATED);
		KUNIT_EXPECT_EQ(test, (int)ot_offer(test, ct,
						    TCPHDR_ACK | TCPHDR_FIN,
						    IP_CT_ESTABLISHED),
				FASTTRACK_REASON_TCP_FLAGS);
		KUNIT_EXPECT_FALSE(test, ct->status & BIT(FT_CT_SEEN_BIT));
		KUNIT_EXPECT_FALSE(test, ot_is_flow(ct));
		KUNIT_EXPECT_EQ(test, (int)ot_offer(test, ct, TCPHDR_ACK,
						    IP_CT_ESTABLISHED_REPLY),
				FASTTRACK_REASON_NONE);
		KUNIT_EXPECT_TRUE(test, ot_is_flow(ct));
		KUNIT_EXPECT_EQ(test, (int)ot_offer(test, ct, TCPHDR_ACK,
						    IP_CT_ESTABLISHED),
				FASTTRACK_REASON_NONE);
		nf_ct_put(ct);
	}
	KUNIT_EXPECT_EQ(test, atomic_read(&tb_net()->flows[0]), 2);
	KUNIT_EXPECT_EQ(test, atomic_read(&tb_net()->flows[1]), 2);
}

static void offer_limits(struct kunit *test)
{
	struct fasttrack_net *fn = tb_net();
	u32 limit = fn->limit;
	struct nf_conn *ct;

	ct = tb_conn(test, 0, IPPROTO_UDP, TB_NAT_NONE);
	ot_offer(test, ct, 0, IP_CT_ESTABLISHED);
	WRITE_ONCE(fn->limit, atomic_read(&fn->flows[0]) +
			      atomic_read(&fn->flows[1]));
	KUNIT_EXPECT_EQ(test, (int)ot_offer(test, ct, 0, IP_CT_ESTABLISHED),
			FASTTRACK_REASON_TABLE_FULL);
	KUNIT_EXPECT_FALSE(test, ct->status & BIT(FT_CT_FLOW_BIT));
	WRITE_ONCE(fn->limit, limit);
	WRITE_ONCE(fn->enabled, false);
	KUNIT_EXPECT_EQ(test, (int)ot_offer(test, ct, 0, IP_CT_ESTABLISHED),
			FASTTRACK_REASON_DISABLED);
	WRITE_ONCE(fn->enabled, true);
	KUNIT_EXPECT_EQ(test, (int)ot_offer(test, ct, 0, IP_CT_ESTABLISHED),
			FASTTRACK_REASON_NONE);
	KUNIT_EXPECT_TRUE(test, ot_is_flow(ct));
	nf_ct_put(ct);
}

/* The tuple of a dead entry is free for its successor at once */
static void offer_successor(struct kunit *test)
{
	struct nf_conn *old, *ct;

	old = tb_conn(test, 0, IPPROTO_UDP, TB_NAT_NONE);
	ot_offer(test, old, 0, IP_CT_ESTABLISHED);
	ot_offer(test, old, 0, IP_CT_ESTABLISHED);
	KUNIT_ASSERT_TRUE(test, ot_is_flow(old));
	ct = tb_conn(test, 0, IPPROTO_UDP, TB_NAT_NONE);
	ct->tuplehash[0].tuple = old->tuplehash[0].tuple;
	ct->tuplehash[1].tuple = old->tuplehash[1].tuple;
	ot_offer(test, ct, 0, IP_CT_ESTABLISHED);
	KUNIT_EXPECT_EQ(test, (int)ot_offer(test, ct, 0, IP_CT_ESTABLISHED),
			FASTTRACK_REASON_TABLE_CHAIN);
	set_bit(IPS_DYING_BIT, &old->status);
	KUNIT_EXPECT_EQ(test, (int)ot_offer(test, ct, 0, IP_CT_ESTABLISHED),
			FASTTRACK_REASON_DYING);
	KUNIT_EXPECT_TRUE(test, ot_is_flow(ct));
	KUNIT_EXPECT_FALSE(test, ot_is_flow(old));
	nf_ct_put(ct);
	nf_ct_put(old);
}

#define OT_RACERS	4
#define OT_RACES	300

/**
 * struct ot_race - connections that several CPUs offer at once
 * @ct: connections
 * @skb: a packet of each, by racer
 * @ticket: racers so far
 * @here: racers that have done it
 */
struct ot_race {
	struct nf_conn	*ct[OT_RACES];
	struct sk_buff	*skb[OT_RACERS][OT_RACES];
	atomic_t	ticket;
	atomic_t	here[OT_RACES];
};

static int ot_racer(void *data)
{
	struct ot_race *race = data;
	int i, me = atomic_inc_return(&race->ticket) - 1;

	for (i = 0; i < OT_RACES; i++) {
		atomic_inc(&race->here[i]);
		while (atomic_read(&race->here[i]) < OT_RACERS)
			cond_resched();
		local_bh_disable();
		rcu_read_lock();
		nf_fasttrack_offer(&init_net, NFPROTO_IPV4, race->skb[me][i]);
		rcu_read_unlock();
		local_bh_enable();
	}
	while (!kthread_should_stop())
		schedule_timeout_uninterruptible(1);
	return 0;
}

/* All packets of a connection at once: one flow, one entry, no leak */
static void offer_race(struct kunit *test)
{
	struct fasttrack_net *fn = tb_net();
	struct task_struct *task[OT_RACERS];
	int i, j, before = atomic_read(&fn->flows[0]);
	unsigned int flows = 0;
	struct ot_race *race;

	race = kunit_kzalloc(test, sizeof(*race), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, race);
	for (i = 0; i < OT_RACES; i++) {
		race->ct[i] = tb_conn(test, 0, IPPROTO_UDP, TB_NAT_BOTH);
		set_bit(FT_CT_SEEN_BIT, &race->ct[i]->status);
		for (j = 0; j < OT_RACERS; j++)
			race->skb[j][i] = ot_skb(test, race->ct[i], 0, j & 1 ?
						 IP_CT_ESTABLISHED_REPLY :
						 IP_CT_ESTABLISHED);
	}
	for (j = 0; j < OT_RACERS; j++) {
		task[j] = kthread_run(ot_racer, race, "ft_racer/%d", j);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task[j]);
	}
	while (atomic_read(&race->here[OT_RACES - 1]) < OT_RACERS)
		schedule_timeout_uninterruptible(1);
	for (j = 0; j < OT_RACERS; j++)
		kthread_stop(task[j]);
	for (i = 0; i < OT_RACES; i++) {
		flows += ot_is_flow(race->ct[i]);
		for (j = 0; j < OT_RACERS; j++)
			kfree_skb(race->skb[j][i]);
		nf_ct_put(race->ct[i]);
	}
	KUNIT_EXPECT_EQ(test, flows, (unsigned int)OT_RACES);
	KUNIT_EXPECT_EQ(test, atomic_read(&fn->flows[0]) - before, OT_RACES);
}

static struct kunit_case offer_cases[] = {
	KUNIT_CASE_PARAM(offer_eligible, ot_table_gen_params),
	KUNIT_CASE(offer_helper_gone),
	KUNIT_CASE(offer_hits),
	KUNIT_CASE(offer_limits),
	KUNIT_CASE(offer_successor),
	KUNIT_CASE(offer_race),
	{}
};

struct kunit_suite ft_offer_suite = {
	.name		= "fasttrack_offer",
	.init		= tb_init,
	.exit		= tb_exit,
	.test_cases	= offer_cases,
};
