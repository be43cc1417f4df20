// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the traffic: it makes skbs as a NIC driver does, hands them to the stack
 * in batches with softirqs off, and times that call and nothing else. Knows
 * packets, not what is done with them.
 */
#include <linux/etherdevice.h>
#include <linux/sched.h>

#include "bench.h"

#define BENCH_DATA	(BENCH_ACK | BENCH_PSH)

/* A no-operation with a number that the profiler's QEMU plugin looks for */
static __always_inline void bench_mark(const u32 number)
{
	asm volatile(".byte 0x0f, 0x1f, 0x80; .long 0x46540000 + %c0"
		     : : "i" (number) : "memory");
}

/* As a driver that fills pages and builds skbs around the frames in them */
static struct sk_buff *bench_skb(const struct bench_set *set,
				 const struct bench_packet *p,
				 struct net_device *dev)
{
	struct bench_tuple t;
	struct sk_buff *skb;
	struct ethhdr *eth;
	void *frame;

	frame = netdev_alloc_frag(BENCH_FRAME);
	if (!frame)
		return NULL;
	skb = build_skb(frame, BENCH_FRAME);
	if (!skb) {
		skb_free_frag(frame);
		return NULL;
	}
	skb_reserve(skb, NET_SKB_PAD + NET_IP_ALIGN);
	eth = skb_put(skb, ETH_HLEN + p->len);
	ether_addr_copy(eth->h_dest, dev->dev_addr);
	eth_zero_addr(eth->h_source);
	eth->h_source[0] = 2;
	eth->h_source[5] = p->dir ? 4 : 1;
	eth->h_proto = htons(set->family ? ETH_P_IPV6 : ETH_P_IP);
	bench_tuple_in(set, p->flow, p->dir, &t);
	bench_write(set, p, &t, (u8 *)(eth + 1));
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	skb_set_hash(skb, p->flow * 0x9e3779b1U, PKT_HASH_TYPE_L4);
	skb->protocol = eth_type_trans(skb, dev);
	return skb;
}

static int bench_fill(const struct bench_set *set, struct bench_batch *batch,
		      struct net_device *dev)
{
	unsigned int i;

	for (i = 0; i < batch->count; i++) {
		batch->skbs[i] = bench_skb(set, &batch->packets[i], dev);
		if (batch->skbs[i])
			continue;
		while (i--)
			kfree_skb(batch->skbs[i]);
		return -ENOMEM;
	}
	return 0;
}

static noinline u64 bench_time_list(struct list_head *list)
{
	u64 start;

	start = bench_clock();
	bench_mark(1);
	netif_receive_skb_list(list);
	bench_mark(2);
	return bench_clock() - start;
}

static noinline u64 bench_time_each(struct bench_batch *batch)
{
	unsigned int i;
	u64 start;

	start = bench_clock();
	bench_mark(1);
	for (i = 0; i < batch->count; i++)
		netif_receive_skb(batch->skbs[i]);
	bench_mark(2);
	return bench_clock() - start;
}

/* Hand the batch over. All of it is freed when this returns, or has left. */
static u64 bench_hand_over(struct bench_batch *batch,
			   const struct bench_order *order)
{
	LIST_HEAD(list);
	unsigned int i;

	if (!order->single)
		for (i = 0; i < batch->count; i++)
			list_add_tail(&batch->skbs[i]->list, &list);
	if (order->timed)
		return order->single ? bench_time_each(batch) :
				       bench_time_list(&list);
	if (!order->single)
		netif_receive_skb_list(&list);
	else
		for (i = 0; i < batch->count; i++)
			netif_receive_skb(batch->skbs[i]);
	return 0;
}

/* What came out of one batch? Softirqs are still off: nothing else sends. */
static void bench_settle(struct bench_net *bn, const struct bench_batch *batch,
			 const struct bench_order *order, u64 packets,
			 u64 bytes)
{
	bool nothing = bn->set.expect == BENCH_NOTHING;
	u64 wanted = 0;
	unsigned int i;

	packets = bn->out_packets - packets;
	bytes = bn->out_bytes - bytes;
	bn->result.sent += batch->count;
	bn->result.received += packets;
	for (i = 0; i < batch->count && !nothing; i++)
		wanted += ETH_HLEN + batch->packets[i].len;
	if (packets != (nothing ? 0 : batch->count) || bytes != wanted)
		bench_complain(bn, "%u packets in, %llu packets out, %llu bytes, wanted %llu",
			       batch->count, packets, bytes, wanted);
	if (!order->check || nothing)
		return;
	for (i = 0; i < batch->count; i++)
		if (!batch->packets[i].seen)
			bench_complain(bn, "packet %u of flow %u did not leave",
				       i, batch->packets[i].flow);
}

/* One batch from packets to sink; its time, or an error. */
static int bench_batch(struct bench_net *bn, struct bench_batch *batch,
		       const struct bench_order *order, struct net_device *dev,
		       u64 *spent)
{
	u64 packets, bytes;
	int err;

	local_bh_disable();
	err = bench_fill(&bn->set, batch, dev);
	if (!err) {
		packets = bn->out_packets;
		bytes = bn->out_bytes;
		WRITE_ONCE(bn->checking, order->check ? batch : NULL);
		*spent = bench_hand_over(batch, order);
		WRITE_ONCE(bn->checking, NULL);
		bench_settle(bn, batch, order, packets, bytes);
	}
	local_bh_enable();
	cond_resched();
	return err;
}

static void bench_packet(struct bench_net *bn, struct bench_packet *p, u32 flow,
			 u8 dir, u8 flags, u32 bytes)
{
	struct bench_set *set = &bn->set;
	struct bench_seq *s = &set->seq[flow];
	unsigned int header;

	memset(p, 0, sizeof(*p));
	p->flow = flow;
	p->dir = dir;
	p->flags = flags;
	p->ttl = BENCH_TTL;
	p->len = bytes ?: bench_shortest(set, flags);
	p->tag = bn->tag++;
	p->id = p->tag;
	if (set->proto != IPPROTO_TCP)
		return;
	header = bench_l3(set) + sizeof(struct tcphdr);
	p->seq = s->next[dir];
	p->ack = s->next[!dir];
	if (flags & (BENCH_SYN | BENCH_FIN))
		s->next[dir]++;
	else
		s->next[dir] += p->len - header;
}

static u32 bench_gcd(u32 a, u32 b)
{
	while (b) {
		u32 r = a % b;

		a = b;
		b = r;
	}
	return a;
}

/* Far from each other in every table, and all of them before one comes again */
static u32 bench_stride(u32 flows)
{
	u32 stride = flows / 1000 * 618 + flows % 1000 * 618 / 1000;

	stride = max(stride, 1U);
	while (bench_gcd(stride, flows) != 1)
		stride++;
	return stride;
}

/**
 * bench_send - send packets of the flow set in one direction
 * @bn: namespace; its result says what became of them
 * @order: what to send
 *
 * Return: 0 or a negative error. Context: process; bn->lock.
 */
int bench_send(struct bench_net *bn, const struct bench_order *order)
{
	u32 stride = bench_stride(bn->set.flows), left = order->packets;
	struct net_device *dev = bench_device(bn, order->dir);
	u64 flow = (u64)order->skip * stride % bn->set.flows;
	struct bench_batch *batch;
	struct bench_times *times;
	int err = -ENOMEM;
	u64 spent;
	u32 i;

	if (!dev)
		return -ENODEV;
	batch = kmalloc(sizeof(*batch), GFP_KERNEL);
	times = bench_times_alloc(left / BENCH_BATCH);
	if (!batch || !times)
		goto out;
	for (err = 0; left && !err; left -= batch->count) {
		batch->count = min_t(u32, left, BENCH_BATCH);
		for (i = 0; i < batch->count; i++) {
			bench_packet(bn, &batch->packets[i], flow, order->dir,
				     BENCH_DATA, order->bytes);
			flow = (flow + stride) % bn->set.flows;
		}
		err = bench_batch(bn, batch, order, dev, &spent);
		if (!err && order->timed && batch->count == BENCH_BATCH)
			bench_times_add(times, spent);
		if (signal_pending(current))
			err = -EINTR;
	}
	bench_times_result(times, &bn->result);
out:
	bench_times_free(times);
	kfree(batch);
	dev_put(dev);
	return err;
}

/**
 * struct bench_step - one packet of a connection
 * @dir: 0 original, 1 reply
 * @flags: TCP flags
 * @payload: bytes behind the headers, with BENCH_PSH; 0: as few as possible
 */
struct bench_step {
	u8	dir;
	u8	flags;
	u16	payload;
};

/* What makes a connection that may be fast: seen both ways, assured */
static const struct bench_step bench_open_udp[] = {
	{ 0, BENCH_DATA }, { 1, BENCH_DATA }, { 0, BENCH_DATA },
	{ 1, BENCH_DATA },
};

static const struct bench_step bench_open_tcp[] = {
	{ 0, BENCH_SYN }, { 1, BENCH_SYN | BENCH_ACK }, { 0, BENCH_ACK },
	{ 0, BENCH_DATA }, { 1, BENCH_DATA },
};

/* DNS: a question and its answer */
static const struct bench_step bench_whole_udp[] = {
	{ 0, BENCH_DATA, 40 }, { 1, BENCH_DATA, 120 },
};

/* Ten packets: a request, an answer of two packets, an end from either side.
 * Each is a batch of its own, with one packet of each connection: in a router
 * what answers a packet cannot come with it, nor does a host say at once what
 * it has to say next.
 */
static const struct bench_step bench_whole_tcp[] = {
	{ 0, BENCH_SYN }, { 1, BENCH_SYN | BENCH_ACK }, { 0, BENCH_ACK },
	{ 0, BENCH_DATA, 300 }, { 1, BENCH_DATA, 1400 },
	{ 1, BENCH_DATA, 700 }, { 0, BENCH_ACK }, { 0, BENCH_FIN | BENCH_ACK },
	{ 1, BENCH_FIN | BENCH_ACK }, { 0, BENCH_ACK },
};

/* The same step of 64 connections, one after the other; adds up the time */
static int bench_step(struct bench_net *bn, struct bench_batch *batch, u32 flow,
		      const struct bench_step *step,
		      const struct bench_order *order,
		      struct net_device *const dev[], u64 *spent)
{
	u32 i, bytes = 0;
	u64 time = 0;
	int err;

	if (step->payload)
		bytes = bench_shortest(&bn->set, step->flags) - sizeof(u32) +
			step->payload;
	batch->count = min_t(u32, bn->set.flows - flow, BENCH_BATCH);
	for (i = 0; i < batch->count; i++)
		bench_packet(bn, &batch->packets[i], flow + i, step->dir,
			     step->flags, bytes);
	err = bench_batch(bn, batch, order, dev[step->dir], &time);
	*spent += time;
	return err;
}

static int bench_steps(struct bench_net *bn, const struct bench_step *steps,
		       unsigned int count, const struct bench_order *order)
{
	struct net_device *dev[2] = { bench_device(bn, 0),
				      bench_device(bn, 1) };
	struct bench_times *times;
	struct bench_batch *batch;
	int err = -ENOMEM;
	unsigned int i;
	u64 spent;
	u32 flow;

	batch = kmalloc(sizeof(*batch), GFP_KERNEL);
	times = bench_times_alloc(bn->set.flows / BENCH_BATCH);
	if (!batch || !times)
		goto out;
	err = dev[0] && dev[1] ? 0 : -ENODEV;
	for (flow = 0; flow < bn->set.flows && !err; flow += BENCH_BATCH) {
		for (i = 0, spent = 0; i < count && !err; i++)
			err = bench_step(bn, batch, flow, &steps[i], order,
					 dev, &spent);
		if (order->timed && batch->count == BENCH_BATCH)
			bench_times_add(times, spent);
		if (signal_pending(current))
			err = -EINTR;
	}
	bench_times_result(times, &bn->result);
out:
	bench_times_free(times);
	kfree(batch);
	dev_put(dev[0]);
	dev_put(dev[1]);
	return err;
}

/**
 * bench_open - open all connections of the set
 * @bn: namespace
 *
 * Return: 0 or a negative error. Context: process; bn->lock.
 */
int bench_open(struct bench_net *bn)
{
	static const struct bench_order order;

	if (bn->set.proto == IPPROTO_UDP)
		return bench_steps(bn, bench_open_udp,
				   ARRAY_SIZE(bench_open_udp), &order);
	return bench_steps(bn, bench_open_tcp, ARRAY_SIZE(bench_open_tcp),
			   &order);
}

/**
 * bench_connect - carry out whole short connections, timed
 * @bn: namespace
 * @single: packets one by one
 *
 * A time is that of 64 connections, from their first packet to the last.
 *
 * Return: 0 or a negative error. Context: process; bn->lock.
 */
int bench_connect(struct bench_net *bn, bool single)
{
	const struct bench_order order = { .timed = true, .single = single };

	if (bn->set.proto == IPPROTO_UDP)
		return bench_steps(bn, bench_whole_udp,
				   ARRAY_SIZE(bench_whole_udp), &order);
	return bench_steps(bn, bench_whole_tcp, ARRAY_SIZE(bench_whole_tcp),
			   &order);
}
