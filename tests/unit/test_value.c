// SPDX-License-Identifier: GPL-2.0
/* Owns the tests of parse_value.c. */
#include <errno.h>
#include <string.h>

#include "ktap.h"
#include "parse.h"

static const struct {
	const char *text;
	int ret;
	u64 number;
} numbers[] = {
	{ "0", 0, 0 },
	{ "65536", 0, 65536 },
	{ "18446744073709551615", 0, ~0ull },
	{ "18446744073709551616", -ERANGE, 0 },
	{ "", -EINVAL, 0 },
	{ "-1", -EINVAL, 0 },
	{ " 1", -EINVAL, 0 },
	{ "1k", -EINVAL, 0 },
	{ "0x10", -EINVAL, 0 },
};

static const struct {
	const char *word;
	const char *name;
	const char *value;
} assignments[] = {
	{ "lease=5s", "lease", "5s" },
	{ "lease=", "lease", "" },
	{ "lease=a=b", "lease", "a=b" },
	{ "lease", "lease", NULL },
	{ "leas=5s", "lease", NULL },
	{ "leasee=5s", "lease", NULL },
	{ "=5s", "lease", NULL },
	{ "=5s", "", NULL },
	{ "", "lease", NULL },
};

static const struct {
	const char *text;
	int ret;
	u64 amount;
} amounts[] = {
	{ "0", 0, 0 },
	{ "1500", 0, 1500 },
	{ "20k", 0, 20000 },
	{ "20K", 0, 20000 },
	{ "1Ki", 0, 1024 },
	{ "3Mi", 0, 3 << 20 },
	{ "2G", 0, 2000000000 },
	{ "1Ti", 0, 1ull << 40 },
	{ "18446744073709551615", 0, ~0ull },
	{ "18446744073709551616", -ERANGE, 0 },
	{ "20000000T", -ERANGE, 0 },
	{ "", -EINVAL, 0 },
	{ "k", -EINVAL, 0 },
	{ "1 k", -EINVAL, 0 },
	{ "1m", -EINVAL, 0 },
	{ "1kB", -EINVAL, 0 },
	{ "1Kib", -EINVAL, 0 },
	{ "-1", -EINVAL, 0 },
};

static bool same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static void test_yes_no(void)
{
	bool yes = false;

	ktap_case(!parse_yes_no("yes", &yes) && yes, "yes");
	ktap_case(!parse_yes_no("no", &yes) && !yes, "no");
	ktap_case(parse_yes_no("1", &yes) == -EINVAL, "1 is not yes");
	ktap_case(parse_yes_no("y", &yes) == -EINVAL, "y is not yes");
	ktap_case(parse_yes_no("", &yes) == -EINVAL, "nothing is not yes");
}

int main(void)
{
	size_t i;
	u64 got;

	ktap_plan(ARRAY_SIZE(numbers) + ARRAY_SIZE(assignments) +
		  ARRAY_SIZE(amounts) + 5);
	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		got = 0;
		ktap_case(parse_number(numbers[i].text, &got) ==
			  numbers[i].ret && got == numbers[i].number,
			  numbers[i].text);
	}
	for (i = 0; i < ARRAY_SIZE(assignments); i++)
		ktap_case(same(parse_assignment(assignments[i].word,
						assignments[i].name),
			       assignments[i].value), assignments[i].word);
	for (i = 0; i < ARRAY_SIZE(amounts); i++) {
		got = 0;
		ktap_case(parse_amount(amounts[i].text, &got) ==
			  amounts[i].ret && got == amounts[i].amount,
			  amounts[i].text);
	}
	test_yes_no();
	return ktap_end();
}
