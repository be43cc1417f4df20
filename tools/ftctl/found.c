// SPDX-License-Identifier: GPL-2.0
/* Owns the way from what the engine tells of one connection, in an answer or
 * in news, to the connection as the list has it: one set of names and values
 * for all. Pure: must not know netlink or output.
 */
#include <string.h>

#include "flags.h"
#include "found.h"

static void copy_tuple(struct ct_tuple *tuple, const struct ft_key *key)
{
	memcpy(tuple->src, key->src, sizeof(tuple->src));
	memcpy(tuple->dst, key->dst, sizeof(tuple->dst));
	tuple->src_port = key->src_port;
	tuple->dst_port = key->dst_port;
	tuple->protocol = key->protocol;
	tuple->has_ports = true;
}

/**
 * found_conn() - Make a connection of what was found.
 * @found: What the engine told.
 * @ct: Filled with conntrack's part of it.
 * @conn: Filled; points to both.
 */
void found_conn(const struct ft_found *found, struct ct_conn *ct,
		struct conn *conn)
{
	int dir;

	memset(ct, 0, sizeof(*ct));
	memset(conn, 0, sizeof(*conn));
	ct->has = CT_HAS_ID;
	ct->id = found->fast.key.id;
	ct->status = found->status;
	ct->family = found->fast.key.family;
	ct->zone = found->zone;
	ct->mark = found->mark;
	/* As ctnetlink does, which leaves out what is 0. */
	if (found->zone)
		ct->has |= CT_HAS_ZONE;
	if (found->mark)
		ct->has |= CT_HAS_MARK;
	copy_tuple(&ct->tuple[DIR_ORIG], &found->fast.key);
	copy_tuple(&ct->tuple[DIR_REPLY], &found->reply);
	if (found->has_totals)
		ct->has |= CT_HAS_COUNTERS;
	for (dir = 0; dir < DIR_COUNT; dir++) {
		ct->count[dir].packets = found->total_packets[dir];
		ct->count[dir].bytes = found->total_bytes[dir];
	}
	conn->ct = ct;
	if (found->has_flow)
		conn->ft = &found->fast;
	conn->flags = conn_flag_set(ct, conn->ft);
}
