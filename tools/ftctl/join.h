/* SPDX-License-Identifier: GPL-2.0 */
/* Owns the prototypes of join.c: the fast table by connection. */
#ifndef FTCTL_JOIN_H
#define FTCTL_JOIN_H

#include "fasttrack.h"

struct join;

struct join *join_new(void);
void join_free(struct join *join);
void join_clear(struct join *join);
void join_add(struct join *join, const struct ft_conn *conn);
const struct ft_conn *join_find(const struct join *join,
				const struct ft_key *key);
size_t join_count(const struct join *join);

#endif /* FTCTL_JOIN_H */
