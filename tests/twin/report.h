/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the figures of a run and how they are told. Must not know how they came
 * about.
 */
#ifndef TWIN_REPORT_H
#define TWIN_REPORT_H

#include "play.h"
#include "router.h"

/* Below that the comparison proves nothing */
#define REPORT_SHARE	60	/* per cent, of a run */
#define REPORT_LEAST	10	/* of a scenario: its tunnel is there */

/**
 * struct report - figures of a run
 * @router: the fast one
 * @began: seconds of a monotonic clock
 * @share: at the end of what was counted last
 * @fast: packets
 * @ingress: of these, at netdev ingress
 * @forwarded: packets
 * @in: frames that went in
 * @out: frames that came out
 * @number: test points so far
 * @failed: of them
 */
struct report {
	struct router *router;
	double began;
	struct router_share share;
	u64 fast;
	u64 ingress;
	u64 forwarded;
	u64 in;
	u64 out;
	u32 number;
	u32 failed;
};

void report_begin(struct report *r, struct router *router, u32 plan);
void report_scenario(struct report *r, const struct scenario *s,
		     const struct play *p);
void report_minimised(struct report *r, const struct scenario *s, u32 tries,
		      u32 step);
void report_end(struct report *r);

#endif /* TWIN_REPORT_H */
