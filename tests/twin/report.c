// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the figures of a run and how they are told, see report.h: KTAP, with the
 * figures as comments.
 */
#include <stdio.h>
#include <time.h>

#include "names.h"
#include "report.h"
#include "topology.h"

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static u32 percent(u64 part, u64 all)
{
	return all ? part * 100 / all : 0;
}

/**
 * report_begin - say how much is to come
 * @r: filled
 * @router: the fast one
 * @plan: number of scenarios
 */
void report_begin(struct report *r, struct router *router, u32 plan)
{
	*r = (struct report){ .router = router, .began = now() };
	router_share(router, &r->share);
	printf("TAP version 13\n1..%u\n", plan + 1);
}

static void report_point(struct report *r, bool good)
{
	r->number++;
	r->failed += !good;
	printf("%sok %u ", good ? "" : "not ", r->number);
}

/**
 * report_scenario - tell of a scenario that was played
 * @r: report
 * @s: scenario
 * @p: what came of it
 */
void report_scenario(struct report *r, const struct scenario *s,
		     const struct play *p)
{
	struct router_share share;
	u64 fast, forwarded, ingress;
	bool good;

	router_share(r->router, &share);
	fast = share.fast - r->share.fast;
	ingress = share.ingress - r->share.ingress;
	forwarded = share.forwarded - r->share.forwarded;
	r->share = share;
	r->fast += fast;
	r->ingress += ingress;
	r->forwarded += forwarded;
	r->in += p->in;
	r->out += p->out;
	printf("# %s: %u frames in, %u out; %llu packets forwarded, %u %% fast, "
	       "%u %% of these at ingress; %.0f s\n", s->topology->name, p->in,
	       p->out, forwarded, percent(fast, forwarded),
	       percent(ingress, fast), now() - r->began);
	if (p->different)
		printf("# the routers differ in step %u of %u\n", p->step,
		       s->steps);
	if (p->refused)
		printf("# %u control events were refused\n", p->refused);
	good = !p->different && !p->refused &&
	       percent(fast, forwarded) >= REPORT_LEAST;
	report_point(r, good);
	printf("seed %u, %s\n", s->seed, s->topology->name);
}

/**
 * report_minimised - show what is left of a scenario
 * @r: report
 * @s: scenario
 * @tries: how often it was played, 0 if the difference did not come again
 * @step: where the routers differed when all of it was played
 */
void report_minimised(struct report *r, const struct scenario *s, u32 tries,
		      u32 step)
{
	if (tries) {
		printf("# seed %u: %u frames are enough (%u tries):\n",
		       s->seed, scenario_live(s), tries);
		scenario_print(s);
	} else {
		printf("# seed %u: the difference did not come again\n",
		       s->seed);
		scenario_print_until(s, step);
	}
	printf("# again with: make twin SEED=%u\n", s->seed);
	/* What was played since the report does not count */
	router_share(r->router, &r->share);
}

static int report_reason(const struct ft_reason *reason, void *data)
{
	(void)data;
	if (reason->packets)
		printf("#   %-16s %llu\n", reason->name ?: "?",
		       reason->packets);
	return 0;
}

/**
 * report_end - the sum
 * @r: report
 */
void report_end(struct report *r)
{
	u32 share = percent(r->fast, r->forwarded);

	printf("# reasons met:\n");
	ft_dump_reasons(&r->router->ft, report_reason, NULL);
	printf("# %llu frames in, %llu out, %llu packets forwarded, %llu fast, "
	       "%llu of these at ingress, %.0f s\n", r->in, r->out,
	       r->forwarded, r->fast, r->ingress, now() - r->began);
	report_point(r, share >= REPORT_SHARE);
	printf("%u %% of the packets went fast, at least %u\n", share,
	       REPORT_SHARE);
}
