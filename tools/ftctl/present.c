// SPDX-License-Identifier: GPL-2.0
/* Owns the question whether a part of the kernel is there, be it a module or
 * built in, without loading it by asking. Must not know what the parts do.
 *
 * /sys/module alone does not do: it has built-in code only if that has
 * parameters.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "present.h"

#define PATH_SIZE	512

static FILE *open_below(const char *root, const char *name)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "%s%s", root, name);
	return fopen(path, "re");
}

/**
 * present_bus() - Is there a netlink bus in this network namespace?
 * @root: What all paths begin with; empty but for tests.
 * @bus: NETLINK_*.
 *
 * Opening a socket of a bus that is not there loads its module. The kernel's
 * own end of each is listed, as port 0.
 *
 * Return: enum present.
 */
enum present present_bus(const char *root, int bus)
{
	FILE *file = open_below(root, "/proc/net/netlink");
	enum present present = PRESENT_NO;
	unsigned int protocol, port;
	char line[256];

	if (!file)
		return PRESENT_UNKNOWN;
	while (present == PRESENT_NO && fgets(line, sizeof(line), file))
		if (sscanf(line, "%*s %u %u", &protocol, &port) == 2 &&
		    protocol == (unsigned int)bus && !port)
			present = PRESENT_YES;
	if (ferror(file))
		present = PRESENT_UNKNOWN;
	fclose(file);
	return present;
}

/**
 * present_file() - Is there a file?
 * @root: As for present_bus().
 * @name: Path.
 *
 * Return: enum present.
 */
enum present present_file(const char *root, const char *name)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "%s%s", root, name);
	if (!access(path, F_OK))
		return PRESENT_YES;
	return errno == ENOENT ? PRESENT_NO : PRESENT_UNKNOWN;
}

/* "kernel/net/netfilter/nf_tables.ko" */
static bool names_module(char *line, const char *name)
{
	char *base = strrchr(line, '/');
	size_t len = strlen(name);

	base = base ? base + 1 : line;
	return !strncmp(base, name, len) && !strcmp(base + len, ".ko");
}

/* "ffffffffc0a8d2e0 T nft_register_expr\t[nf_tables]" */
static bool names_symbol(char *line, const char *symbol)
{
	char name[128];

	return sscanf(line, "%*s %*s %127s", name) == 1 &&
	       !strcmp(name, symbol);
}

static enum present search(FILE *file, const char *what,
			   bool (*names)(char *line, const char *what))
{
	enum present present = PRESENT_NO;
	char line[PATH_SIZE];
	bool any = false;

	if (!file)
		return PRESENT_UNKNOWN;
	while (present == PRESENT_NO && fgets(line, sizeof(line), file)) {
		any = true;
		line[strcspn(line, "\n")] = '\0';
		if (names(line, what))
			present = PRESENT_YES;
	}
	if (ferror(file) || !any)
		present = PRESENT_UNKNOWN;
	fclose(file);
	return present;
}

/**
 * present_module() - Is there what may be a module?
 * @root: As for present_bus().
 * @release: Release of the kernel.
 * @name: Name of the module, with underscores.
 * @symbol: One of its global functions.
 *
 * What was built in is told by a list that is installed with the modules.
 * Where that is missing, as it is in a container, all symbols of the kernel
 * are searched, which takes a while.
 *
 * Return: enum present.
 */
enum present present_module(const char *root, const char *release,
			    const char *name, const char *symbol)
{
	enum present present;
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "/sys/module/%s", name);
	if (present_file(root, path) == PRESENT_YES)
		return PRESENT_YES;
	snprintf(path, sizeof(path), "/lib/modules/%s/modules.builtin",
		 release);
	present = search(open_below(root, path), name, names_module);
	if (present != PRESENT_UNKNOWN)
		return present;
	return search(open_below(root, "/proc/kallsyms"), symbol,
		      names_symbol);
}
