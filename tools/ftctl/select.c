// SPDX-License-Identifier: GPL-2.0
/* Owns connections in order. With a limit only so many are kept, in a heap
 * whose top is the last one of them: most connections of a large table are
 * then seen and not copied. Must not know netlink or output.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "select.h"

#define FIRST_ROOM	256

/**
 * struct kept - A copy of a connection.
 * @ct: What conntrack tells; its helper is one of struct selection's names.
 * @ft: What the fast table tells; it stays there.
 * @rate: As in struct conn.
 * @key: What numbers are sorted by, smallest first.
 * @missing: It has no value, and comes last.
 * @number: Its place among all; equals stay in order.
 * @flags: As in struct conn.
 * @has_rate: As in struct conn.
 */
struct kept {
	struct ct_conn ct;
	const struct ft_conn *ft;
	u64 rate[DIR_COUNT];
	u64 key;
	u32 number;
	u32 flags;
	bool missing;
	bool has_rate;
};

/**
 * struct selection - Connections.
 * @sort: Property, or SELECT_UNSORTED.
 * @by_key: The keys say all about the order.
 * @reverse: Turn the order around; what has no value still comes last.
 * @limit: How many are kept, or SELECT_ALL.
 * @kept: They.
 * @count: How many.
 * @room: How many there is room for.
 * @seen: How many were added.
 * @order: Their numbers in @kept: a heap, and sorted in the end.
 * @helper: Names of helpers, each once.
 * @helpers: How many.
 */
struct selection {
	enum conn_prop sort;
	bool by_key;
	bool reverse;
	size_t limit;
	struct kept *kept;
	size_t count;
	size_t room;
	u32 seen;
	u32 *order;
	char **helper;
	size_t helpers;
};

/**
 * select_new() - Begin a selection.
 * @sort: Property to sort by, or SELECT_UNSORTED.
 * @reverse: Turn the order around.
 * @limit: Keep so many, or SELECT_ALL.
 *
 * Return: The selection.
 */
struct selection *select_new(enum conn_prop sort, bool reverse, size_t limit)
{
	struct selection *sel = xrealloc(NULL, 1, sizeof(*sel));

	memset(sel, 0, sizeof(*sel));
	sel->sort = sort;
	sel->reverse = reverse;
	sel->limit = limit;
	sel->by_key = sort == SELECT_UNSORTED ||
		      (conn_props[sort].kind != CONN_WORD &&
		       conn_props[sort].kind != CONN_ADDRESS);
	return sel;
}

/**
 * select_free() - Free a selection.
 * @selection: Selection, or NULL.
 */
void select_free(struct selection *selection)
{
	size_t i;

	if (!selection)
		return;
	for (i = 0; i < selection->helpers; i++)
		free(selection->helper[i]);
	free(selection->helper);
	free(selection->kept);
	free(selection->order);
	free(selection);
}

/**
 * select_clear() - Begin again.
 * @selection: Selection.
 */
void select_clear(struct selection *selection)
{
	selection->count = 0;
	selection->seen = 0;
}

static void as_conn(const struct kept *kept, struct conn *conn)
{
	conn->ct = &kept->ct;
	conn->ft = kept->ft;
	memcpy(conn->rate, kept->rate, sizeof(conn->rate));
	conn->has_rate = kept->has_rate;
	conn->flags = kept->flags;
}

/* Smallest first, and the largest value is the smallest key, as
 * conn_compare() has it. Returns whether there is a value.
 */
static bool make_key(const struct selection *sel, const struct conn *conn,
		     u64 *key)
{
	struct conn_value value;
	bool smallest_first;

	*key = 0;
	if (sel->sort == SELECT_UNSORTED)
		return true;
	if (!conn_get(conn, sel->sort, &value))
		return false;
	if (!sel->by_key)
		return true;
	*key = value.number;
	smallest_first = conn_props[sel->sort].kind == CONN_PORT;
	if (smallest_first == sel->reverse)
		*key = ~*key;
	return true;
}

/* Which comes first? Negative for @a. */
static int compare(const struct selection *sel, const struct kept *a,
		   const struct kept *b)
{
	struct conn ca, cb;
	int ret;

	if (a->missing != b->missing)
		return a->missing - b->missing;
	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	if (!sel->by_key && !a->missing) {
		as_conn(a, &ca);
		as_conn(b, &cb);
		ret = conn_compare(&ca, &cb, sel->sort);
		if (ret)
			return sel->reverse ? -ret : ret;
	}
	return a->number < b->number ? -1 : 1;
}

static int compare_order(const void *a, const void *b, void *data)
{
	const struct selection *sel = data;

	return compare(sel, &sel->kept[*(const u32 *)a],
		       &sel->kept[*(const u32 *)b]);
}

static bool is_after(const struct selection *sel, size_t a, size_t b)
{
	return compare(sel, &sel->kept[sel->order[a]],
		       &sel->kept[sel->order[b]]) > 0;
}

static void swap_order(struct selection *sel, size_t a, size_t b)
{
	u32 tmp = sel->order[a];

	sel->order[a] = sel->order[b];
	sel->order[b] = tmp;
}

static void sift_up(struct selection *sel, size_t at)
{
	while (at && is_after(sel, at, (at - 1) / 2)) {
		swap_order(sel, at, (at - 1) / 2);
		at = (at - 1) / 2;
	}
}

static void sift_down(struct selection *sel, size_t at)
{
	size_t child;

	for (;;) {
		child = at * 2 + 1;
		if (child >= sel->count)
			return;
		if (child + 1 < sel->count && is_after(sel, child + 1, child))
			child++;
		if (!is_after(sel, child, at))
			return;
		swap_order(sel, at, child);
		at = child;
	}
}

static const char *keep_helper(struct selection *sel, const char *name)
{
	size_t i;

	if (!name)
		return NULL;
	for (i = 0; i < sel->helpers; i++)
		if (!strcmp(sel->helper[i], name))
			return sel->helper[i];
	sel->helper = xrealloc(sel->helper, i + 1, sizeof(*sel->helper));
	sel->helper[i] = xrealloc(NULL, strlen(name) + 1, 1);
	strcpy(sel->helper[i], name);
	sel->helpers++;
	return sel->helper[i];
}

static void fill(struct selection *sel, struct kept *kept,
		 const struct conn *conn)
{
	kept->ct = *conn->ct;
	kept->ct.helper = keep_helper(sel, conn->ct->helper);
	kept->ft = conn->ft;
	memcpy(kept->rate, conn->rate, sizeof(kept->rate));
	kept->has_rate = conn->has_rate;
	kept->flags = conn->flags;
}

static void grow(struct selection *sel)
{
	size_t room = sel->room ? sel->room * 2 : FIRST_ROOM;

	if (sel->limit && room > sel->limit)
		room = sel->limit;
	sel->kept = xrealloc(sel->kept, room, sizeof(*sel->kept));
	sel->order = xrealloc(sel->order, room, sizeof(*sel->order));
	sel->room = room;
}

/* Does a new one come before the last one? Equals stay in order. */
static bool is_better(const struct selection *sel, const struct conn *conn,
		      bool missing, u64 key)
{
	const struct kept *last = &sel->kept[sel->order[0]];
	struct conn old;
	int ret;

	if (missing != last->missing)
		return last->missing;
	if (missing || key > last->key)
		return false;
	if (key < last->key)
		return true;
	if (sel->by_key)
		return false;
	as_conn(last, &old);
	ret = conn_compare(conn, &old, sel->sort);
	return sel->reverse ? ret > 0 : ret < 0;
}

/**
 * select_add() - Add a connection.
 * @selection: Selection.
 * @conn: Connection, copied if it is among the first ones so far.
 */
void select_add(struct selection *selection, const struct conn *conn)
{
	struct selection *sel = selection;
	bool full = sel->limit && sel->count == sel->limit;
	u64 key;
	bool missing = !make_key(sel, conn, &key);
	struct kept *kept;

	if (full && !is_better(sel, conn, missing, key))
		return;
	if (!full && sel->count == sel->room)
		grow(sel);
	/* A full heap gives up its last one, which is on top. */
	kept = &sel->kept[full ? sel->order[0] : sel->count];
	fill(sel, kept, conn);
	kept->key = key;
	kept->missing = missing;
	kept->number = sel->seen++;
	if (full) {
		sift_down(sel, 0);
		return;
	}
	sel->order[sel->count] = sel->count;
	sel->count++;
	if (sel->limit)
		sift_up(sel, sel->count - 1);
}

/**
 * select_sort() - Bring them in order; nothing is added after that.
 * @selection: Selection.
 */
void select_sort(struct selection *selection)
{
	if (selection->count)
		qsort_r(selection->order, selection->count,
			sizeof(*selection->order), compare_order, selection);
}

/**
 * select_count() - Count them.
 * @selection: Selection.
 *
 * Return: How many there are.
 */
size_t select_count(const struct selection *selection)
{
	return selection->count;
}

/**
 * select_get() - Get one of them.
 * @selection: Selection, sorted.
 * @i: Which, from 0.
 * @conn: Filled; it points into the selection.
 */
void select_get(const struct selection *selection, size_t i,
		struct conn *conn)
{
	as_conn(&selection->kept[selection->order[i]], conn);
}
