// SPDX-License-Identifier: GPL-2.0
/* Owns the list of connections on stdout as table, details, records or JSON,
 * written while it is read: nothing but a batch of rows is kept. Must not
 * know where connections come from.
 */
#include <ctype.h>
#include <stdlib.h>

#include "diag.h"
#include "flags.h"
#include "out.h"
#include "rows.h"

/* Rows looked at before they are written, so that columns fit them. */
#define BATCH		256
/* Bytes that are worth a write. */
#define ENOUGH		32768
/* Blanks between two columns. */
#define GAP		2

/**
 * struct rows - A list that is being written.
 * @mode: What it looks like.
 * @pretty: Indent JSON.
 * @column: Properties of the table.
 * @count: How many.
 * @width: Of each column; they only grow.
 * @cells: Text of the rows that wait, cell after cell.
 * @end: Where each cell ends in @cells.
 * @waiting: Rows that wait.
 * @written: Rows before them.
 * @headed: What stands above the rows is written.
 * @buf: On its way to stdout.
 */
struct rows {
	enum rows_mode mode;
	bool pretty;
	const u8 *column;
	size_t count;
	size_t *width;
	struct buf cells;
	u32 *end;
	size_t waiting;
	u64 written;
	bool headed;
	struct buf buf;
};

/**
 * rows_open() - Begin a list.
 * @mode: What it looks like.
 * @pretty: Indent JSON.
 * @columns: Properties of a table, which stay there.
 * @count: How many.
 *
 * Return: The list.
 */
struct rows *rows_open(enum rows_mode mode, bool pretty, const u8 *columns,
		       size_t count)
{
	struct rows *rows = xrealloc(NULL, 1, sizeof(*rows));
	size_t i;

	memset(rows, 0, sizeof(*rows));
	rows->mode = mode;
	rows->pretty = pretty;
	rows->column = columns;
	rows->count = count;
	if (mode != ROWS_TABLE)
		return rows;
	rows->width = xrealloc(NULL, count, sizeof(*rows->width));
	rows->end = xrealloc(NULL, BATCH * count, sizeof(*rows->end));
	for (i = 0; i < count; i++)
		rows->width[i] = strlen(conn_props[columns[i]].key);
	return rows;
}

/**
 * rows_close() - Free a list. What an error cut short lacks its end.
 * @rows: List.
 */
void rows_close(struct rows *rows)
{
	buf_free(&rows->cells);
	buf_free(&rows->buf);
	free(rows->width);
	free(rows->end);
	free(rows);
}

/* Blanks are only written in front of something; returns those owed. */
static size_t put_cell(struct rows *rows, size_t column, const char *text,
		       size_t len, size_t owed)
{
	size_t blanks = rows->width[column] - len;
	bool right = conn_is_right(rows->column[column]);

	if (right)
		owed += blanks;
	if (len) {
		buf_pad(&rows->buf, owed);
		buf_put(&rows->buf, text, len);
		owed = 0;
	}
	return owed + GAP + (right ? 0 : blanks);
}

static void put_head(struct rows *rows)
{
	size_t i, at, owed = 0;

	if (rows->headed)
		return;
	rows->headed = true;
	if (rows->mode == ROWS_JSON) {
		buf_char(&rows->buf, '[');
		return;
	}
	if (rows->mode == ROWS_RECORD)
		return;
	buf_text(&rows->buf, conn_legend);
	buf_char(&rows->buf, '\n');
	if (rows->mode == ROWS_DETAIL)
		return;
	for (i = 0; i < rows->count; i++) {
		const char *key = conn_props[rows->column[i]].key;

		owed = put_cell(rows, i, key, strlen(key), owed);
		for (at = rows->buf.used - strlen(key); at < rows->buf.used;
		     at++)
			rows->buf.text[at] =
				toupper((unsigned char)rows->buf.text[at]);
	}
	buf_char(&rows->buf, '\n');
}

static void flush_batch(struct rows *rows)
{
	size_t cells = rows->waiting * rows->count;
	size_t i, column, owed = 0;
	u32 start = 0;

	for (i = 0; i < cells; i++) {
		column = i % rows->count;
		if (rows->end[i] - start > rows->width[column])
			rows->width[column] = rows->end[i] - start;
		start = rows->end[i];
	}
	put_head(rows);
	for (i = 0, start = 0; i < cells; i++) {
		column = i % rows->count;
		owed = put_cell(rows, column, rows->cells.text + start,
				rows->end[i] - start, column ? owed : 0);
		start = rows->end[i];
		if (column == rows->count - 1)
			buf_char(&rows->buf, '\n');
	}
	rows->cells.used = 0;
	rows->waiting = 0;
	buf_out(&rows->buf);
}

/* A table has the addresses of the reply only where NAT makes them differ. */
static bool is_mirrored(const struct conn *conn, enum conn_prop prop)
{
	if (prop == PROP_REPLY_SRC_ADDRESS)
		return !ct_nat_differs(conn->ct, DIR_ORIG);
	if (prop == PROP_REPLY_DST_ADDRESS)
		return !ct_nat_differs(conn->ct, DIR_REPLY);
	return false;
}

static void add_cells(struct rows *rows, const struct conn *conn)
{
	u32 *end = rows->end + rows->waiting * rows->count;
	size_t i;

	for (i = 0; i < rows->count; i++) {
		if (!is_mirrored(conn, rows->column[i]))
			conn_text(conn, rows->column[i], &rows->cells);
		end[i] = rows->cells.used;
	}
	if (++rows->waiting == BATCH)
		flush_batch(rows);
}

/* What text has in another place: flags as letters, ports with addresses. */
static bool is_elsewhere(enum conn_prop prop)
{
	return conn_props[prop].kind == CONN_FLAG ||
	       conn_props[prop].kind == CONN_PORT;
}

static void add_details(struct rows *rows, const struct conn *conn)
{
	struct buf *buf = &rows->buf;
	size_t prop, mark, value;

	put_head(rows);
	buf_number(buf, rows->written);
	for (prop = 0; prop < PROPS; prop++) {
		if (is_elsewhere(prop))
			continue;
		mark = buf->used;
		buf_char(buf, ' ');
		buf_text(buf, conn_props[prop].key);
		buf_char(buf, '=');
		value = buf->used;
		if (!conn_text(conn, prop, buf))
			buf->used = mark;
		else if (buf->used == value)
			buf_put(buf, "\"\"", 2);
	}
	buf_char(buf, '\n');
}

/* Names end in one column, as RouterOS prints records. */
static void add_record(struct rows *rows, const struct conn *conn)
{
	struct buf *buf = &rows->buf;
	size_t prop, mark, value, width = 0;

	for (prop = 0; prop < PROPS; prop++)
		if (strlen(conn_props[prop].key) > width)
			width = strlen(conn_props[prop].key);
	if (rows->written)
		buf_char(buf, '\n');
	for (prop = 0; prop < PROPS; prop++) {
		if (is_elsewhere(prop))
			continue;
		mark = buf->used;
		buf_pad(buf, width - strlen(conn_props[prop].key));
		buf_text(buf, conn_props[prop].key);
		buf_put(buf, ": ", 2);
		value = buf->used;
		if (!conn_text(conn, prop, buf)) {
			buf->used = mark;
			continue;
		}
		if (buf->used == value)
			buf_put(buf, "\"\"", 2);
		buf_char(buf, '\n');
	}
}

/**
 * rows_json_object() - Write a connection as a JSON object.
 * @buf: Where to.
 * @conn: Connection.
 * @pretty: Indent, as an element of an array at the top.
 */
void rows_json_object(struct buf *buf, const struct conn *conn, bool pretty)
{
	size_t prop, mark = buf->used + 1;

	buf_char(buf, '{');
	for (prop = 0; prop < PROPS; prop++) {
		size_t before = buf->used;

		if (before > mark)
			buf_char(buf, ',');
		if (pretty)
			buf_put(buf, "\n    ", 5);
		if (!conn_json(conn, prop, buf))
			buf->used = before;
	}
	if (pretty)
		buf_put(buf, "\n  ", 3);
	buf_char(buf, '}');
}

static void add_json(struct rows *rows, const struct conn *conn)
{
	put_head(rows);
	buf_text(&rows->buf, rows->written ? ",\n" : "\n");
	if (rows->pretty)
		buf_put(&rows->buf, "  ", 2);
	rows_json_object(&rows->buf, conn, rows->pretty);
}

/**
 * rows_add() - Write a connection, sooner or later.
 * @rows: List.
 * @conn: Connection.
 */
void rows_add(struct rows *rows, const struct conn *conn)
{
	switch (rows->mode) {
	case ROWS_TABLE:
		add_cells(rows, conn);
		break;
	case ROWS_DETAIL:
		add_details(rows, conn);
		break;
	case ROWS_RECORD:
		add_record(rows, conn);
		break;
	case ROWS_JSON:
		add_json(rows, conn);
		break;
	}
	rows->written++;
	if (rows->mode != ROWS_TABLE && rows->buf.used > ENOUGH)
		buf_out(&rows->buf);
}

/**
 * rows_end() - Write what waits, and the end of the list.
 * @rows: List.
 */
void rows_end(struct rows *rows)
{
	if (rows->mode == ROWS_TABLE)
		flush_batch(rows);
	put_head(rows);
	if (rows->mode == ROWS_JSON)
		buf_text(&rows->buf, rows->written ? "\n]\n" : "]\n");
	buf_out(&rows->buf);
}
