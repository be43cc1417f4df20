// SPDX-License-Identifier: GPL-2.0
/*
 * A module that runs the KUnit suites when it is loaded. They live inside the
 * engine's module, beside what they test; and some kernels run a module's own
 * suites before its init. Knows no test.
 */
#include <linux/module.h>
#include <linux/string.h>

#include "testbed.h"

static char *suite;
module_param(suite, charp, 0444);
MODULE_PARM_DESC(suite, "run only the suite of that name");

/* Those that are to run, packed at the begin of the array */
static unsigned int count;

static int __init suites_init(void)
{
	unsigned int i;

	for (i = 0; i < fasttrack_kunit_count; i++) {
		if (suite && strcmp(fasttrack_kunit_suites[i]->name, suite))
			continue;
		swap(fasttrack_kunit_suites[count], fasttrack_kunit_suites[i]);
		count++;
	}
	return count ? __kunit_test_suites_init(fasttrack_kunit_suites, count) :
		       -ENOENT;
}

static void __exit suites_exit(void)
{
	__kunit_test_suites_exit(fasttrack_kunit_suites, count);
}

module_init(suites_init);
module_exit(suites_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("KUnit suites of nf_fasttrack");
