// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit: the hash tables. What was inserted is found and nothing else, through
 * growth, removals and readers on another CPU; limits hold; one key, one flow.
 */
#include <linux/kthread.h>
#include <linux/slab.h>
#include <net/netfilter/nf_conntrack_core.h>

#include "table.h"
#include "testbed.h"

#define TT_FLOWS	3000

static const void *tt_family(const void *prev, char *desc)
{
	static const u8 families[] = { 0, 1 };
	const u8 *next = prev ? (const u8 *)prev + 1 : families;

	if (next == families + ARRAY_SIZE(families))
		return NULL;
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "ipv%d", *next ? 6 : 4);
	return next;
}

static struct fasttrack_dir *tt_find(struct fasttrack_net *fn, u8 family,
				     const struct tb_tuple *t, u8 proto)
{
	struct fasttrack_dir key;
	u32 hash;

	memset(&key, 0, sizeof(key));
	key.sport = t->sport;
	key.dport = t->dport;
	key.proto = proto;
	if (family)
		return ft_table_find6(&fn->table[1], &t->src, &t->dst, key.l4,
				      &hash);
	key.saddr4 = t->src.s6_addr32[0];
	key.daddr4 = t->dst.s6_addr32[0];
	return ft_table_find4(&fn->table[0], key.addr4, key.l4, &hash);
}

/* Both directions of @flow by their tuples, and the flow by its entry */
static bool tt_found(struct fasttrack_net *fn, struct fasttrack_flow *flow)
{
	unsigned int dir;
	bool good = true;

	rcu_read_lock();
	for (dir = 0; dir < IP_CT_DIR_MAX; dir++) {
		struct tb_tuple t = tb_tuple_in(flow->ct, dir);

		if (tt_find(fn, flow->family, &t,
			    ft_flow_proto(flow)) !=
		    ft_flow_dir(flow, dir))
			good = false;
	}
	if (ft_flow_find(fn, flow->ct) != flow)
		good = false;
	rcu_read_unlock();
	return good;
}

/* A table here grows for the first time when a test says so, not at once, and with
 * more than 4096 buckets it is large
 */
static int tt_init(struct kunit *test)
{
	int err = tb_init(test), i;

	for (i = 0; i < FT_FAMILIES; i++) {
		tb_net()->table[i].ask = U32_MAX;
		tb_net()->table[i].chains = 4096;
	}
	return err;
}

/* Random connections in the table; each flow holds the only reference */
static struct fasttrack_flow **tt_fill(struct kunit *test, u8 family,
				       unsigned int count)
{
	struct fasttrack_flow **flows;
	struct nf_conn *ct;
	unsigned int i;

	flows = kunit_kcalloc(test, count, sizeof(*flows), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, flows);
	for (i = 0; i < count; i++) {
		ct = tb_conn(test, family,
			     i & 1 ? IPPROTO_UDP : IPPROTO_TCP,
			     i % TB_NAT_MAX);
		flows[i] = tb_flow(test, ct);
		nf_ct_put(ct);
	}
	return flows;
}

static void tt_expect_all(struct kunit *test, struct fasttrack_flow **flows,
			  unsigned int from, unsigned int to)
{
	unsigned int i, lost = 0;

	for (i = from; i < to; i++)
		lost += !tt_found(tb_net(), flows[i]);
	KUNIT_EXPECT_EQ(test, lost, 0U);
}

static void tt_kill(struct fasttrack_flow *flow)
{
	rcu_read_lock();
	ft_flow_kill(flow, FASTTRACK_REASON_FLUSHED);
	rcu_read_unlock();
}

static void table_insert_remove(struct kunit *test)
{
	u8 family = *(const u8 *)test->param_value;
	struct fasttrack_net *fn = tb_net();
	struct fasttrack_flow **flows;
	unsigned int i, ghosts = 0;

	flows = tt_fill(test, family, TT_FLOWS);
	tt_expect_all(test, flows, 0, TT_FLOWS);
	KUNIT_EXPECT_EQ(test, fn->table[family].dirs, 2U * TT_FLOWS);

	for (i = 0; i < TT_FLOWS / 2; i++) {
		struct nf_conn *ct = flows[i]->ct;

		nf_conntrack_get(&ct->ct_general);
		rcu_read_lock();
		ft_flow_kill(flows[i], FASTTRACK_REASON_FLUSHED);
		ghosts += !!ft_flow_find(fn, ct);
		rcu_read_unlock();
		nf_ct_put(ct);
	}
	KUNIT_EXPECT_EQ(test, ghosts, 0U);
	KUNIT_EXPECT_EQ(test, fn->table[family].dirs, (u32)TT_FLOWS);
	tt_expect_all(test, flows, TT_FLOWS / 2, TT_FLOWS);
}

/* A tuple that differs in one field belongs to nobody */
static void table_strangers(struct kunit *test)
{
	u8 family = *(const u8 *)test->param_value;
	struct fasttrack_net *fn = tb_net();
	struct fasttrack_flow **flows;
	unsigned int i, found = 0;

	flows = tt_fill(test, family, 200);
	rcu_read_lock();
	for (i = 0; i < 200; i++) {
		struct tb_tuple t = tb_tuple_in(flows[i]->ct, i & 1);
		u8 proto = ft_flow_proto(flows[i]);
		struct tb_tuple u = t;

		u.sport ^= htons(1 + tb_below(U16_MAX));
		found += !!tt_find(fn, family, &u, proto);
		u = t;
		u.dport ^= htons(1 + tb_below(U16_MAX));
		found += !!tt_find(fn, family, &u, proto);
		u = t;
		u.src.s6_addr[tb_below(family ? 16 : 4)] ^= 1 + tb_below(255);
		found += !!tt_find(fn, family, &u, proto);
		u = t;
		u.dst.s6_addr[tb_below(family ? 16 : 4)] ^= 1 + tb_below(255);
		found += !!tt_find(fn, family, &u, proto);
		found += !!tt_find(fn, family, &t, proto ^ IPPROTO_TCP ^
						   IPPROTO_UDP);
	}
	rcu_read_unlock();
	KUNIT_EXPECT_EQ(test, found, 0U);
}

/* The second flow with the same key stays out, whole, and learns why */
static void table_clash(struct kunit *test)
{
	u8 family = *(const u8 *)test->param_value;
	struct fasttrack_net *fn = tb_net();
	struct fasttrack_flow *flow, *twin;
	struct fasttrack_dir *clash;
	struct nf_conn *ct;

	ct = tb_conn(test, family, IPPROTO_UDP, TB_NAT_BOTH);
	flow = tb_flow(test, ct);
	twin = ft_flow_alloc(ct, family);
	nf_ct_put(ct);
	KUNIT_ASSERT_NOT_NULL(test, twin);
	rcu_read_lock();
	KUNIT_EXPECT_NE(test, (int)ft_table_insert(twin, &clash),
			FASTTRACK_REASON_NONE);
	KUNIT_EXPECT_PTR_EQ(test, clash, ft_flow_dir(flow, 0));
	rcu_read_unlock();
	ft_flow_discard(twin);
	KUNIT_EXPECT_EQ(test, fn->table[family].dirs, 2U);
	KUNIT_EXPECT_TRUE(test, tt_found(fn, flow));
}

static unsigned int tt_longest(struct fasttrack_net *fn, u8 family)
{
	const struct fasttrack_buckets *b;
	struct fasttrack_dir *d;
	unsigned int len, most = 0;
	u32 i;

	rcu_read_lock();
	b = rcu_dereference(fn->table[family].cur);
	for (i = 0; i <= b->mask; i++) {
		len = 0;
		for (d = ft_chain_first(b, i); d;
		     d = rcu_dereference(d->next[b->ni]))
			len++;
		most = max(most, len);
	}
	rcu_read_unlock();
	return most;
}

/* A table that nobody lets grow refuses at last, and its chains stay short */
static void table_chain_cap(struct kunit *test)
{
	u8 family = *(const u8 *)test->param_value;
	struct fasttrack_net *fn = tb_net();
	enum fasttrack_reason reason = FASTTRACK_REASON_NONE;
	struct fasttrack_dir *clash;
	struct fasttrack_flow *flow;
	unsigned int i, in = 0;
	struct nf_conn *ct;

	for (i = 0; i < 40000 && !reason; i++) {
		ct = tb_conn(test, family, IPPROTO_UDP, TB_NAT_NONE);
		flow = ft_flow_alloc(ct, family);
		nf_ct_put(ct);
		KUNIT_ASSERT_NOT_NULL(test, flow);
		rcu_read_lock();
		reason = ft_table_insert(flow, &clash);
		rcu_read_unlock();
		if (reason) {
			ft_flow_discard(flow);
			break;
		}
		set_bit(FT_CT_FLOW_BIT, &ct->status);
		atomic_inc(&fn->flows[family]);
		in++;
		cond_resched();
	}
	KUNIT_EXPECT_EQ(test, (int)reason, FASTTRACK_REASON_TABLE_CHAIN);
	KUNIT_EXPECT_NULL(test, clash);
	KUNIT_EXPECT_EQ(test, fn->table[family].dirs, 2 * in);
	KUNIT_EXPECT_EQ(test, tt_longest(fn, family), 32U);
	kunit_info(test, "%u flows before the first was refused\n", in);
}

static bool tt_wants_room(struct fasttrack_table *t)
{
	bool wants;

	rcu_read_lock();
	wants = ft_table_wants_room(t);
	rcu_read_unlock();
	return wants;
}

/* Nobody but the sweeper may let a table grow */
static void tt_grow(struct fasttrack_net *fn)
{
	ft_gc_sweep_now(fn);
	flush_delayed_work(&fn->gc);
}

static void table_growth(struct kunit *test)
{
	u8 family = *(const u8 *)test->param_value;
	struct fasttrack_net *fn = tb_net();
	struct fasttrack_table *t = &fn->table[family];
	struct fasttrack_flow **flows;

	/* Nobody asks for the sweeper */
	t->ask = U32_MAX;
	cancel_delayed_work_sync(&fn->gc);
	flows = tt_fill(test, family, TT_FLOWS);
	KUNIT_EXPECT_TRUE(test, tt_wants_room(t));
	tt_grow(fn);
	KUNIT_EXPECT_FALSE(test, tt_wants_room(t));
	tt_expect_all(test, flows, 0, TT_FLOWS);
	/* A good hash: 6000 in 2048 sets, the chance of 12 behind each other is nil */
	KUNIT_EXPECT_LT(test, tt_longest(fn, family), 12U);
}

/* Have a table believe that it has more directions, or no longer */
static void tt_pretend(struct fasttrack_table *t, u32 dirs)
{
	spin_lock_bh(&t->lock);
	t->dirs += dirs;
	spin_unlock_bh(&t->lock);
}

static u32 tt_hash(const struct fasttrack_table *t, struct fasttrack_dir *d)
{
	if (!t->family)
		return ft_table_hash4(t, d->addr4, d->l4);
	return ft_table_hash6(t, &ft_dir6(d)->saddr, &ft_dir6(d)->daddr,
			      d->l4);
}

/**
 * struct tt_sets - what is in the buckets of a table with sets
 * @first: directions that are the first of a chain
 * @moved: of these, in a bucket of their set that is not their own
 * @behind: directions that are not the first
 * @wrong: buckets that tell something else of their first one: its tag, that the
 *	chain goes on, or where its entry is
 */
struct tt_sets {
	unsigned int	first;
	unsigned int	moved;
	unsigned int	behind;
	unsigned int	wrong;
};

static struct tt_sets tt_sets(struct fasttrack_table *t)
{
	const struct fasttrack_buckets *b;
	struct fasttrack_dir *d, *next;
	struct tt_sets s = {};
	unsigned long slot;
	u32 i;

	rcu_read_lock();
	b = rcu_dereference(t->cur);
	for (i = 0; b->entry && i <= b->mask; i++) {
		slot = (unsigned long)rcu_dereference(b->head[i]);
		d = ft_slot_dir((void *)slot);
		if (!d)
			continue;
		next = rcu_dereference(d->next[b->ni]);
		s.first++;
		s.moved += (tt_hash(t, d) & b->mask) != i;
		s.wrong += ft_slot_match((void *)slot, tt_hash(t, d)) != d ||
			   !(slot & FT_SLOT_MORE) != !next ||
			   b->entry[i] !=
				ft_entry_lines(ft_dir_flow(d, t->family)->ct,
					       d);
		for (; next; next = rcu_dereference(next->next[b->ni])) {
			s.behind++;
			s.wrong += (tt_hash(t, next) & b->mask) != i;
		}
	}
	rcu_read_unlock();
	return s;
}

static void tt_count(struct fasttrack_flow *flow, void *data)
{
	unsigned int *seen = data;

	(*seen)++;
}

static void tt_expect_sets(struct kunit *test, struct fasttrack_table *t)
{
	struct tt_sets s = tt_sets(t);
	unsigned int seen = 0;

	ft_gc_walk(tb_net(), tt_count, &seen);
	KUNIT_EXPECT_EQ(test, 2 * seen, t->dirs);

	KUNIT_EXPECT_EQ(test, s.first + s.behind, t->dirs);
	KUNIT_EXPECT_EQ(test, s.wrong, 0U);
	KUNIT_EXPECT_GT(test, s.moved, 0U);
	KUNIT_EXPECT_GT(test, s.behind, 0U);
}

/* A second flow with the same key is noticed wherever the first one is */
static void tt_expect_clash(struct kunit *test, struct fasttrack_flow *flow)
{
	struct fasttrack_flow *twin = ft_flow_alloc(flow->ct, flow->family);
	enum fasttrack_reason reason;
	struct fasttrack_dir *clash;

	KUNIT_ASSERT_NOT_NULL(test, twin);
	rcu_read_lock();
	reason = ft_table_insert(twin, &clash);
	rcu_read_unlock();
	KUNIT_EXPECT_EQ(test, (int)reason, FASTTRACK_REASON_TABLE_CHAIN);
	KUNIT_EXPECT_PTR_EQ(test, clash, ft_flow_dir(flow, 0));
	if (!reason)
		ft_table_remove(twin);
	ft_flow_discard(twin);
}

/* Sets that are empty, full and more than full: who is in is found, be it in its own
 * bucket, in another or behind one, and who has gone leaves none of it wrong
 */
static void table_sets(struct kunit *test)
{
	u8 family = *(const u8 *)test->param_value;
	struct fasttrack_net *fn = tb_net();
	struct fasttrack_table *t = &fn->table[family];
	struct fasttrack_flow **flows, **more;
	unsigned int i, lost = 0;

	KUNIT_EXPECT_NULL(test, rcu_access_pointer(t->cur)->entry);
	/* 12000 directions in 16384 buckets */
	flows = tt_fill(test, family, 6000);
	tt_grow(fn);
	KUNIT_ASSERT_EQ(test, rcu_access_pointer(t->cur)->mask, 16383U);
	tt_expect_all(test, flows, 0, 6000);
	tt_expect_sets(test, t);
	for (i = 0; i < 6000; i += 20)
		tt_expect_clash(test, flows[i]);

	for (i = 0; i < 6000; i += 2)
		tt_kill(flows[i]);
	tt_expect_sets(test, t);
	for (i = 1; i < 6000; i += 2)
		lost += !tt_found(fn, flows[i]);
	more = tt_fill(test, family, 3000);
	tt_expect_sets(test, t);
	tt_expect_all(test, more, 0, 3000);
	/* From sets to sets */
	tt_pretend(t, 16384);
	tt_grow(fn);
	tt_pretend(t, -16384);
	KUNIT_EXPECT_EQ(test, rcu_access_pointer(t->cur)->mask, 32767U);
	tt_expect_sets(test, t);
	tt_expect_all(test, more, 0, 3000);
	for (i = 1; i < 6000; i += 2)
		lost += !tt_found(fn, flows[i]);
	KUNIT_EXPECT_EQ(test, lost, 0U);
}

/* The insertion that makes a table too small has the sweeper at work at once,
 * not after its usual second: flush_work() does not wait for a timer.
 */
static void table_asks(struct kunit *test)
{
	u8 family = *(const u8 *)test->param_value;
	struct fasttrack_net *fn = tb_net();
	struct fasttrack_table *t = &fn->table[family];
	u32 buckets = rcu_access_pointer(t->cur)->mask + 1;
	u32 room = buckets - buckets / 8;

	t->ask = room;
	cancel_delayed_work_sync(&fn->gc);
	tt_fill(test, family, room / 2);
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&fn->gc));
	tt_fill(test, family, buckets / 4);
	flush_work(&fn->gc.work);
	KUNIT_EXPECT_FALSE(test, tt_wants_room(t));
	KUNIT_EXPECT_EQ(test, t->dirs, room + buckets / 2);
	KUNIT_EXPECT_EQ(test, t->ask, room * 2);
}

/**
 * struct tt_reader - a reader beside growth and removal
 * @test: test
 * @flows: that stay
 * @count: how many
 * @rounds: done
 * @lost: look-ups that missed
 */
struct tt_reader {
	struct kunit		*test;
	struct fasttrack_flow	**flows;
	unsigned int		count;
	unsigned int		rounds;
	unsigned int		lost;
};

static int tt_read(void *data)
{
	struct tt_reader *r = data;
	unsigned int i;

	while (!kthread_should_stop()) {
		for (i = 0; i < r->count; i++)
			r->lost += !tt_found(tb_net(), r->flows[i]);
		WRITE_ONCE(r->rounds, r->rounds + 1);
		cond_resched();
	}
	return 0;
}

/* Flows that stay are found at every moment while others come and go and the
 * table is rebuilt again and again.
 */
static void table_readers(struct kunit *test)
{
	u8 family = *(const u8 *)test->param_value;
	struct fasttrack_net *fn = tb_net();
	struct fasttrack_table *t = &fn->table[family];
	struct fasttrack_flow **more;
	struct task_struct *task;
	struct tt_reader r = { .test = test, .count = 200 };
	unsigned int i, round;
	u32 many;

	r.flows = tt_fill(test, family, r.count);
	task = kthread_run(tt_read, &r, "ft_reader");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	for (round = 0; round < 8; round++) {
		more = tt_fill(test, family, 700);
		/* Each second time because it has to */
		many = round & 1 ? 2 * rcu_access_pointer(t->cur)->mask : 0;
		tt_pretend(t, many);
		tt_grow(fn);
		tt_pretend(t, -many);
		for (i = 0; i < 700; i += 1 + (round & 1))
			tt_kill(more[i]);
	}
	KUNIT_EXPECT_GE(test, rcu_access_pointer(t->cur)->mask, 16383U);
	while (READ_ONCE(r.rounds) < 3)
		cond_resched();
	kthread_stop(task);
	KUNIT_EXPECT_EQ(test, r.lost, 0U);
	tt_expect_all(test, r.flows, 0, r.count);
}

/* End the flows that have a watched direction right behind the first of a chain, so
 * that it becomes the first; watched ones have a mark. Returns how many.
 */
static unsigned int tt_promote(struct fasttrack_table *t,
			       const struct tt_reader *r)
{
	const struct fasttrack_buckets *b;
	struct fasttrack_dir *d, *next;
	unsigned int i, count = 0;
	struct fasttrack_flow *f;

	for (i = 0; i < 2 * r->count; i++) {
		rcu_read_lock();
		b = rcu_dereference(t->cur);
		next = ft_flow_dir(r->flows[i / 2], i & 1);
		d = ft_chain_first(b, tt_hash(t, next) & b->mask);
		f = d ? ft_dir_flow(d, t->family) : NULL;
		if (d && d != next && !f->ct->mark &&
		    rcu_dereference(d->next[b->ni]) == next)
			count += ft_flow_kill(f, FASTTRACK_REASON_FLUSHED);
		rcu_read_unlock();
	}
	return count;
}

/* Who becomes the first of a chain is found while it does */
static void table_set_readers(struct kunit *test)
{
	u8 family = *(const u8 *)test->param_value;
	struct fasttrack_table *t = &tb_net()->table[family];
	struct tt_reader r = { .test = test, .count = 200 };
	unsigned int i, round, promoted = 0, more = 4800;
	struct task_struct *task;

	for (round = 0; round < 6; round++) {
		/* 10000 directions, for which 8192 buckets have room */
		tt_fill(test, family, more);
		if (!round)
			tt_grow(tb_net());
		r.flows = tt_fill(test, family, r.count);
		for (i = 0; i < r.count; i++)
			WRITE_ONCE(r.flows[i]->ct->mark, 1);
		KUNIT_ASSERT_EQ(test, rcu_access_pointer(t->cur)->mask, 8191U);
		r.rounds = 0;
		task = kthread_run(tt_read, &r, "ft_reader");
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
		while (!READ_ONCE(r.rounds))
			cond_resched();
		more = tt_promote(t, &r);
		promoted += more;
		kthread_stop(task);
		tt_expect_sets(test, t);
		for (i = 0; i < r.count; i++)
			tt_kill(r.flows[i]);
	}
	KUNIT_EXPECT_EQ(test, r.lost, 0U);
	KUNIT_EXPECT_GT(test, promoted, 50U);
}

static struct kunit_case table_cases[] = {
	KUNIT_CASE_PARAM(table_insert_remove, tt_family),
	KUNIT_CASE_PARAM(table_strangers, tt_family),
	KUNIT_CASE_PARAM(table_clash, tt_family),
	KUNIT_CASE_PARAM(table_chain_cap, tt_family),
	KUNIT_CASE_PARAM(table_growth, tt_family),
	KUNIT_CASE_PARAM(table_sets, tt_family),
	KUNIT_CASE_PARAM(table_asks, tt_family),
	KUNIT_CASE_PARAM(table_readers, tt_family),
	KUNIT_CASE_PARAM(table_set_readers, tt_family),
	{}
};

struct kunit_suite ft_table_suite = {
	.name		= "fasttrack_table",
	.init		= tt_init,
	.exit		= tb_exit,
	.test_cases	= table_cases,
};
