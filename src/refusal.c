// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the last refusal of a connection that is not in the table, kept in its
 * conntrack entry. Knows nothing of why it was refused.
 */
#include "refusal.h"

/**
 * ft_refusal_stays - is a refusal about the connection?
 * @reason: why the rule's packet was refused
 *
 * Return: whether, or about no more than this packet. Context: any.
 */
bool ft_refusal_stays(enum fasttrack_reason reason)
{
	switch (reason) {
	case FASTTRACK_REASON_CONNTRACK:
	case FASTTRACK_REASON_RELATED:
	case FASTTRACK_REASON_TEMPLATE:
	case FASTTRACK_REASON_NOT_CONFIRMED:
		return false;
	default:
		return true;
	}
}

/**
 * ft_refusal_set - remember why a connection is not fast
 * @ct: confirmed entry
 * @reason: why, or FASTTRACK_REASON_NONE
 *
 * It stands in status bits that the kernel does not use: so it lives as long
 * as the entry, needs no memory and no bound, and comes with every dump. The
 * kernel changes the status of a confirmed entry bit by bit, atomically.
 *
 * Context: any.
 */
void ft_refusal_set(struct nf_conn *ct, enum fasttrack_reason reason)
{
	unsigned long was = READ_ONCE(ct->status);
	unsigned long bits = 0;

	BUILD_BUG_ON(__IPS_MAX_BIT > FT_REFUSAL_SHIFT);
	BUILD_BUG_ON(FT_REFUSAL_MASK & ~(BIT(FT_CT_SEEN_BIT) - 1));
	BUILD_BUG_ON(__FASTTRACK_REASON_MAX > 256);
	/* The first hit has a bit of its own */
	if (reason != FASTTRACK_REASON_FIRST_HIT)
		bits = (unsigned long)reason << FT_REFUSAL_SHIFT;
	do {
		if ((was & FT_REFUSAL_MASK) == bits)
			return;
	} while (!try_cmpxchg(&ct->status, &was,
			      (was & ~FT_REFUSAL_MASK) | bits));
}
