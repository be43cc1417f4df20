/* SPDX-License-Identifier: GPL-2.0 */
/* Owns the prototypes of found.c: what the engine tells of one connection as
 * a connection with all its properties.
 */
#ifndef FTCTL_FOUND_H
#define FTCTL_FOUND_H

#include "conn.h"

void found_conn(const struct ft_found *found, struct ct_conn *ct,
		struct conn *conn);

#endif /* FTCTL_FOUND_H */
