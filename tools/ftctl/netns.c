// SPDX-License-Identifier: GPL-2.0
/* Owns the way into another network namespace, by the name that "ip netns"
 * gave it. Must not know what is done there.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "diag.h"
#include "ftctl.h"
#include "netns.h"

#define NETNS_DIR	"/run/netns"

/**
 * netns_enter() - Enter a network namespace.
 * @name: Name, or path if it has a slash.
 *
 * /proc/net and /proc/sys/net follow the process; /sys, of which nothing is
 * read, would not.
 *
 * Return: Exit code, after a message if it is none of success.
 */
int netns_enter(const char *name)
{
	char path[PATH_MAX];
	int fd, err;

	if (strchr(name, '/'))
		snprintf(path, sizeof(path), "%s", name);
	else
		snprintf(path, sizeof(path), "%s/%s", NETNS_DIR, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail(EXIT_KERNEL, "namespace '%s': %s", name,
			    strerror(errno));
	err = setns(fd, CLONE_NEWNET) ? errno : 0;
	close(fd);
	if (!err)
		return EXIT_OK;
	return fail(EXIT_KERNEL, "namespace '%s': %s%s", name,
		    err == EINVAL ? "not a network namespace" : strerror(err),
		    err == EPERM ? " (needs CAP_SYS_ADMIN)" : "");
}
