// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the records that slow packets leave at the early hook for the learn
 * hook. Knows skbs as addresses only: a record never follows one.
 *
 * A list of 64 packets passes PRE_ROUTING as a whole before its first packet
 * reaches POSTROUTING, on the same CPU. So the table is per CPU and holds a
 * few such lists. A packet that is queued or moves to another CPU finds no
 * record and teaches nothing. One that finds the record of an earlier skb at
 * the same address is caught by the flow's id and the comparison; the older
 * tokens of such a record only make it stricter.
 */
#include <linux/hash.h>
#include <linux/jiffies.h>

#include "fasttrack.h"
#include "record.h"

#define FT_RECORD_BITS	7
#define FT_RECORD_PROBE	16

/**
 * struct ft_records - records of one CPU
 * @lock: for PREEMPT_RT and for process context on the same CPU; BH off,
 *	innermost, never contended
 * @used: number of records
 * @rec: open addressing, probes of FT_RECORD_PROBE
 */
struct ft_records {
	spinlock_t		lock;	/* rec[] */
	unsigned int		used;
	struct fasttrack_record	rec[1 << FT_RECORD_BITS];
};

static struct ft_records __percpu *ft_records;

static u32 ft_record_slot(const struct sk_buff *skb, unsigned int probe)
{
	u32 slot = hash_ptr(skb, FT_RECORD_BITS) + probe;

	return slot & (BIT(FT_RECORD_BITS) - 1);
}

/**
 * ft_record_put - leave a record on this CPU
 * @rec: all but the headers
 * @headers: rec->hlen bytes
 *
 * Takes the first slot that is free or has a record of an earlier packet at
 * the same address, else one whose packet was dropped long ago, else the first
 * of the probe: the packet that loses its record stays slow. Of two records for
 * one address the first of the probe is found; the other one is the older.
 *
 * Context: BH off.
 */
void ft_record_put(const struct fasttrack_record *rec, const void *headers)
{
	struct ft_records *r = this_cpu_ptr(ft_records);
	struct fasttrack_record *slot, *best = NULL;
	unsigned int i;

	spin_lock(&r->lock);
	for (i = 0; i < FT_RECORD_PROBE; i++) {
		slot = &r->rec[ft_record_slot(rec->skb, i)];
		if (slot->skb == rec->skb || !slot->skb) {
			best = slot;
			break;
		}
		if (!best && !ft_before(rec->stamp, slot->stamp + HZ))
			best = slot;
	}
	if (!best)
		best = &r->rec[ft_record_slot(rec->skb, 0)];
	WRITE_ONCE(r->used, r->used + !best->skb);
	memcpy(best, rec, offsetof(struct fasttrack_record, headers));
	memcpy(best->headers, headers, rec->hlen);
	spin_unlock(&r->lock);
}

/**
 * ft_record_take - remove a packet's record from this CPU
 * @skb: packet
 * @rec: set when found
 *
 * Return: whether there was one. Context: BH off.
 */
bool ft_record_take(const struct sk_buff *skb, struct fasttrack_record *rec)
{
	struct ft_records *r = this_cpu_ptr(ft_records);
	struct fasttrack_record *slot;
	bool found = false;
	unsigned int i;

	/* Most packets of most connections leave none */
	if (!READ_ONCE(r->used))
		return false;
	spin_lock(&r->lock);
	for (i = 0; i < FT_RECORD_PROBE && !found; i++) {
		slot = &r->rec[ft_record_slot(skb, i)];
		if (slot->skb != skb)
			continue;
		memcpy(rec, slot, offsetof(struct fasttrack_record, headers) +
		       slot->hlen);
		slot->skb = NULL;
		WRITE_ONCE(r->used, r->used - 1);
		found = true;
	}
	spin_unlock(&r->lock);
	return found;
}

/**
 * ft_record_init - allocate the tables
 *
 * Return: 0 or -ENOMEM. Context: module init.
 */
int ft_record_init(void)
{
	int cpu;

	ft_records = alloc_percpu(struct ft_records);
	if (!ft_records)
		return -ENOMEM;
	for_each_possible_cpu(cpu)
		spin_lock_init(&per_cpu_ptr(ft_records, cpu)->lock);
	return 0;
}

/**
 * ft_record_exit - free the tables
 *
 * Context: module exit, no hook left.
 */
void ft_record_exit(void)
{
	free_percpu(ft_records);
}
