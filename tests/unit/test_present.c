// SPDX-License-Identifier: GPL-2.0
/* Owns the tests of present.c, on files like those of kernels that have a part
 * as a module, built in, or not at all.
 */
#define _GNU_SOURCE
#include <ftw.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ktap.h"
#include "present.h"

#define BUS	6
#define LIST	"/lib/modules/6.1.0/modules.builtin"
#define SYMBOLS	"/proc/kallsyms"
#define TITLE	"sk               Eth Pid        Groups   Rmem\n"

static const struct {
	const char *name;
	const char *text;
	enum present want;
} buses[] = {
	{ "the kernel's end",
	  TITLE "0000000027a7abe4 0   0          00000000 0\n"
	  "00000000fe6420ae 6   0          00000000 0\n", PRESENT_YES },
	{ "others alone",
	  TITLE "0000000027a7abe4 0   0          00000000 0\n"
	  "00000000fe6420ae 16  0          00000000 0\n"
	  "00000000fe6420ae 60  0          00000000 0\n", PRESENT_NO },
	{ "a program's end alone",
	  TITLE "00000000fe6420ae 6   4711       00000000 0\n", PRESENT_NO },
	{ "none", TITLE, PRESENT_NO },
	{ "no such file", NULL, PRESENT_UNKNOWN },
};

static const struct {
	const char *name;
	bool sysfs;
	const char *list;
	const char *symbols;
	enum present want;
} modules[] = {
	{ "loaded", true, "kernel/net/ipv6/ipv6.ko\n", "", PRESENT_YES },
	{ "built in", false,
	  "kernel/net/ipv6/ipv6.ko\nkernel/net/netfilter/nf_tables.ko\n", NULL,
	  PRESENT_YES },
	{ "neither", false,
	  "kernel/net/netfilter/nf_tables_x.ko\nkernel/x_nf_tables.ko\n",
	  "0000000000000000 T nft_register_expr\n", PRESENT_NO },
	{ "built in, no list", false, NULL,
	  "0000000000000000 t nft_register\n0000000000000000 T nft_register_expr\n",
	  PRESENT_YES },
	{ "neither, no list", false, NULL,
	  "0000000000000000 T nft_register_expr_x\n0000000000000000 T sock\n",
	  PRESENT_NO },
	{ "nothing to tell by", false, NULL, NULL, PRESENT_UNKNOWN },
	{ "empty files", false, "", "", PRESENT_UNKNOWN },
};

#define ROOT	"/tmp/test_present.XXXXXX"

static char root[sizeof(ROOT)] = ROOT;

static void put_dirs(char *path)
{
	char *slash = path + sizeof(root) - 1;

	while ((slash = strchr(slash + 1, '/'))) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
}

/* No text: no file. */
static bool put(const char *name, const char *text)
{
	char path[PATH_MAX];
	bool good;
	FILE *file;

	snprintf(path, sizeof(path), "%s%s", root, name);
	if (!text) {
		unlink(path);
		return true;
	}
	put_dirs(path);
	file = fopen(path, "w");
	good = file && fputs(text, file) >= 0;
	return file && !fclose(file) && good;
}

static bool bus_is(size_t i)
{
	return put("/proc/net/netlink", buses[i].text) &&
	       present_bus(root, BUS) == buses[i].want;
}

static bool module_is(size_t i)
{
	return put("/sys/module/nf_tables",
		   modules[i].sysfs ? "" : NULL) &&
	       put(LIST, modules[i].list) && put(SYMBOLS, modules[i].symbols) &&
	       present_module(root, "6.1.0", "nf_tables",
			      "nft_register_expr") == modules[i].want;
}

static int forget(const char *path, const struct stat *st, int flag,
		  struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

int main(void)
{
	size_t i;

	if (!mkdtemp(root))
		return 1;
	ktap_plan(ARRAY_SIZE(buses) + ARRAY_SIZE(modules) + 2);
	for (i = 0; i < ARRAY_SIZE(buses); i++)
		ktap_case(bus_is(i), buses[i].name);
	for (i = 0; i < ARRAY_SIZE(modules); i++)
		ktap_case(module_is(i), modules[i].name);
	ktap_case(put("/proc/net/pfkey", "") &&
		  present_file(root, "/proc/net/pfkey") == PRESENT_YES,
		  "file");
	ktap_case(put("/proc/net/pfkey", NULL) &&
		  present_file(root, "/proc/net/pfkey") == PRESENT_NO,
		  "no file");
	nftw(root, forget, 8, FTW_DEPTH | FTW_PHYS);
	return ktap_end();
}
