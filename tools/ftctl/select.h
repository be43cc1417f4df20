/* SPDX-License-Identifier: GPL-2.0 */
/* Owns the prototypes of select.c: connections in order, and only the first
 * ones of them.
 */
#ifndef FTCTL_SELECT_H
#define FTCTL_SELECT_H

#include "conn.h"

/* Neither sorted nor limited. */
#define SELECT_UNSORTED	PROPS
#define SELECT_ALL	0

struct selection;

struct selection *select_new(enum conn_prop sort, bool reverse, size_t limit);
void select_free(struct selection *selection);
void select_clear(struct selection *selection);
void select_add(struct selection *selection, const struct conn *conn);
void select_sort(struct selection *selection);
size_t select_count(const struct selection *selection);
void select_get(const struct selection *selection, size_t i,
		struct conn *conn);

#endif /* FTCTL_SELECT_H */
