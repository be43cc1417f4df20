// SPDX-License-Identifier: GPL-2.0
/* Owns which columns of the live view fit into a terminal, and what stands in
 * them. Pure: must not know the terminal.
 */
#include "diag.h"
#include "watch.h"

/* From left to right. The larger @keep the longer a column stays when the
 * terminal gets narrow.
 */
static const struct {
	u8 prop;
	u8 keep;
} all[] = {
	{ PROP_FLAGS, 9 },
	{ PROP_PROTOCOL, 8 },
	{ PROP_SRC_ADDRESS, 10 },
	{ PROP_DST_ADDRESS, 10 },
	{ PROP_REPLY_DST_ADDRESS, 1 },
	{ PROP_TCP_STATE, 4 },
	{ PROP_TIMEOUT, 5 },
	{ PROP_ORIG_RATE, 8 },
	{ PROP_REPL_RATE, 8 },
	{ PROP_ORIG_BYTES, 5 },
	{ PROP_REPL_BYTES, 5 },
	{ PROP_ORIG_FASTTRACK_BYTES, 2 },
	{ PROP_REPL_FASTTRACK_BYTES, 2 },
	{ PROP_ORIG_OUT_DEVICE, 1 },
	{ PROP_WHY_NOT, 6 },
};

#define ALWAYS	10
#define GAP	1
/* An address that is cut below this says nothing. */
#define ADDRESS_MIN	10

/**
 * layout_cell() - Write a value as short as it is still useful.
 * @conn: Connection.
 * @prop: Property.
 * @buf: Where to.
 */
void layout_cell(const struct conn *conn, enum conn_prop prop,
		 struct buf *buf)
{
	struct conn_value value;

	switch (prop) {
	case PROP_ORIG_BYTES:
	case PROP_REPL_BYTES:
	case PROP_ORIG_FASTTRACK_BYTES:
	case PROP_REPL_FASTTRACK_BYTES:
		if (conn_get(conn, prop, &value))
			buf_scaled(buf, value.number, "B");
		break;
	case PROP_REPLY_DST_ADDRESS:
		if (ct_nat_differs(conn->ct, DIR_REPLY))
			conn_text(conn, prop, buf);
		break;
	default:
		conn_text(conn, prop, buf);
		break;
	}
}

/**
 * layout_next() - Step through the columns.
 * @prop: Where from.
 * @step: 1 to the right, -1 to the left.
 *
 * Return: Next property, round and round.
 */
enum conn_prop layout_next(enum conn_prop prop, int step)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(all); i++)
		if (all[i].prop == prop)
			break;
	if (i == ARRAY_SIZE(all))
		return PROP_REPL_RATE;
	return all[(i + ARRAY_SIZE(all) + step) % ARRAY_SIZE(all)].prop;
}

static size_t widest(const struct watch *watch, enum conn_prop prop,
		     struct buf *buf)
{
	size_t width = strlen(conn_props[prop].key);
	size_t i, end = watch->offset + watch->rows;
	struct conn conn;

	for (i = watch->offset; i < end; i++) {
		if (i >= select_count(watch->selection))
			break;
		select_get(watch->selection, i, &conn);
		buf->used = 0;
		layout_cell(&conn, prop, buf);
		if (buf->used > width)
			width = buf->used;
	}
	return width;
}

static size_t total(const struct layout *layout)
{
	size_t i, sum = 0;

	for (i = 0; i < layout->count; i++)
		sum += layout->width[i] + (i ? GAP : 0);
	return sum;
}

static u8 keep_of(enum conn_prop prop)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(all); i++)
		if (all[i].prop == prop)
			return all[i].keep;
	return 0;
}

/* Returns false when only those are left that are always there. */
static bool drop_one(struct layout *layout, enum conn_prop sort)
{
	size_t i, least = layout->count;
	u8 lowest = ALWAYS;

	for (i = 0; i < layout->count; i++) {
		u8 keep = keep_of(layout->column[i]);

		/* What it is sorted by goes last. */
		if (layout->column[i] == sort && keep < ALWAYS - 1)
			keep = ALWAYS - 1;
		if (keep < lowest) {
			lowest = keep;
			least = i;
		}
	}
	if (least == layout->count)
		return false;
	layout->count--;
	for (i = least; i < layout->count; i++) {
		layout->column[i] = layout->column[i + 1];
		layout->width[i] = layout->width[i + 1];
	}
	return true;
}

/* Cut the wider address first, as far as that helps. */
static void squeeze(struct layout *layout, size_t width)
{
	size_t i, wide;

	while (total(layout) > width) {
		for (i = 1, wide = 0; i < layout->count; i++)
			if (layout->width[i] > layout->width[wide])
				wide = i;
		if (layout->width[wide] <= ADDRESS_MIN)
			return;
		layout->width[wide]--;
	}
}

/**
 * layout_make() - Choose columns.
 * @layout: Filled.
 * @watch: What there is to show.
 * @width: Of the terminal.
 */
void layout_make(struct layout *layout, const struct watch *watch,
		 size_t width)
{
	struct buf buf = { 0 };
	size_t i;

	layout->count = 0;
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		layout->column[layout->count] = all[i].prop;
		layout->width[layout->count++] = widest(watch, all[i].prop,
							&buf);
	}
	buf_free(&buf);
	while (total(layout) > width)
		if (!drop_one(layout, watch->listing.sort))
			break;
	squeeze(layout, width);
}
