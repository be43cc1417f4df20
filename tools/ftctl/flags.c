// SPDX-License-Identifier: GPL-2.0
/* Owns the flags of a connection and the reason why it is not fast, both from
 * what the kernel tells and nothing else. Pure: must not know netlink or
 * output.
 *
 * Fast means that the connection is marked (status bit 30) and that the fast
 * table has a direction of it armed. A mark alone is an offer: all of its
 * packets may still be slow, and why-not says why. An entry of the fast table
 * whose mark is gone was released between the two dumps, of which conntrack's
 * is the later one.
 */
#include <linux/fasttrack.h>
#include <linux/netfilter/nf_conntrack_common.h>

#include "flags.h"

const struct show_flag conn_flags[CONN_FLAGS] = {
	{ 'E', "expected" },
	{ 'S', "seen-reply" },
	{ 'A', "assured" },
	{ 'C', "confirmed" },
	{ 'D', "dying" },
	{ 'F', "fasttrack" },
	{ 's', "srcnat" },
	{ 'd', "dstnat" },
};

const char conn_legend[] =
	"Flags: E - expected; S - seen-reply; A - assured; C - confirmed;\n"
	"       D - dying; F - fasttrack; s - srcnat; d - dstnat";

/* In the order of conn_flags; the fast one has no bit of its own. */
static const u32 status_bits[CONN_FLAGS] = {
	IPS_EXPECTED,
	IPS_SEEN_REPLY,
	IPS_ASSURED,
	IPS_CONFIRMED,
	IPS_DYING,
	0,
	IPS_SRC_NAT,
	IPS_DST_NAT,
};

/**
 * conn_is_fast() - Is any direction of it fast?
 * @ct: What conntrack tells.
 * @ft: What the fast table tells, or NULL.
 *
 * Return: True if so.
 */
bool conn_is_fast(const struct ct_conn *ct, const struct ft_conn *ft)
{
	return ct->status & CT_STATUS_FT && ft &&
	       ft->state == FASTTRACK_FLOW_STATE_ACTIVE;
}

/**
 * conn_flag_set() - Flags of a connection.
 * @ct: What conntrack tells.
 * @ft: What the fast table tells, or NULL.
 *
 * Return: Bit by index into conn_flags.
 */
u32 conn_flag_set(const struct ct_conn *ct, const struct ft_conn *ft)
{
	u32 set = 0;
	size_t i;

	for (i = 0; i < CONN_FLAGS; i++)
		if (status_bits[i] ? ct->status & status_bits[i] :
				     conn_is_fast(ct, ft))
			set |= BIT(i);
	return set;
}

/**
 * conn_why_not() - Why a connection is not fast.
 * @ct: What conntrack tells.
 * @ft: What the fast table tells, or NULL.
 *
 * The refusal of the whole connection counts more than that of the latest
 * slow packet of a direction.
 *
 * Return: enum fasttrack_reason, FASTTRACK_REASON_NONE if it is fast or if
 * the kernel does not tell.
 */
u32 conn_why_not(const struct ct_conn *ct, const struct ft_conn *ft)
{
	if (conn_is_fast(ct, ft))
		return FASTTRACK_REASON_NONE;
	if (ft && ft->reason)
		return ft->reason;
	if (ft && ft->dir[DIR_ORIG].reason)
		return ft->dir[DIR_ORIG].reason;
	if (ft && ft->dir[DIR_REPLY].reason)
		return ft->dir[DIR_REPLY].reason;
	if (ft && ft->state == FASTTRACK_FLOW_STATE_CLOSING)
		return FASTTRACK_REASON_CLOSING;
	if (ft && ct->status & CT_STATUS_FT)
		return FASTTRACK_REASON_LEARNING;
	if (!(ct->status & CT_STATUS_FT) && ct->status & CT_STATUS_FT_SEEN)
		return FASTTRACK_REASON_FIRST_HIT;
	return FASTTRACK_REASON_NONE;
}
