// SPDX-License-Identifier: GPL-2.0
/*
 * twin: two routers with the same configuration, one of which has the
 * FASTTRACK rule, get the same frames; what comes out has to be the same.
 *
 * Owns the command line and the run. Prints KTAP, a test for each scenario; with
 * "first" the first difference is the last, and is not shrunk.
 * Exit status: 0 no difference, 1 a difference or too little went fast, 2 usage
 * or a machine that is not as it should be.
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen.h"
#include "minimise.h"
#include "play.h"
#include "report.h"

#define SIZE		4000	/* frames of a scenario, seeds depend on it */
#define MINIMISE_S	120
#define MINIMISED_MAX	3

static u32 to_u32(const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*end || end == text || value > 0xffffffff)
		die("'%s' is no number", text);
	return value;
}

/* What one device hands to another waits in a queue of the processor: with two
 * of them packets might overtake each other
 */
static void stay_here(void)
{
	cpu_set_t here;

	CPU_ZERO(&here);
	CPU_SET(sched_getcpu(), &here);
	if (sched_setaffinity(0, sizeof(here), &here))
		die("no processor of our own");
}

/* Return: whether the routers were the same. With @first nothing is shrunk. */
static bool run_one(struct router *pair, struct report *report, u32 seed,
		    bool first)
{
	struct play p = { .pair = pair, .loud = true };
	struct scenario s;
	u32 tries;

	gen_scenario(&s, seed, SIZE, &topologies[seed % topologies_count]);
	play(&p, &s);
	report_scenario(report, &s, &p);
	if (p.different && !first && report->failed <= MINIMISED_MAX) {
		tries = minimise(&p, &s, MINIMISE_S);
		report_minimised(report, &s, tries, p.step);
	}
	scenario_free(&s);
	return !p.different;
}

int main(int argc, char **argv)
{
	bool first = argc > 1 && !strcmp(argv[1], "first");
	u32 seed, packets, plan, i;
	struct router pair[2];
	struct report report;

	setvbuf(stdout, NULL, _IOLBF, 0);
	argc -= first;
	argv += first;
	if (argc != 2 && argc != 3) {
		fprintf(stderr, "usage: twin [first] SEED [PACKETS]\n");
		return 2;
	}
	seed = to_u32(argv[1]);
	packets = argc > 2 ? to_u32(argv[2]) : SIZE;
	plan = (packets + SIZE - 1) / SIZE;
	router_open(&pair[0], "slow", false);
	router_open(&pair[1], "fast", true);
	play_init(pair);
	stay_here();
	report_begin(&report, &pair[1], plan);
	for (i = 0; i < plan; i++)
		if (!run_one(pair, &report, seed + i, first) && first)
			break;
	report_end(&report);
	return !!report.failed;
}
