// SPDX-License-Identifier: GPL-2.0
/*
 * iptables' half of the FASTTRACK target: help, empty print and save, and a
 * plain sentence for a rule in the wrong place. Where the rule may stand is
 * the kernel's decision; nothing is forbidden here that the kernel would
 * allow.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <xtables.h>

#include <linux/netfilter/xt_FASTTRACK.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* Where the command being run wants to put its rule. */
struct place {
	const char *table;
	const char *chain;
};

static void fasttrack_help(void)
{
	printf("FASTTRACK target: forward established connections past the firewall\n"
	       "  No options. Only in the FORWARD chain, and chains called from it, of the\n"
	       "  tables filter and mangle; the verdict is to continue.\n");
}

static void fasttrack_print(const void *ip,
			    const struct xt_entry_target *target, int numeric)
{
}

/* Needed: without it iptables will not save a target that has data. */
static void fasttrack_save(const void *ip,
			   const struct xt_entry_target *target)
{
}

static bool is_one_of(const char *arg, const char *const *words, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(arg, words[i]) == 0)
			return true;
	return false;
}

/*
 * Finds table and chain among @len bytes of NUL-terminated arguments. The
 * chain stays NULL if the command adds no rule, or says so in an abbreviated
 * way.
 */
static struct place place_of(const char *args, size_t len)
{
	static const char *const add[] = {
		"-A", "-I", "-R", "--append", "--insert", "--replace",
	};
	static const char *const table[] = { "-t", "--table" };
	struct place p = { .table = "filter" };
	const char *end = args + len;
	const char *next;

	for (; args < end; args = next) {
		next = args + strlen(args) + 1;
		if (next < end && is_one_of(args, add, ARRAY_LEN(add)))
			p.chain = next;
		else if (next < end && is_one_of(args, table, ARRAY_LEN(table)))
			p.table = next;
		else if (strncmp(args, "--table=", 8) == 0)
			p.table = args + 8;
		else if (strncmp(args, "-t", 2) == 0 && args[2])
			p.table = args + 2;
	}
	return p;
}

/*
 * libxtables tells an extension neither table nor chain, and iptables reports
 * the kernel's refusal as "Invalid argument". So that whoever types a rule is
 * told what is wrong with it, look at the command line itself. Rules from
 * iptables-restore are not on it: those are explained in the kernel log only.
 */
static void fasttrack_check(struct xt_fcheck_call *call)
{
	static const char *const tables[] = { "filter", "mangle" };
	static const char *const chains[] = {
		"PREROUTING", "INPUT", "OUTPUT", "POSTROUTING",
	};
	static char args[8192];
	struct place p;
	size_t len;
	FILE *f;

	f = fopen("/proc/self/cmdline", "re");
	if (!f)
		return;
	len = fread(args, 1, sizeof(args) - 1, f);
	fclose(f);
	args[len] = '\0';

	p = place_of(args, len);
	if (!p.chain)
		return;
	if (!is_one_of(p.table, tables, ARRAY_LEN(tables)))
		xtables_error(PARAMETER_PROBLEM,
			      "FASTTRACK: only valid in the filter and mangle tables, not in %s",
			      p.table);
	if (is_one_of(p.chain, chains, ARRAY_LEN(chains)))
		xtables_error(PARAMETER_PROBLEM,
			      "FASTTRACK: only valid in the FORWARD chain, not in %s",
			      p.chain);
}

static struct xtables_target fasttrack_target = {
	.family        = NFPROTO_UNSPEC,
	.name          = "FASTTRACK",
	.version       = XTABLES_VERSION,
	.revision      = 0,
	.size          = XT_ALIGN(sizeof(struct xt_fasttrack_tginfo)),
	.userspacesize = XT_ALIGN(sizeof(struct xt_fasttrack_tginfo)),
	.help          = fasttrack_help,
	.print         = fasttrack_print,
	.save          = fasttrack_save,
	.x6_fcheck     = fasttrack_check,
};

static void __attribute__((constructor)) fasttrack_register(void)
{
	xtables_register_target(&fasttrack_target);
}
