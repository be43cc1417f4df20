// SPDX-License-Identifier: GPL-2.0
/*
 * Owns what is remembered of TCP handshakes: that a SYN has passed, so that the
 * ACK of the same sender leaves a record. Conntrack is satisfied with that ACK,
 * the rule matches it and makes the flow, and at POSTROUTING it teaches its own
 * direction: of a short connection one packet more goes fast. Knows hashes of
 * tuples, not whose they are: who takes the record compares.
 *
 * Nothing is held behind a packet that was of no flow yet. So the ACK teaches
 * only if none of its direction has followed it on this CPU before it leaves. On
 * another CPU there is no order to keep between the two, and those behind the
 * one there meet a flow that knows them.
 */
#include "fasttrack.h"
#include "handshake.h"
#include "record.h"

struct ft_handshakes __percpu *ft_handshakes;

/**
 * ft_handshake - a TCP packet of no flow may be part of a handshake
 * @pkt: the packet, which has no direction
 * @hash: hash of its addresses and ports
 * @plain: it has nothing but ACK, and would not keep a flow from going fast; of
 *	no matter to a SYN
 *
 * Context: early hook at PRE_ROUTING, BH off.
 */
void ft_handshake(const struct fasttrack_packet *pkt, u32 hash, bool plain)
{
	const struct tcphdr *th = (void *)(pkt->skb->data + pkt->thoff);
	u32 tag = hash & ~FT_HANDSHAKE_STATE;
	u32 *slot = ft_handshake_slot(hash);
	struct fasttrack_record rec __uninitialized;
	u32 was = READ_ONCE(*slot);

	if (th->syn) {
		if (!th->ack)
			WRITE_ONCE(*slot, tag | FT_HANDSHAKE_SYN);
		return;
	}
	if (was != (tag | FT_HANDSHAKE_SYN) || !plain) {
		/* The second packet behind a SYN, or a strange first one */
		WRITE_ONCE(*slot, 0);
		return;
	}
	WRITE_ONCE(*slot, tag | FT_HANDSHAKE_ACK);
	rec.flow_id = hash;
	rec.dir = 0;
	rec.seq = 0;
	rec.teach = true;
	rec.handshake = true;
	ft_slow_record(pkt, &rec, IPPROTO_TCP);
}

/**
 * ft_handshake_over - is the packet that left a record the last so far?
 * @hash: hash of its addresses and ports
 *
 * Once only, and on the CPU that the packet came in on.
 *
 * Return: whether. Context: BH off.
 */
bool ft_handshake_over(u32 hash)
{
	u32 *slot = ft_handshake_slot(hash);

	if (READ_ONCE(*slot) !=
	    ((hash & ~FT_HANDSHAKE_STATE) | FT_HANDSHAKE_ACK))
		return false;
	WRITE_ONCE(*slot, 0);
	return true;
}

/**
 * ft_handshake_init - allocate the tables
 *
 * Return: 0 or -ENOMEM. Context: module init.
 */
int ft_handshake_init(void)
{
	ft_handshakes = alloc_percpu(struct ft_handshakes);
	return ft_handshakes ? 0 : -ENOMEM;
}

/**
 * ft_handshake_exit - free the tables
 *
 * Context: module exit, no hook left.
 */
void ft_handshake_exit(void)
{
	free_percpu(ft_handshakes);
}
