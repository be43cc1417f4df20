// SPDX-License-Identifier: GPL-2.0
/* Owns "status" and "reasons". Must not know how messages are coded.
 *
 * JSON keys of status: version enabled table-limit table-buckets table-used
 * ingress-packets, ingress-devices with name, ipv4 and ipv6 with rules
 * connections active packets bytes forwarded-packets share (percent),
 * preconditions with name result advice, reasons with reason packets. Those of
 * a reason: reason packets description.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <net/if.h>
#include <sys/socket.h>
#include <linux/fasttrack.h>

#include "command.h"
#include "diag.h"
#include "names.h"
#include "precondition.h"
#include "proc.h"
#include "show.h"

/* One run over the reasons. */
struct reasons {
	struct show *show;
	bool all;
};

static const struct show_column reason_columns[] = {
	{ .key = "reason" },
	{ .key = "packets", .right = true },
	{ .key = "description" },
};

static const struct show_column ingress_columns[] = {
	{ .key = "name" },
};

static const struct show_column precondition_columns[] = {
	{ .key = "name" },
	{ .key = "result" },
	{ .key = "advice" },
};

static int see_reason(const struct ft_reason *reason, void *data)
{
	const struct reasons *reasons = data;
	const char *name, *text = reason_text(reason->reason);
	struct show *show = reasons->show;
	char number[NAME_SIZE];

	if (!reasons->all && !reason->packets)
		return 0;
	/* It says "fast" and is no reason for the slow path. */
	if (reason->reason == FASTTRACK_REASON_NONE)
		return 0;
	snprintf(number, sizeof(number), "%u", reason->reason);
	name = reason->name ?: reason_name(reason->reason);
	show_row_begin(show);
	show_word(show, "reason", name ?: number);
	show_number(show, "packets", reason->packets);
	if (text)
		show_word(show, "description", text);
	show_row_end(show);
	return 0;
}

/**
 * cmd_reasons() - Show all reasons with their counters.
 * @ftctl: Options.
 * @argc: How many words follow.
 * @argv: Words.
 *
 * Return: Exit code.
 */
int cmd_reasons(const struct ftctl *ftctl, int argc, char **argv)
{
	struct reasons reasons = { .all = true };
	struct ft ft;
	int ret;

	if (no_words(argc, argv))
		return EXIT_USAGE;
	reasons.show = show_open(ftctl->json ? SHOW_JSON : SHOW_TEXT,
				 ftctl->pretty);
	ret = ft_open(&ft);
	if (!ret) {
		show_list_begin(reasons.show, NULL, reason_columns,
				ARRAY_SIZE(reason_columns));
		ret = ft_dump_reasons(&ft, see_reason, &reasons);
	}
	if (!ret)
		show_list_end(reasons.show);
	else
		ret = ft_report(&ft, ret, "reasons");
	show_close(reasons.show);
	ft_close(&ft);
	return ret;
}

static void show_family(struct show *show, const char *key,
			const struct ft_family *family)
{
	show_group_begin(show, key);
	show_number(show, "rules", family->rules);
	show_number(show, "connections", family->connections);
	show_number(show, "active", family->active);
	show_number(show, "packets", family->packets);
	show_number(show, "bytes", family->bytes);
	if (family->has_forwarded) {
		show_number(show, "forwarded-packets", family->forwarded);
		if (family->forwarded)
			show_percent(show, "share", 100.0 * family->packets /
				     family->forwarded);
	}
	show_group_end(show);
}

static void show_ingress(struct show *show, const struct ft_status *status)
{
	char name[IF_NAMESIZE];
	unsigned int i;

	show_list_begin(show, "ingress-devices", ingress_columns,
			ARRAY_SIZE(ingress_columns));
	for (i = 0; i < status->ingress_devices; i++) {
		if (!if_indextoname(status->ingress_ifindex[i], name))
			continue;
		show_row_begin(show);
		show_word(show, "name", name);
		show_row_end(show);
	}
	show_list_end(show);
}

static void show_engine(const struct ftctl *ftctl, struct show *show,
			const struct ft_status *status)
{
	if (status->version[0])
		show_word(show, "version", status->version);
	show_yes_no(show, "enabled", status->enabled);
	show_number(show, "table-limit", status->table_limit);
	show_number(show, "table-buckets", status->table_buckets);
	show_number(show, "table-used", (u64)status->ipv4.connections +
		    status->ipv6.connections);
	show_number(show, "ingress-packets", status->ingress_packets);
	if (ftctl->family != AF_INET6)
		show_family(show, "ipv4", &status->ipv4);
	if (ftctl->family != AF_INET)
		show_family(show, "ipv6", &status->ipv6);
}

static void show_preconditions(struct show *show, const struct facts *facts)
{
	struct verdict verdict;
	size_t i;

	show_list_begin(show, "preconditions", precondition_columns,
			ARRAY_SIZE(precondition_columns));
	for (i = 0; precondition(i, facts, &verdict); i++) {
		if (verdict.result == PRECONDITION_UNKNOWN)
			continue;
		show_row_begin(show);
		show_word(show, "name", verdict.name);
		show_word(show, "result", verdict.result == PRECONDITION_OK ?
			  "OK" : "FAIL");
		if (verdict.advice[0])
			show_word(show, "advice", verdict.advice);
		show_row_end(show);
	}
	show_list_end(show);
}

static int show_reasons(struct show *show, struct ft *ft)
{
	struct reasons reasons = { .show = show };
	int ret;

	show_list_begin(show, "reasons", reason_columns,
			ARRAY_SIZE(reason_columns));
	ret = ft_dump_reasons(ft, see_reason, &reasons);
	show_list_end(show);
	return ret;
}

/**
 * cmd_status() - Show the status.
 * @ftctl: Options.
 * @argc: How many words follow.
 * @argv: Words.
 *
 * Without the module the preconditions are all there is to show.
 *
 * Return: Exit code. A precondition that fails is data and no failure.
 */
int cmd_status(const struct ftctl *ftctl, int argc, char **argv)
{
	struct facts facts = { .family = ftctl->family };
	struct show *show;
	struct ft ft;
	int ret;

	if (no_words(argc, argv))
		return EXIT_USAGE;
	ret = facts_open(&facts, &ft);
	if (!ret || ret == -ENOENT) {
		show = show_open(ftctl->json ? SHOW_JSON : SHOW_TEXT,
				 ftctl->pretty);
		show_begin(show);
		if (facts.loaded)
			show_engine(ftctl, show, &facts.status);
		if (facts.loaded)
			show_ingress(show, &facts.status);
		show_preconditions(show, &facts);
		if (facts.loaded)
			ret = show_reasons(show, &ft);
		show_end(show);
		show_close(show);
	}
	if (ret)
		ret = ft_report(&ft, ret, "status");
	ft_close(&ft);
	return ret;
}
