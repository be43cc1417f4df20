// SPDX-License-Identifier: GPL-2.0
/* Owns "ftctl tracking": shows and changes how conntrack behaves in this
 * network namespace. Must not know how messages are coded.
 *
 * JSON keys are the names of the rows, timeouts in seconds, enabled a word,
 * loose-tcp-tracking and liberal-tcp-tracking booleans.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "command.h"
#include "ctnetlink.h"
#include "diag.h"
#include "proc.h"
#include "show.h"
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

/* Fill in what is no timeout. */
static int get_number(struct nl *nl, const struct tracking_row *row,
		      u64 *number)
{
	u32 entries = 0;
	int ret = 0;

	switch (row->kind) {
	case TRACKING_ENABLED:
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

static int get_all(struct tracking_plan *plan)
{
	struct nl *nl = nl_open(NETLINK_NETFILTER);
	size_t i;
	int ret;

	if (!nl)
		return ct_report(NULL, -errno, "tracking show");
	ret = get_timeouts(nl, plan);
	for (i = 0; !ret && i < TRACKING_ROWS; i++)
		ret = get_number(nl, &tracking_rows[i], &plan->number[i]);
	nl_close(nl);
	return ret;
}

static void show_row(struct show *show, const struct tracking_plan *plan,
		     size_t i)
{
	const struct tracking_row *row = &tracking_rows[i];
	const struct ctt_values *values = &plan->timeouts[row->protocol];

	switch (row->kind) {
	case TRACKING_ENABLED:
		show_word(show, row->name, "auto");
		break;
	case TRACKING_SWITCH:
		show_yes_no(show, row->name, plan->number[i]);
		break;
	case TRACKING_TIMEOUT:
		if (values->has & BIT(row->attr))
			show_seconds(show, row->name,
				     values->seconds[row->attr]);
		break;
	default:
		show_number(show, row->name, plan->number[i]);
		break;
	}
}

/**
 * cmd_tracking_show() - Show how conntrack behaves.
 * @ftctl: Options.
 * @argc: How many words follow.
 * @argv: Words.
 *
 * Return: Exit code.
 */
int cmd_tracking_show(const struct ftctl *ftctl, int argc, char **argv)
{
	struct tracking_plan plan;
	struct show *show;
	size_t i;
	int ret;

	if (no_words(argc, argv))
		return EXIT_USAGE;
	tracking_plan_init(&plan);
	ret = get_all(&plan);
	if (ret)
		return ret;
	show = show_open(ftctl->json ? SHOW_JSON : SHOW_TEXT, ftctl->pretty);
	show_begin(show);
	for (i = 0; i < TRACKING_ROWS; i++)
		show_row(show, &plan, i);
	show_end(show);
	show_close(show);
	return EXIT_OK;
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

static int set_timeouts(const struct tracking_plan *plan, bool *changed)
{
	struct nl *nl = nl_open(NETLINK_NETFILTER);
	int i, ret = 0;

	if (!nl)
		return ct_report(NULL, -errno, "tracking set");
	for (i = 0; !ret && i < TRACKING_PROTOCOLS; i++) {
		if (!plan->timeouts[i].has)
			continue;
		ret = ctt_set(nl, &plan->timeouts[i]);
		if (ret)
			ret = ctt_report(nl, ret, tracking_timeouts_name(i));
		else
			*changed = true;
	}
	nl_close(nl);
	return ret;
}

static int write_files(const struct tracking_plan *plan, const int *fd,
		       bool *changed)
{
	size_t i;
	int ret;

	for (i = 0; i < TRACKING_ROWS; i++) {
		if (fd[i] < 0)
			continue;
		ret = sysctl_write(fd[i], plan->number[i]);
		if (ret)
			return report_sysctl(&tracking_rows[i], ret);
		*changed = true;
	}
	return EXIT_OK;
}

/**
 * cmd_tracking_set() - Change how conntrack behaves.
 * @ftctl: Options.
 * @argc: How many words follow.
 * @argv: Words.
 *
 * All words are checked, and all files opened, before anything is changed.
 * The kernel has no way to change several protocols at once; should it refuse
 * a later one, that is said.
 *
 * Return: Exit code.
 */
int cmd_tracking_set(const struct ftctl *ftctl, int argc, char **argv)
{
	struct tracking_plan plan;
	int fd[TRACKING_ROWS];
	bool changed = false;
	int i, ret;

	(void)ftctl;
	tracking_plan_init(&plan);
	for (i = 0; i < argc; i++)
		if (tracking_plan_word(&plan, argv[i]))
			return EXIT_USAGE;
	if (!argc)
		return fail(EXIT_USAGE, "tracking set: NAME=VALUE is missing");
	ret = open_files(&plan, fd);
	if (!ret)
		ret = set_timeouts(&plan, &changed);
	if (!ret)
		ret = write_files(&plan, fd, &changed);
	if (ret && changed)
		note("some of the values were changed before that");
	close_files(fd);
	return ret;
}
