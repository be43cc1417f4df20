// SPDX-License-Identifier: GPL-2.0
/* Owns the hash table that finds a connection of the fast table by conntrack
 * id and original tuple. Pure: must not know netlink or output.
 */
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "join.h"

#define MIN_SLOTS	64

/**
 * struct join - Connections and an open-addressed index of them.
 * @conn: Connections in the order in which they came.
 * @count: How many.
 * @room: How many @conn has room for.
 * @slot: Index into @conn plus one, 0 if empty; at most half of them used.
 * @slots: Number of slots, a power of two.
 */
struct join {
	struct ft_conn *conn;
	size_t count;
	size_t room;
	u32 *slot;
	size_t slots;
};

/**
 * join_new() - Make an empty table.
 *
 * Return: The table.
 */
struct join *join_new(void)
{
	struct join *join = xrealloc(NULL, 1, sizeof(*join));

	memset(join, 0, sizeof(*join));
	join->slots = MIN_SLOTS;
	join->slot = xrealloc(NULL, join->slots, sizeof(*join->slot));
	join_clear(join);
	return join;
}

/**
 * join_free() - Free a table.
 * @join: Table, or NULL.
 */
void join_free(struct join *join)
{
	if (!join)
		return;
	free(join->conn);
	free(join->slot);
	free(join);
}

/**
 * join_clear() - Forget all connections.
 * @join: Table.
 */
void join_clear(struct join *join)
{
	join->count = 0;
	memset(join->slot, 0, join->slots * sizeof(*join->slot));
}

/* The id is a keyed hash of the kernel's that no sender of packets can steer,
 * so it is all that has to be spread; the tuple is only compared. Returns the
 * slot of the connection, or the empty one where it belongs.
 */
static size_t probe(const struct join *join, const struct ft_key *key)
{
	u64 hash = key->id * 0x9e3779b97f4a7c15ull;
	size_t at = (hash >> 32) & (join->slots - 1);

	while (join->slot[at] &&
	       memcmp(&join->conn[join->slot[at] - 1].key, key, sizeof(*key)))
		at = (at + 1) & (join->slots - 1);
	return at;
}

static void grow_slots(struct join *join)
{
	size_t i;

	join->slots *= 2;
	join->slot = xrealloc(join->slot, join->slots, sizeof(*join->slot));
	memset(join->slot, 0, join->slots * sizeof(*join->slot));
	for (i = 0; i < join->count; i++)
		join->slot[probe(join, &join->conn[i].key)] = i + 1;
}

/**
 * join_add() - Add a connection, or replace what is known of it.
 * @join: Table.
 * @conn: Connection, copied.
 */
void join_add(struct join *join, const struct ft_conn *conn)
{
	size_t at = probe(join, &conn->key);

	if (join->slot[at]) {
		join->conn[join->slot[at] - 1] = *conn;
		return;
	}
	if (join->count == join->room) {
		join->room = join->room ? join->room * 2 : MIN_SLOTS;
		join->conn = xrealloc(join->conn, join->room,
				      sizeof(*join->conn));
	}
	join->conn[join->count++] = *conn;
	join->slot[at] = join->count;
	if (join->count * 2 > join->slots)
		grow_slots(join);
}

/**
 * join_find() - Find a connection.
 * @join: Table.
 * @key: Its name.
 *
 * Return: The connection, valid until the table changes, or NULL.
 */
const struct ft_conn *join_find(const struct join *join,
				const struct ft_key *key)
{
	u32 slot = join->slot[probe(join, key)];

	return slot ? &join->conn[slot - 1] : NULL;
}

/**
 * join_count() - Count connections.
 * @join: Table.
 *
 * Return: How many there are.
 */
size_t join_count(const struct join *join)
{
	return join->count;
}
