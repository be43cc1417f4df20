/* SPDX-License-Identifier: GPL-2.0 */
/* Owns the prototypes of flags.c: what a connection is, from what conntrack
 * and the fast table tell about it.
 */
#ifndef FTCTL_FLAGS_H
#define FTCTL_FLAGS_H

#include "ctnetlink.h"

#define CONN_FLAGS	10

/**
 * struct conn_flag - One flag.
 * @letter: In text.
 * @key: In JSON, filters and the legend.
 */
struct conn_flag {
	char letter;
	const char *key;
};

extern const struct conn_flag conn_flags[CONN_FLAGS];
extern const char conn_legend[];

bool conn_is_fast(const struct ct_conn *ct, const struct ft_conn *ft);
u32 conn_flag_set(const struct ct_conn *ct, const struct ft_conn *ft);
u32 conn_flag_status(u32 flag);
const char *conn_state(const struct ct_conn *ct);
u32 conn_why_not(const struct ct_conn *ct, const struct ft_conn *ft);

#endif /* FTCTL_FLAGS_H */
