// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit: what is told to conntrack. Counters folded exactly once, whoever adds
 * and whoever folds; timeouts as conntrack itself would set them, never
 * shortened but for data that nobody acknowledged. TCP state is tcp_test.c's.
 */
#include <linux/kthread.h>
#include <net/net_namespace.h>
#include <net/netfilter/nf_conntrack_acct.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_l4proto.h>

#include "hook.h"
#include "testbed.h"

static void cc_fold(struct fasttrack_flow *flow)
{
	spin_lock_bh(&flow->lock);
	ft_ct_fold(flow, IP_CT_DIR_ORIGINAL, (u32)jiffies);
	spin_unlock_bh(&flow->lock);
}

static u64 cc_told_packets(const struct nf_conn *ct, unsigned int dir)
{
	return atomic64_read(&nf_conn_acct_find(ct)->counter[dir].packets);
}

static u64 cc_told_bytes(const struct nf_conn *ct, unsigned int dir)
{
	return atomic64_read(&nf_conn_acct_find(ct)->counter[dir].bytes);
}

/* A fast packet of @len bytes on this CPU */
static void cc_send(struct fasttrack_flow *flow, unsigned int dir,
		    unsigned int len)
{
	local_bh_disable();
	ft_flow_dir(flow, dir)->last = (u32)jiffies;
	ft_account(tb_net(), ft_flow_dir(flow, dir), (u32)jiffies, len, 0,
		   flow->family);
	local_bh_enable();
}

static void ct_fold_once(struct kunit *test)
{
	struct nf_conn *ct = tb_conn(test, 0, IPPROTO_UDP, TB_NAT_NONE);
	struct fasttrack_flow *flow = tb_flow(test, ct);
	struct fasttrack_net *fn = tb_net();
	u64 packets[2] = {}, bytes[2] = {};
	u64 sum_packets = atomic64_read(&fn->packets[0]);
	u64 sum_bytes = atomic64_read(&fn->bytes[0]);
	unsigned int i, dir, len;

	atomic64_set(&nf_conn_acct_find(ct)->counter[0].packets, 7);
	packets[0] = 7;
	for (i = 0; i < 5000; i++) {
		dir = tb_random() & 1;
		len = 28 + tb_below(65000);
		/* The teller's or not: both kinds of counter */
		ft_flow_dir(flow, dir)->teller = tb_random() & 1 ?
			FT_TELLER_NONE : raw_smp_processor_id();
		cc_send(flow, dir, len);
		packets[dir]++;
		bytes[dir] += len;
		if (!tb_below(20))
			cc_fold(flow);
	}
	cc_fold(flow);
	cc_fold(flow);
	for (dir = 0; dir < IP_CT_DIR_MAX; dir++) {
		KUNIT_EXPECT_EQ(test, cc_told_packets(ct, dir), packets[dir]);
		KUNIT_EXPECT_EQ(test, cc_told_bytes(ct, dir), bytes[dir]);
		KUNIT_EXPECT_EQ(test, ft_dir_bytes(flow, dir), bytes[dir]);
	}
	KUNIT_EXPECT_EQ(test, (u64)atomic64_read(&fn->packets[0]),
			sum_packets + 5000);
	KUNIT_EXPECT_EQ(test, (u64)atomic64_read(&fn->bytes[0]),
			sum_bytes + bytes[0] + bytes[1]);
	nf_ct_put(ct);
}

/* The words of a flow wrap, and nothing is lost */
static void ct_fold_wrap(struct kunit *test)
{
	struct nf_conn *ct = tb_conn(test, 0, IPPROTO_UDP, TB_NAT_NONE);
	struct fasttrack_flow *flow = tb_flow(test, ct);
	unsigned int i;

	for (i = 0; i < 300; i++) {
		ft_flow_dir(flow, 1)->teller = i & 1 ? FT_TELLER_NONE :
						       raw_smp_processor_id();
		cc_send(flow, 1, 1 << 27);
		if (i % 10 == 9)
			cc_fold(flow);
	}
	spin_lock_bh(&flow->lock);
	KUNIT_EXPECT_EQ(test, ft_dir_bytes(flow, 1), 300ULL << 27);
	KUNIT_EXPECT_EQ(test, ft_dir_packets(flow, 1), 300ULL);
	spin_unlock_bh(&flow->lock);
	KUNIT_EXPECT_EQ(test, cc_told_bytes(ct, 1), 300ULL << 27);
	KUNIT_EXPECT_EQ(test, cc_told_packets(ct, 1), 300ULL);
	nf_ct_put(ct);
}

/* What late packets add after the last fold is folded by the callback */
static void ct_fold_late(struct kunit *test)
{
	struct nf_conn *ct = tb_conn(test, 1, IPPROTO_UDP, TB_NAT_NONE);
	struct fasttrack_flow *flow = tb_flow(test, ct);

	cc_send(flow, 0, 100);
	rcu_read_lock();
	ft_flow_kill(flow, FASTTRACK_REASON_FLUSHED);
	KUNIT_EXPECT_EQ(test, cc_told_packets(ct, 0), 1ULL);
	cc_send(flow, 0, 50);
	cc_send(flow, 1, 25);
	rcu_read_unlock();
	rcu_barrier();
	KUNIT_EXPECT_EQ(test, cc_told_packets(ct, 0), 2ULL);
	KUNIT_EXPECT_EQ(test, cc_told_bytes(ct, 0), 150ULL);
	KUNIT_EXPECT_EQ(test, cc_told_bytes(ct, 1), 25ULL);
	nf_ct_put(ct);
}

/* Without accounting the engine still knows its own sums */
static void ct_fold_no_acct(struct kunit *test)
{
	struct nf_conn *ct = tb_conn_ext(test, 0, IPPROTO_UDP, NF_CT_EXT_HELPER);
	u64 bytes = atomic64_read(&tb_net()->bytes[0]);
	struct fasttrack_flow *flow = tb_flow(test, ct);

	cc_send(flow, 0, 100);
	cc_fold(flow);
	KUNIT_EXPECT_EQ(test, (u64)atomic64_read(&tb_net()->bytes[0]),
			bytes + 100);
	nf_ct_put(ct);
}

#define CC_SENDS	50000

/**
 * struct cc_sender - packets on one CPU
 * @flow: flow
 * @done: senders that have finished
 */
struct cc_sender {
	struct fasttrack_flow	*flow;
	atomic_t		done;
};

static int cc_sender(void *data)
{
	struct cc_sender *s = data;
	unsigned int i;

	for (i = 0; i < CC_SENDS; i++) {
		cc_send(s->flow, i & 1, 1000);
		if (!(i & 1023))
			cond_resched();
	}
	atomic_inc(&s->done);
	return 0;
}

/* Two CPUs send in both directions, one of them the teller, a third party folds */
static void ct_fold_race(struct kunit *test)
{
	struct nf_conn *ct = tb_conn(test, 0, IPPROTO_UDP, TB_NAT_NONE);
	struct cc_sender s = { .flow = tb_flow(test, ct) };
	unsigned int i, cpu, senders = 0, folds = 0;
	struct task_struct *task;

	for (i = 0; i < IP_CT_DIR_MAX; i++)
		ft_flow_dir(s.flow, i)->teller = cpumask_first(cpu_online_mask);
	for_each_online_cpu(cpu) {
		task = kthread_create(cc_sender, &s, "ft_sender/%u", cpu);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
		kthread_bind(task, cpu);
		wake_up_process(task);
		senders++;
	}
	while (atomic_read(&s.done) < senders) {
		cc_fold(s.flow);
		folds++;
		cond_resched();
	}
	cc_fold(s.flow);
	for (i = 0; i < IP_CT_DIR_MAX; i++) {
		KUNIT_EXPECT_EQ(test, cc_told_packets(ct, i),
				(u64)senders * CC_SENDS / 2);
		KUNIT_EXPECT_EQ(test, cc_told_bytes(ct, i),
				(u64)senders * CC_SENDS / 2 * 1000);
	}
	kunit_info(test, "%u senders, %u folds\n", senders, folds);
	nf_ct_put(ct);
}

/* Seconds that the entry has after a fold, its last packet was just now */
static int cc_timeout_after(struct fasttrack_flow *flow, u32 before)
{
	struct nf_conn *ct = flow->ct;

	ct->timeout = before;
	cc_send(flow, 0, 100);
	cc_fold(flow);
	return DIV_ROUND_CLOSEST((s32)(READ_ONCE(ct->timeout) - (u32)jiffies),
				 HZ);
}

static void ct_timeout_udp(struct kunit *test)
{
	const unsigned int *t = nf_udp_pernet(&init_net)->timeouts;
	struct nf_conn *ct = tb_conn(test, 0, IPPROTO_UDP, TB_NAT_NONE);
	struct fasttrack_flow *flow = tb_flow(test, ct);
	u32 soon = (u32)jiffies + HZ, late = (u32)jiffies + 9000 * HZ;

	KUNIT_EXPECT_EQ(test, cc_timeout_after(flow, soon),
			(int)(t[UDP_CT_REPLIED] / HZ));
	KUNIT_EXPECT_EQ(test, cc_timeout_after(flow, late), 9000);
	clear_bit(IPS_ASSURED_BIT, &ct->status);
	KUNIT_EXPECT_EQ(test, cc_timeout_after(flow, soon),
			(int)(t[UDP_CT_UNREPLIED] / HZ));
	set_bit(IPS_FIXED_TIMEOUT_BIT, &ct->status);
	KUNIT_EXPECT_EQ(test, cc_timeout_after(flow, soon), 1);
	clear_bit(IPS_FIXED_TIMEOUT_BIT, &ct->status);
	set_bit(IPS_DYING_BIT, &ct->status);
	KUNIT_EXPECT_EQ(test, cc_timeout_after(flow, soon), 1);
	nf_ct_put(ct);
}

/* An entry that has expired stays so: conntrack may be freeing it */
static void ct_timeout_expired(struct kunit *test)
{
	struct nf_conn *ct = tb_conn(test, 0, IPPROTO_UDP, TB_NAT_NONE);
	struct fasttrack_flow *flow = tb_flow(test, ct);

	KUNIT_EXPECT_LT(test, cc_timeout_after(flow, (u32)jiffies - 2 * HZ), 0);
	nf_ct_put(ct);
}

/* A fold without packets in between touches nothing */
static void ct_timeout_idle(struct kunit *test)
{
	struct nf_conn *ct = tb_conn(test, 0, IPPROTO_UDP, TB_NAT_NONE);
	struct fasttrack_flow *flow = tb_flow(test, ct);
	u32 timeout;

	cc_send(flow, 0, 100);
	cc_fold(flow);
	timeout = (u32)jiffies + 3 * HZ;
	ct->timeout = timeout;
	cc_fold(flow);
	KUNIT_EXPECT_EQ(test, ct->timeout, timeout);
	nf_ct_put(ct);
}

static void ct_lease_cap(struct kunit *test)
{
	const unsigned int *t = nf_udp_pernet(&init_net)->timeouts;
	struct nf_conn *ct = tb_conn(test, 0, IPPROTO_UDP, TB_NAT_NONE);
	struct fasttrack_flow *flow = tb_flow(test, ct);
	u32 cap;

	rcu_read_lock();
	KUNIT_EXPECT_EQ(test, ft_ct_lease_cap(flow), t[UDP_CT_REPLIED] / 2);
	/* Not assured: just past the two seconds that conntrack waits */
	clear_bit(IPS_ASSURED_BIT, &ct->status);
	ct->proto.udp.stream_ts = jiffies + 2 * HZ;
	cap = ft_ct_lease_cap(flow);
	KUNIT_EXPECT_GE(test, cap, 2U * HZ - 1);
	KUNIT_EXPECT_LE(test, cap, 2U * HZ + 3);
	/* Those are over, and the next slow packet will make it so */
	ct->proto.udp.stream_ts = jiffies - 100 * HZ;
	KUNIT_EXPECT_EQ(test, ft_ct_lease_cap(flow), 1U);
	rcu_read_unlock();
	nf_ct_put(ct);
}

static struct kunit_case ct_cases[] = {
	KUNIT_CASE(ct_fold_once),
	KUNIT_CASE(ct_fold_wrap),
	KUNIT_CASE(ct_fold_late),
	KUNIT_CASE(ct_fold_no_acct),
	KUNIT_CASE(ct_fold_race),
	KUNIT_CASE(ct_timeout_udp),
	KUNIT_CASE(ct_timeout_expired),
	KUNIT_CASE(ct_timeout_idle),
	KUNIT_CASE(ct_lease_cap),
	{}
};

struct kunit_suite ft_ct_suite = {
	.name		= "fasttrack_ct",
	.init		= tb_init,
	.exit		= tb_exit,
	.test_cases	= ct_cases,
};
