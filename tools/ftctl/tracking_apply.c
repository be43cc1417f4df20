// SPDX-License-Identifier: GPL-2.0
/* Owns the way of conntrack's settings from and to the kernel: timeouts over
 * netlink, what keeps it on over the engine, the rest over sysctls, and that
 * a change that fails half-way is taken back. Must not know words or output.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/fasttrack.h>

#include "ctnetlink.h"
#include "diag.h"
#include "fasttrack.h"
#include "proc.h"
#include "tracking.h"

static int report_sysctl(const struct tracking_row *row, int err)
{
	if (err == -ENOENT)
		return fail(EXIT_MODULE,
			    "%s: connection tracking is not loaded (modprobe nf_conntrack)",
			    row->name);
	if (err == -EACCES && sysctl_is_fixed(row->sysctl))
		return fail(EXIT_KERNEL,
			    "%s can only be set in the first network namespace",
			    row->name);
	return fail(EXIT_KERNEL, "%s: %s%s", row->name, strerror(-err),
		    err == -EACCES || err == -EPERM ?
		    " (needs CAP_NET_ADMIN)" : "");
}

static int get_timeouts(struct nl *nl, struct tracking_plan *plan)
{
	int i, ret;

	for (i = 0; i < TRACKING_PROTOCOLS; i++) {
		ret = ctt_get(nl, &plan->timeouts[i]);
		if (ret)
			return ctt_report(nl, ret, tracking_timeouts_name(i));
	}
	return EXIT_OK;
}

/* Without the module it is what the kernel does. */
static int get_mode(u64 *mode, const char *what)
{
	struct ft_setting setting;
	struct ft ft;
	int ret;

	*mode = FASTTRACK_TRACKING_AUTO;
	ret = ft_open(&ft);
	if (ret == -ENOENT) {
		ft_close(&ft);
		return EXIT_OK;
	}
	if (!ret)
		ret = ft_get_setting(&ft, &setting);
	if (ret)
		ret = ft_report(&ft, ret, what);
	else if (setting.has & BIT(FASTTRACK_A_SETTING_TRACKING))
		*mode = setting.tracking;
	ft_close(&ft);
	return ret;
}

static int set_mode(u64 mode, const char *what)
{
	struct ft_setting setting = {
		.tracking = mode,
		.has = BIT(FASTTRACK_A_SETTING_TRACKING),
	};
	struct ft ft;
	int ret;

	ret = ft_open(&ft);
	if (!ret)
		ret = ft_set_setting(&ft, &setting);
	if (ret)
		ret = ft_report(&ft, ret, what);
	ft_close(&ft);
	return ret;
}

/* Fill in what is no timeout. */
static int get_number(struct nl *nl, const struct tracking_row *row,
		      u64 *number)
{
	u32 entries = 0;
	int ret = 0;

	switch (row->kind) {
	case TRACKING_ENABLED:
		return get_mode(number, row->name);
	case TRACKING_TIMEOUT:
		return EXIT_OK;
	case TRACKING_SWITCH:
	case TRACKING_LIMIT:
		ret = sysctl_read(row->sysctl, number);
		return ret ? report_sysctl(row, ret) : EXIT_OK;
	case TRACKING_TOTAL:
		ret = ct_get_entries(nl, &entries);
		*number = entries;
		break;
	case TRACKING_TOTAL_IPV4:
		ret = ct_count(nl, AF_INET, number);
		break;
	case TRACKING_TOTAL_IPV6:
		ret = ct_count(nl, AF_INET6, number);
		break;
	}
	/* A count of a table that changes is as good as any. */
	return ret < 0 ? ct_report(nl, ret, row->name) : EXIT_OK;
}

/* Totals take a look at every entry; @settable leaves them out. */
static int read_values(struct tracking_plan *plan, const char *what,
		       bool settable)
{
	struct nl *nl = nl_open(NETLINK_NETFILTER);
	size_t i;
	int ret;

	tracking_plan_init(plan);
	if (!nl)
		return ct_report(NULL, -errno, what);
	ret = get_timeouts(nl, plan);
	for (i = 0; !ret && i < TRACKING_ROWS; i++)
		if (!settable || tracking_rows[i].kind < TRACKING_TOTAL)
			ret = get_number(nl, &tracking_rows[i],
					 &plan->number[i]);
	nl_close(nl);
	return ret;
}

/**
 * tracking_read() - Read all values.
 * @plan: Filled.
 * @what: What is tried, for messages.
 *
 * Return: Exit code, after a message if it is none of success.
 */
int tracking_read(struct tracking_plan *plan, const char *what)
{
	return read_values(plan, what, false);
}

/**
 * tracking_read_settable() - Read the values that can be set.
 * @plan: Filled.
 * @what: What is tried, for messages.
 *
 * Return: Exit code, after a message if it is none of success.
 */
int tracking_read_settable(struct tracking_plan *plan, const char *what)
{
	return read_values(plan, what, true);
}

/* Open all files before anything is changed: what may not be written is found
 * now. @fd: By row, -1 where there is nothing to write.
 */
static int open_files(const struct tracking_plan *plan, int *fd)
{
	size_t i;

	for (i = 0; i < TRACKING_ROWS; i++)
		fd[i] = -1;
	for (i = 0; i < TRACKING_ROWS; i++) {
		if (!plan->given[i] || !tracking_rows[i].sysctl)
			continue;
		fd[i] = sysctl_open(tracking_rows[i].sysctl);
		if (fd[i] < 0)
			return report_sysctl(&tracking_rows[i], fd[i]);
	}
	return EXIT_OK;
}

static void close_files(const int *fd)
{
	size_t i;

	for (i = 0; i < TRACKING_ROWS; i++)
		if (fd[i] >= 0)
			close(fd[i]);
}

static int set_timeouts(const struct tracking_plan *plan, const char *what)
{
	struct nl *nl = nl_open(NETLINK_NETFILTER);
	int i, ret = 0;

	if (!nl)
		return ct_report(NULL, -errno, what);
	for (i = 0; !ret && i < TRACKING_PROTOCOLS; i++) {
		if (!plan->timeouts[i].has)
			continue;
		ret = ctt_set(nl, &plan->timeouts[i]);
		if (ret)
			ret = ctt_report(nl, ret, tracking_timeouts_name(i));
	}
	nl_close(nl);
	return ret;
}

static int write_files(const struct tracking_plan *plan, const int *fd)
{
	size_t i;
	int ret;

	for (i = 0; i < TRACKING_ROWS; i++) {
		if (fd[i] < 0)
			continue;
		ret = sysctl_write(fd[i], plan->number[i]);
		if (ret)
			return report_sysctl(&tracking_rows[i], ret);
	}
	return EXIT_OK;
}

/* What keeps tracking on comes last: no other step can be taken back as badly
 * as a table that was dropped.
 */
static int change(const struct tracking_plan *plan,
		  const struct tracking_plan *before, const int *fd,
		  const char *what)
{
	int ret = set_timeouts(plan, what);
	size_t i;

	if (!ret)
		ret = write_files(plan, fd);
	for (i = 0; !ret && i < TRACKING_ROWS; i++)
		if (tracking_rows[i].kind == TRACKING_ENABLED &&
		    plan->given[i] && plan->number[i] != before->number[i])
			ret = set_mode(plan->number[i], what);
	return ret;
}

/* Of the values before only those that were to be changed. */
static void put_back(const struct tracking_plan *plan,
		     struct tracking_plan *before, const int *fd,
		     const char *what)
{
	int i;

	memcpy(before->given, plan->given, sizeof(before->given));
	for (i = 0; i < TRACKING_PROTOCOLS; i++)
		before->timeouts[i].has &= plan->timeouts[i].has;
	if (change(before, before, fd, what))
		note("%s: some of the values were changed before that", what);
}

/**
 * tracking_apply() - Change values, all of them or none.
 * @plan: What is wanted.
 * @what: What is tried, for messages.
 *
 * All files are opened before anything is changed. The kernel has no way to
 * change several protocols at once; should it refuse a later one, the earlier
 * ones get their values back.
 *
 * Return: Exit code, after a message if it is none of success.
 */
int tracking_apply(const struct tracking_plan *plan, const char *what)
{
	struct tracking_plan before;
	int fd[TRACKING_ROWS];
	int ret;

	ret = open_files(plan, fd);
	if (!ret)
		ret = tracking_read_settable(&before, what);
	if (!ret) {
		ret = change(plan, &before, fd, what);
		if (ret)
			put_back(plan, &before, fd, what);
	}
	close_files(fd);
	return ret;
}
