/* SPDX-License-Identifier: GPL-2.0 */
/* Owns the output of a unit test: a plan, and one line per case. Must not
 * know what is tested.
 */
#ifndef UNIT_KTAP_H
#define UNIT_KTAP_H

#include <stdbool.h>
#include <stdio.h>

static int ktap_done;
static int ktap_planned;
static int ktap_failed;

static inline void ktap_plan(int count)
{
	ktap_planned = count;
	printf("KTAP version 1\n1..%d\n", count);
}

static inline void ktap_case(bool good, const char *name)
{
	printf("%sok %d %s\n", good ? "" : "not ", ++ktap_done, name);
	if (!good)
		ktap_failed++;
}

/* Exit code of the program. */
static inline int ktap_end(void)
{
	if (ktap_done != ktap_planned)
		printf("# %d of %d cases ran\n", ktap_done, ktap_planned);
	return ktap_failed || ktap_done != ktap_planned;
}

#endif /* UNIT_KTAP_H */
