// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit: the states of a direction and of a flow. Holds and their numbers, the
 * gate, settling, closing, and death with many killers. Time passes by setting
 * stamps back, never by waiting for the clock.
 */
#include <linux/kthread.h>
#include <net/netfilter/nf_conntrack_core.h>

#include "testbed.h"

static u32 fl_gate(struct fasttrack_flow *flow, unsigned int dir)
{
	return READ_ONCE(ft_flow_dir(flow, dir)->gate);
}

static u16 fl_hold(struct fasttrack_flow *flow, unsigned int dir)
{
	u16 seq;

	rcu_read_lock();
	spin_lock_bh(&flow->lock);
	seq = ft_dir_hold(flow, dir);
	spin_unlock_bh(&flow->lock);
	rcu_read_unlock();
	return seq;
}

static void fl_seen(struct fasttrack_flow *flow, unsigned int dir, u16 seq)
{
	spin_lock_bh(&flow->lock);
	ft_dir_seen(flow, dir, seq);
	spin_unlock_bh(&flow->lock);
}

static bool fl_held(struct fasttrack_flow *flow, unsigned int dir)
{
	bool held;

	spin_lock_bh(&flow->lock);
	held = ft_dir_held(flow, dir);
	spin_unlock_bh(&flow->lock);
	return held;
}

static void fl_disarm(struct fasttrack_flow *flow, unsigned int dir)
{
	spin_lock_bh(&flow->lock);
	ft_dir_disarm(flow, dir, FASTTRACK_REASON_STALE);
	spin_unlock_bh(&flow->lock);
}

static bool fl_settled(struct fasttrack_flow *flow, unsigned int dir)
{
	bool settled;

	spin_lock_bh(&flow->lock);
	settled = ft_dir_settled(flow, dir);
	spin_unlock_bh(&flow->lock);
	return settled;
}

static struct fasttrack_flow *fl_new(struct kunit *test, u8 family)
{
	struct nf_conn *ct = tb_conn(test, family, IPPROTO_UDP, TB_NAT_NONE);
	struct fasttrack_flow *flow = tb_flow(test, ct);

	nf_ct_put(ct);
	return flow;
}

static int fl_active(struct kunit *test)
{
	return atomic_read(&tb_net()->active[0]);
}

/* The last slow packet ends the hold, one before it does not */
static void flow_hold_order(struct kunit *test)
{
	struct fasttrack_flow *flow = fl_new(test, 0);
	u16 first, second, third;

	tb_arm(flow, 0);
	KUNIT_EXPECT_EQ(test, fl_gate(flow, 0), (u32)FT_ARMED);
	first = fl_hold(flow, 0);
	KUNIT_EXPECT_EQ(test, fl_gate(flow, 0), (u32)(FT_ARMED | FT_HELD));
	second = fl_hold(flow, 0);
	third = fl_hold(flow, 0);
	fl_seen(flow, 0, second);
	KUNIT_EXPECT_TRUE(test, fl_held(flow, 0));
	fl_seen(flow, 0, first);
	KUNIT_EXPECT_TRUE(test, fl_held(flow, 0));
	fl_seen(flow, 0, third);
	KUNIT_EXPECT_EQ(test, fl_gate(flow, 0), (u32)FT_ARMED);
	KUNIT_EXPECT_EQ(test, fl_gate(flow, 1), 0U);
}

/* A packet that was dropped on the slow path delays nothing for ever */
static void flow_hold_timeout(struct kunit *test)
{
	struct fasttrack_flow *flow = fl_new(test, 1);
	u16 lost;

	tb_arm(flow, 1);
	lost = fl_hold(flow, 1);
	KUNIT_EXPECT_TRUE(test, fl_held(flow, 1));
	flow->slow_last[1] = (u8)jiffies - FT_HOLD;
	KUNIT_EXPECT_FALSE(test, fl_held(flow, 1));
	KUNIT_EXPECT_EQ(test, fl_gate(flow, 1), (u32)FT_ARMED);
	fl_hold(flow, 1);
	fl_seen(flow, 1, lost);
	KUNIT_EXPECT_TRUE(test, fl_gate(flow, 1) & FT_HELD);
}

/* Sequence numbers of slow packets wrap */
static void flow_hold_wrap(struct kunit *test)
{
	struct fasttrack_flow *flow = fl_new(test, 0);
	unsigned int i, held = 0, open = 0;
	u16 seq, prev;

	tb_arm(flow, 0);
	for (i = 0; i < 70000; i++) {
		prev = fl_hold(flow, 0);
		seq = fl_hold(flow, 0);
		fl_seen(flow, 0, prev);
		held += !!(fl_gate(flow, 0) & FT_HELD);
		fl_seen(flow, 0, seq);
		open += fl_gate(flow, 0) == FT_ARMED;
	}
	KUNIT_EXPECT_EQ(test, held, 70000U);
	KUNIT_EXPECT_EQ(test, open, 70000U);
}

static void fl_sweep(void)
{
	ft_gc_sweep_now(tb_net());
	flush_work(&tb_net()->gc.work);
}

static u64 fl_told(struct fasttrack_flow *flow)
{
	return READ_ONCE(flow->cold[0].told_packets);
}

/* Will the sweeper look at the flow's group of buckets? The testbed has few other
 * flows, all at rest.
 */
static bool fl_busy(const struct fasttrack_flow *flow)
{
	const struct fasttrack_table *t = &tb_net()->table[flow->family];
	const struct fasttrack_buckets *b;
	bool busy;

	rcu_read_lock();
	b = rcu_dereference(t->cur);
	busy = !bitmap_empty(b->busy, (b->mask + 1) / FT_GROUP);
	rcu_read_unlock();
	return busy;
}

/* The sweeper passes by a flow that rests, and only as long as it does: what
 * goes fast in one more round is told, and so is what a late reader sends.
 */
static void flow_swept(struct kunit *test)
{
	struct fasttrack_flow *flow = fl_new(test, 0);
	struct fasttrack_dir *d = ft_flow_dir(flow, 0);
	unsigned int round;

	synchronize_rcu();
	for (round = 1; round <= 3; round++) {
		tb_arm(flow, 0);
		d->packets += 2;
		fl_sweep();
		KUNIT_EXPECT_FALSE(test, flow->swept);
		KUNIT_EXPECT_TRUE(test, fl_busy(flow));
		KUNIT_EXPECT_EQ(test, fl_told(flow), 3 * round - 1ULL);
		d->packets++;
		fl_disarm(flow, 0);
		KUNIT_EXPECT_FALSE(test, flow->swept);
		synchronize_rcu();
		fl_sweep();
		KUNIT_EXPECT_TRUE(test, flow->swept);
		KUNIT_EXPECT_FALSE(test, fl_busy(flow));
		KUNIT_EXPECT_EQ(test, fl_told(flow), 3ULL * round);
	}
}

/* One more packet, @gap after the last one, @since after the last fold; packets that
 * conntrack was told of by its tick
 */
static u64 fl_tick_since(struct fasttrack_flow *flow, u32 gap, u32 since)
{
	struct fasttrack_dir *d = ft_flow_dir(flow, 0);
	u64 told = fl_told(flow);
	u32 now = (u32)jiffies;

	flow->last_fold = now - since;
	d->last = now - gap;
	d->packets++;
	local_bh_disable();
	ft_tick(tb_net(), d, now, flow->family);
	local_bh_enable();
	return fl_told(flow) - told;
}

static u64 fl_tick(struct fasttrack_flow *flow, u32 gap)
{
	return fl_tick_since(flow, gap, 2 * HZ);
}

/* Who tells conntrack: packets, but in a large table not those that come seldom,
 * unless a short timeout cannot wait for the sweeper, or it does not come
 */
static void flow_seldom(struct kunit *test)
{
	struct fasttrack_flow *flow = fl_new(test, 0);
	bool *large = &tb_net()->large[0];

	synchronize_rcu();
	tb_arm(flow, 0);
	KUNIT_EXPECT_EQ(test, fl_tick(flow, FT_SELDOM + 1), 1ULL);
	*large = true;
	KUNIT_EXPECT_EQ(test, fl_tick(flow, FT_SELDOM + 1), 0ULL);
	KUNIT_EXPECT_EQ(test, fl_tick(flow, FT_SELDOM), 2ULL);
	KUNIT_EXPECT_EQ(test, fl_tick(flow, FT_SELDOM + 1), 0ULL);
	fl_sweep();
	KUNIT_EXPECT_EQ(test, fl_told(flow), 4ULL);
	flow->fold_every = HZ / 2;
	KUNIT_EXPECT_EQ(test, fl_tick(flow, FT_SELDOM + 1), 1ULL);
	flow->fold_every = HZ;
	KUNIT_EXPECT_EQ(test, fl_tick_since(flow, 3 * HZ, 3 * HZ), 1ULL);
	*large = false;
}

/* Steps that the sweeper takes for a pass */
static unsigned int fl_steps(void)
{
	const struct fasttrack_sweep *s = &tb_net()->sweep[0];
	unsigned int steps = 0;

	do {
		fl_sweep();
	} while (++steps < 100 && s->cursor);
	return steps;
}

/* A pass over a large table takes its time and no more, whether all of it is busy, as
 * it is after it has grown, or nothing, or the pass looks at all of it
 */
static void flow_swept_soon(struct kunit *test)
{
	struct fasttrack_net *fn = tb_net();
	struct fasttrack_table *t = &fn->table[0];

	KUNIT_ASSERT_EQ(test, fl_steps(), 1U);
	t->dirs += 900000;
	KUNIT_EXPECT_LE(test, fl_steps(), 17U);
	t->dirs -= 900000;
	KUNIT_ASSERT_TRUE(test, fn->large[0]);
	KUNIT_EXPECT_LE(test, fl_steps(), 17U);
	atomic_inc(&fn->gen);
	KUNIT_EXPECT_LE(test, fl_steps(), 65U);
}

/* A hold of a packet that was lost ends by the sweeper, swept or not */
static void flow_swept_held(struct kunit *test)
{
	struct fasttrack_flow *flow = fl_new(test, 0);

	synchronize_rcu();
	tb_arm(flow, 0);
	fl_disarm(flow, 0);
	synchronize_rcu();
	fl_sweep();
	KUNIT_EXPECT_TRUE(test, flow->swept);
	fl_hold(flow, 1);
	KUNIT_EXPECT_TRUE(test, fl_busy(flow));
	flow->slow_last[1] = (u8)jiffies - FT_HOLD;
	fl_sweep();
	KUNIT_EXPECT_EQ(test, fl_gate(flow, 1), 0U);
}

/* Random operations against a model of a few lines */
static void flow_model(struct kunit *test)
{
	struct fasttrack_flow *flow = fl_new(test, 0);
	bool armed[2] = {}, held[2] = {}, good = true;
	u16 last[2] = {}, seen[2] = {}, seq;
	unsigned int i, dir;

	for (i = 0; i < 20000 && good; i++) {
		dir = tb_random() & 1;
		switch (tb_below(5)) {
		case 0:
			tb_arm(flow, dir);
			armed[dir] = true;
			break;
		case 1:
			fl_disarm(flow, dir);
			armed[dir] = false;
			break;
		case 2:
			last[dir] = fl_hold(flow, dir);
			held[dir] = true;
			break;
		case 3:
			/* Not ahead of what was sent */
			seq = last[dir] - tb_below(4);
			if (!held[dir])
				break;
			fl_seen(flow, dir, seq);
			if ((s16)(seq - seen[dir]) > 0)
				seen[dir] = seq;
			held[dir] = seen[dir] != last[dir];
			break;
		case 4:
			flow->slow_last[dir] = (u8)jiffies - FT_HOLD;
			fl_held(flow, dir);
			if (held[dir])
				seen[dir] = last[dir];
			held[dir] = false;
			break;
		}
		good = fl_gate(flow, dir) == (armed[dir] ? FT_ARMED : 0) +
					     (held[dir] ? FT_HELD : 0) &&
		       fl_active(test) == (armed[0] || armed[1]);
	}
	KUNIT_EXPECT_TRUE(test, good);
	KUNIT_EXPECT_EQ(test, i, 20000U);
}

/* What was learned may change only when no reader of the last arming is left */
static void flow_settled(struct kunit *test)
{
	struct fasttrack_flow *flow = fl_new(test, 0);

	tb_arm(flow, 0);
	rcu_read_lock();
	fl_disarm(flow, 0);
	KUNIT_EXPECT_FALSE(test, fl_settled(flow, 0));
	rcu_read_unlock();
	synchronize_rcu();
	KUNIT_EXPECT_TRUE(test, fl_settled(flow, 0));

	/* Armed and disarmed again: the clock starts anew */
	tb_arm(flow, 0);
	rcu_read_lock();
	fl_disarm(flow, 0);
	KUNIT_EXPECT_FALSE(test, fl_settled(flow, 0));
	/* Disarming what is not armed does not matter */
	rcu_read_unlock();
	synchronize_rcu();
	fl_disarm(flow, 0);
	KUNIT_EXPECT_TRUE(test, fl_settled(flow, 0));
}

static void flow_close(struct kunit *test)
{
	struct fasttrack_flow *flow = fl_new(test, 1);
	struct fasttrack_net *fn = tb_net();

	tb_arm(flow, 0);
	tb_arm(flow, 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&fn->active[1]), 1);
	spin_lock_bh(&flow->lock);
	ft_flow_close(flow);
	spin_unlock_bh(&flow->lock);
	KUNIT_EXPECT_EQ(test, (int)flow->state, FASTTRACK_FLOW_STATE_CLOSING);
	KUNIT_EXPECT_EQ(test, fl_gate(flow, 0) | fl_gate(flow, 1), 0U);
	KUNIT_EXPECT_EQ(test, atomic_read(&fn->active[1]), 0);
	spin_lock_bh(&flow->lock);
	ft_flow_close(flow);
	spin_unlock_bh(&flow->lock);
	KUNIT_EXPECT_EQ(test, atomic_read(&fn->active[1]), 0);
}

/* Death disarms, unhashes, and gives back every reference after the callback */
static void flow_kill(struct kunit *test)
{
	struct nf_conn *ct = tb_conn(test, 0, IPPROTO_UDP, TB_NAT_BOTH);
	struct fasttrack_flow *flow = tb_flow(test, ct);
	struct fasttrack_net *fn = tb_net();
	u64 flushed = ft_stats_reason(fn, FASTTRACK_REASON_FLUSHED);
	u64 dying = ft_stats_reason(fn, FASTTRACK_REASON_DYING);

	set_bit(FT_CT_SEEN_BIT, &ct->status);
	KUNIT_EXPECT_EQ(test, refcount_read(&ct->ct_general.use), 2U);
	tb_arm(flow, 0);
	rcu_read_lock();
	KUNIT_EXPECT_TRUE(test, ft_flow_kill(flow, FASTTRACK_REASON_FLUSHED));
	KUNIT_EXPECT_FALSE(test, ft_flow_kill(flow, FASTTRACK_REASON_DYING));
	KUNIT_EXPECT_EQ(test, fl_gate(flow, 0), 0U);
	KUNIT_EXPECT_NULL(test, ft_flow_find(fn, ct));
	KUNIT_EXPECT_EQ(test, refcount_read(&ct->ct_general.use), 2U);
	/* Late readers may still fold: no successor until they have left */
	KUNIT_EXPECT_TRUE(test, ct->status & BIT(FT_CT_FLOW_BIT));
	rcu_read_unlock();
	KUNIT_EXPECT_EQ(test, atomic_read(&fn->flows[0]), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&fn->active[0]), 0);
	KUNIT_EXPECT_EQ(test, ft_stats_reason(fn, FASTTRACK_REASON_FLUSHED),
			flushed + 1);
	KUNIT_EXPECT_EQ(test, ft_stats_reason(fn, FASTTRACK_REASON_DYING),
			dying);
	rcu_barrier();
	KUNIT_EXPECT_EQ(test, refcount_read(&ct->ct_general.use), 1U);
	KUNIT_EXPECT_FALSE(test, ct->status & (BIT(FT_CT_FLOW_BIT) |
					       BIT(FT_CT_SEEN_BIT)));
	nf_ct_put(ct);
}

#define FL_KILLERS	4
#define FL_VICTIMS	400

/**
 * struct fl_massacre - flows that several killers end at once
 * @flow: victims
 * @ct: their entries, one reference each
 * @here: killers that have reached a victim
 * @done: killers that have finished
 */
struct fl_massacre {
	struct fasttrack_flow	*flow[FL_VICTIMS];
	struct nf_conn		*ct[FL_VICTIMS];
	atomic_t		here[FL_VICTIMS];
	atomic_t		done;
};

/* RCU is held from before the first kill, as every caller's is */
static int fl_killer(void *data)
{
	struct fl_massacre *m = data;
	int i;

	for (i = 0; i < FL_VICTIMS; i++) {
		rcu_read_lock();
		atomic_inc(&m->here[i]);
		while (atomic_read(&m->here[i]) < FL_KILLERS)
			cpu_relax();
		ft_flow_kill(m->flow[i], FASTTRACK_REASON_FLUSHED);
		rcu_read_unlock();
		cond_resched();
	}
	atomic_inc(&m->done);
	return 0;
}

static void flow_kill_race(struct kunit *test)
{
	unsigned int i, killers = min_t(unsigned int, FL_KILLERS,
					num_online_cpus());
	struct fasttrack_net *fn = tb_net();
	u64 flushed = ft_stats_reason(fn, FASTTRACK_REASON_FLUSHED);
	struct task_struct *task;
	struct fl_massacre *m;
	unsigned int left = 0;

	m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, m);
	for (i = 0; i < FL_VICTIMS; i++) {
		m->ct[i] = tb_conn(test, i & 1, IPPROTO_UDP, TB_NAT_NONE);
		m->flow[i] = tb_flow(test, m->ct[i]);
		tb_arm(m->flow[i], i % 3 == 0);
		/* Those that will not come have been here */
		atomic_set(&m->here[i], FL_KILLERS - killers);
	}
	for (i = 0; i < killers; i++) {
		task = kthread_create(fl_killer, m, "ft_killer/%u", i);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
		kthread_bind(task, cpumask_nth(i, cpu_online_mask));
		wake_up_process(task);
	}
	while (atomic_read(&m->done) < killers)
		schedule_timeout_uninterruptible(1);
	rcu_barrier();
	for (i = 0; i < FL_VICTIMS; i++) {
		left += refcount_read(&m->ct[i]->ct_general.use) != 1;
		nf_ct_put(m->ct[i]);
	}
	KUNIT_EXPECT_EQ(test, left, 0U);
	KUNIT_EXPECT_EQ(test, ft_stats_reason(fn, FASTTRACK_REASON_FLUSHED),
			flushed + FL_VICTIMS);
	KUNIT_EXPECT_EQ(test, atomic_read(&fn->flows[0]), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&fn->flows[1]), 0);
	KUNIT_EXPECT_EQ(test, fn->table[0].dirs + fn->table[1].dirs, 0U);
}

static struct kunit_case flow_cases[] = {
	KUNIT_CASE(flow_hold_order),
	KUNIT_CASE(flow_hold_timeout),
	KUNIT_CASE(flow_hold_wrap),
	KUNIT_CASE(flow_seldom),
	KUNIT_CASE(flow_swept_soon),
	KUNIT_CASE(flow_swept),
	KUNIT_CASE(flow_swept_held),
	KUNIT_CASE(flow_model),
	KUNIT_CASE(flow_settled),
	KUNIT_CASE(flow_close),
	KUNIT_CASE(flow_kill),
	KUNIT_CASE(flow_kill_race),
	{}
};

struct kunit_suite ft_flow_suite = {
	.name		= "fasttrack_flow",
	.init		= tb_init,
	.exit		= tb_exit,
	.test_cases	= flow_cases,
};
