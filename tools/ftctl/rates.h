/* SPDX-License-Identifier: GPL-2.0 */
/* Owns the prototypes of rates.c: bits per second from two samples. */
#ifndef FTCTL_RATES_H
#define FTCTL_RATES_H

#include "conn.h"

struct rates;

struct rates *rates_new(void);
void rates_free(struct rates *rates);
void rates_turn(struct rates *rates, bool last);
void rates_sample(struct rates *rates, struct conn *conn,
		  const struct ft_key *key, u64 now);
u64 rates_now(void);
u64 rates_hash(const struct rates *rates, const struct ft_key *key);

#endif /* FTCTL_RATES_H */
