// SPDX-License-Identifier: GPL-2.0
/* Owns the flags of a connection, its state and the reason why it is not
 * fast, from what the kernel tells and nothing else. Pure: must not know
 * netlink or output.
 *
 * Fast means that the connection is marked (status bit 30) and that the fast
 * table has a direction of it armed, or had one until the lease ran out with
 * no packet there to renew it: nothing has refused such an idle connection,
 * and its next packets re-arm it, so it stays fasttracked while its directions
 * show as unarmed. A mark alone is an offer: all of its packets may still be
 * slow, and why-not says why. An entry of the fast table whose mark is gone
 * was released between the two dumps, of which conntrack's is the later one.
 */
#include <linux/fasttrack.h>
#include <linux/netfilter/nf_conntrack_common.h>

#include "flags.h"

const struct conn_flag conn_flags[CONN_FLAGS] = {
	{ 'E', "expected" },
	{ 'S', "seen-reply" },
	{ 'A', "assured" },
	{ 'C', "confirmed" },
	{ 'D', "dying" },
	{ 'F', "fasttrack" },
	{ 's', "srcnat" },
	{ 'd', "dstnat" },
	{ 'H', "hw-offload" },
	{ 'o', "offload" },
};

const char conn_legend[] =
	"Flags: E - expected; S - seen-reply; A - assured; C - confirmed;\n"
	"       D - dying; F - fasttrack; s - srcnat; d - dstnat;\n"
	"       H - hw-offload; o - offload by an nft flowtable or tc";

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
	IPS_HW_OFFLOAD,
	IPS_OFFLOAD,
};

/* Learned, and unarmed for no other reason than the end of the lease. */
static bool is_idle(const struct ft_dir *dir)
{
	return dir->state == FASTTRACK_DIR_STATE_UNARMED &&
	       dir->reason == FASTTRACK_REASON_LEASE && dir->ifindex_out;
}

/**
 * conn_is_fast() - Is it fasttracked?
 * @ct: What conntrack tells.
 * @ft: What the fast table tells, or NULL.
 *
 * Return: True if so.
 */
bool conn_is_fast(const struct ct_conn *ct, const struct ft_conn *ft)
{
	if (!(ct->status & CT_STATUS_FT) || !ft)
		return false;
	if (ft->state == FASTTRACK_FLOW_STATE_ACTIVE)
		return true;
	return ft->state == FASTTRACK_FLOW_STATE_CANDIDATE && !ft->reason &&
	       (is_idle(&ft->dir[DIR_ORIG]) || is_idle(&ft->dir[DIR_REPLY]));
}

/**
 * conn_flag_status() - Which status bit a flag is.
 * @flag: Index into conn_flags.
 *
 * Return: Bit of the conntrack status, 0 for the flag that has none.
 */
u32 conn_flag_status(u32 flag)
{
	return status_bits[flag];
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
 * conn_state() - What its next packet would be to the firewall.
 * @ct: What conntrack tells.
 *
 * Entries are never invalid or untracked: such packets have none. Conntrack
 * takes an expected connection for related until it was answered.
 *
 * Return: new, established or related.
 */
const char *conn_state(const struct ct_conn *ct)
{
	if (ct->status & IPS_SEEN_REPLY)
		return "established";
	return ct->status & IPS_EXPECTED ? "related" : "new";
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
	/*
	 * Outside of the table the entry keeps the last refusal; the mark of one
	 * whose flow has just ended stays for a grace period more.
	 */
	if (CT_STATUS_REASON(ct->status))
		return CT_STATUS_REASON(ct->status);
	if (!(ct->status & CT_STATUS_FT) && ct->status & CT_STATUS_FT_SEEN)
		return FASTTRACK_REASON_FIRST_HIT;
	return FASTTRACK_REASON_NONE;
}
