/* SPDX-License-Identifier: GPL-2.0 */
/* Owns the prototypes of walk.c: all connections, each with what conntrack
 * and the fast table tell about it.
 */
#ifndef FTCTL_WALK_H
#define FTCTL_WALK_H

#include "conn.h"
#include "filter.h"
#include "join.h"
#include "rates.h"

/* Sees one connection. Returns 0, WALK_STOP, or a negative errno. */
typedef int (*walk_cb)(const struct conn *conn, void *data);

#define WALK_STOP	(-ECANCELED)

/**
 * struct walk - One walk over all connections.
 * @what: What the command is called in messages.
 * @filter: Only those that match.
 * @see: Sees each of them.
 * @restart: The walk begins again, forget what was seen; NULL if that can't
 *	be forgotten any more.
 * @data: For both.
 * @rates: Samples of their counters, or NULL.
 * @all: Connections looked at.
 * @uncounted: One without counters was seen.
 * @join: The fast table, walk_begin() reads it.
 * @now: Time of the sample.
 */
struct walk {
	const char *what;
	struct filter filter;
	walk_cb see;
	void (*restart)(void *data);
	void *data;
	struct rates *rates;
	u64 all;
	bool uncounted;
	struct join *join;
	u64 now;
};

int walk_begin(struct walk *walk);
int walk_run(struct walk *walk);
void walk_end(struct walk *walk);
bool walk_filters_ipv6(const char *release);
void walk_kernel_filter(const struct filter *filter, struct ct_filter *kernel,
			bool ipv6);

#endif /* FTCTL_WALK_H */
