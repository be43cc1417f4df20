/* SPDX-License-Identifier: GPL-2.0 */
/* Owns the prototypes of rows.c: a list of connections on stdout. */
#ifndef FTCTL_ROWS_H
#define FTCTL_ROWS_H

#include "conn.h"

/**
 * enum rows_mode - What the list looks like.
 * @ROWS_TABLE: Table with a legend.
 * @ROWS_DETAIL: One line of name=value each.
 * @ROWS_RECORD: One record of "name: value" each.
 * @ROWS_JSON: Array of objects.
 */
enum rows_mode {
	ROWS_TABLE,
	ROWS_DETAIL,
	ROWS_RECORD,
	ROWS_JSON,
};

struct rows;

struct rows *rows_open(enum rows_mode mode, bool pretty, const u8 *columns,
		       size_t count);
void rows_add(struct rows *rows, const struct conn *conn);
void rows_end(struct rows *rows);
void rows_close(struct rows *rows);
void rows_json_object(struct buf *buf, const struct conn *conn, bool pretty);

#endif /* FTCTL_ROWS_H */
