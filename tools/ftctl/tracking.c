// SPDX-License-Identifier: GPL-2.0
/* Owns the settings of connection tracking by name and the check of every
 * NAME=VALUE before anything is changed. Must not know sockets or files.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <netinet/in.h>
#include <linux/netfilter/nfnetlink_cttimeout.h>

#include "command.h"
#include "diag.h"
#include "parse.h"
#include "proc.h"
#include "tracking.h"

/* Conntrack compares 32 bit times in ticks, of which there are up to 1000 in
 * a second: a timeout of more than half the range would be over at once.
 */
#define TIMEOUT_MAX	(INT_MAX / 1000)

#define TIMEOUT(_name, _protocol, _attr) {		\
	.name = _name,					\
	.kind = TRACKING_TIMEOUT,			\
	.protocol = TRACKING_##_protocol,		\
	.attr = CTA_TIMEOUT_##_attr,			\
}

const struct tracking_row tracking_rows[TRACKING_ROWS] = {
	{ .name = "enabled", .kind = TRACKING_ENABLED },
	{ .name = "loose-tcp-tracking", .kind = TRACKING_SWITCH,
	  .sysctl = SYSCTL_CT "tcp_loose" },
	{ .name = "liberal-tcp-tracking", .kind = TRACKING_SWITCH,
	  .sysctl = SYSCTL_CT "tcp_be_liberal" },
	TIMEOUT("tcp-syn-sent-timeout", TCP, TCP_SYN_SENT),
	TIMEOUT("tcp-syn-received-timeout", TCP, TCP_SYN_RECV),
	TIMEOUT("tcp-established-timeout", TCP, TCP_ESTABLISHED),
	TIMEOUT("tcp-fin-wait-timeout", TCP, TCP_FIN_WAIT),
	TIMEOUT("tcp-close-wait-timeout", TCP, TCP_CLOSE_WAIT),
	TIMEOUT("tcp-last-ack-timeout", TCP, TCP_LAST_ACK),
	TIMEOUT("tcp-time-wait-timeout", TCP, TCP_TIME_WAIT),
	TIMEOUT("tcp-close-timeout", TCP, TCP_CLOSE),
	TIMEOUT("tcp-syn-sent2-timeout", TCP, TCP_SYN_SENT2),
	TIMEOUT("tcp-max-retrans-timeout", TCP, TCP_RETRANS),
	TIMEOUT("tcp-unacked-timeout", TCP, TCP_UNACK),
	TIMEOUT("udp-timeout", UDP, UDP_UNREPLIED),
	TIMEOUT("udp-stream-timeout", UDP, UDP_REPLIED),
	TIMEOUT("icmp-timeout", ICMP, ICMP_TIMEOUT),
	TIMEOUT("icmpv6-timeout", ICMPV6, ICMPV6_TIMEOUT),
	TIMEOUT("generic-timeout", GENERIC, GENERIC_TIMEOUT),
	{ .name = "max-entries", .kind = TRACKING_LIMIT,
	  .sysctl = SYSCTL_CT "max" },
	{ .name = "total-entries", .kind = TRACKING_TOTAL },
	{ .name = "total-ip4-entries", .kind = TRACKING_TOTAL_IPV4 },
	{ .name = "total-ip6-entries", .kind = TRACKING_TOTAL_IPV6 },
};

static const struct {
	const char *name;
	u16 l3proto;
	u8 l4proto;
} protocols[TRACKING_PROTOCOLS] = {
	[TRACKING_TCP] = { "timeouts of tcp", AF_INET, IPPROTO_TCP },
	[TRACKING_UDP] = { "timeouts of udp", AF_INET, IPPROTO_UDP },
	[TRACKING_ICMP] = { "timeouts of icmp", AF_INET, IPPROTO_ICMP },
	[TRACKING_ICMPV6] = { "timeouts of icmpv6", AF_INET6, IPPROTO_ICMPV6 },
	[TRACKING_GENERIC] = { "timeouts of generic", AF_INET, CTT_GENERIC },
};

/**
 * tracking_timeouts_name() - What a protocol's timeouts are called.
 * @protocol: Protocol.
 *
 * Return: Words.
 */
const char *tracking_timeouts_name(enum tracking_protocol protocol)
{
	return protocols[protocol].name;
}

/**
 * tracking_word() - Names that may follow "tracking set".
 * @i: Number.
 *
 * Return: Name, or NULL behind the last one that can be set.
 */
const char *tracking_word(size_t i)
{
	/* The read-only rows are the last ones. */
	if (i >= TRACKING_ROWS || tracking_rows[i].kind >= TRACKING_TOTAL)
		return NULL;
	return tracking_rows[i].name;
}

/**
 * tracking_plan_init() - Begin with nothing wanted.
 * @plan: Filled.
 */
void tracking_plan_init(struct tracking_plan *plan)
{
	size_t i;

	memset(plan, 0, sizeof(*plan));
	for (i = 0; i < TRACKING_PROTOCOLS; i++) {
		plan->timeouts[i].l3proto = protocols[i].l3proto;
		plan->timeouts[i].l4proto = protocols[i].l4proto;
	}
}

static int plan_timeout(struct tracking_plan *plan,
			const struct tracking_row *row, const char *text)
{
	struct ctt_values *values = &plan->timeouts[row->protocol];
	char max[TIME_SIZE];
	u64 ms = 0;
	int ret = parse_time(text, &ms);

	if (ret == -EINVAL)
		return fail(EXIT_USAGE, "%s: '%s' is not a time", row->name,
			    text);
	if (!ret && ms % 1000)
		return fail(EXIT_USAGE, "%s: '%s' is not in whole seconds",
			    row->name, text);
	if (ret || !ms || ms / 1000 > TIMEOUT_MAX)
		return fail(EXIT_USAGE, "%s: '%s' is out of range (1s to %s)",
			    row->name, text,
			    format_time(TIMEOUT_MAX * 1000ull, max));
	values->seconds[row->attr] = ms / 1000;
	values->has |= BIT(row->attr);
	return EXIT_OK;
}

static int plan_switch(const struct tracking_row *row, const char *text,
		       u64 *number)
{
	bool yes;

	if (parse_yes_no(text, &yes))
		return fail(EXIT_USAGE, "%s: '%s' is not yes or no",
			    row->name, text);
	*number = yes;
	return EXIT_OK;
}

/* A limit of 0 would mean none at all to the kernel. */
static int plan_limit(const struct tracking_row *row, const char *text,
		      u64 *number)
{
	int ret = parse_number(text, number);

	if (ret == -EINVAL)
		return fail(EXIT_USAGE, "%s: '%s' is not a number", row->name,
			    text);
	if (ret || !*number || *number > INT_MAX)
		return fail(EXIT_USAGE, "%s: '%s' is out of range (1 to %d)",
			    row->name, text, INT_MAX);
	return EXIT_OK;
}

/* Keeping tracking on or off without a rule needs the engine's help, which it
 * does not offer yet; auto is what the kernel does.
 */
static int plan_enabled(const struct tracking_row *row, const char *text)
{
	if (!strcmp(text, "auto"))
		return EXIT_OK;
	if (!strcmp(text, "yes") || !strcmp(text, "no"))
		return fail(EXIT_USAGE, "%s: '%s' is not supported, only auto",
			    row->name, text);
	return fail(EXIT_USAGE, "%s: '%s' is not yes, no or auto", row->name,
		    text);
}

static int plan_row(struct tracking_plan *plan, size_t i, const char *text)
{
	const struct tracking_row *row = &tracking_rows[i];

	if (plan->given[i])
		return fail(EXIT_USAGE, "%s is given twice", row->name);
	plan->given[i] = true;
	switch (row->kind) {
	case TRACKING_ENABLED:
		return plan_enabled(row, text);
	case TRACKING_SWITCH:
		return plan_switch(row, text, &plan->number[i]);
	case TRACKING_TIMEOUT:
		return plan_timeout(plan, row, text);
	case TRACKING_LIMIT:
		return plan_limit(row, text, &plan->number[i]);
	case TRACKING_TOTAL:
	case TRACKING_TOTAL_IPV4:
	case TRACKING_TOTAL_IPV6:
		break;
	}
	return fail(EXIT_USAGE, "%s is read-only", row->name);
}

/**
 * tracking_plan_word() - Take one NAME=VALUE into a plan.
 * @plan: Plan.
 * @word: Word.
 *
 * Return: EXIT_OK, or EXIT_USAGE after a message.
 */
int tracking_plan_word(struct tracking_plan *plan, const char *word)
{
	size_t i;

	for (i = 0; i < TRACKING_ROWS; i++) {
		const char *value;

		value = parse_assignment(word, tracking_rows[i].name);
		if (value)
			return plan_row(plan, i, value);
	}
	if (!parse_name_length(word))
		return fail(EXIT_USAGE, "'%s' is not NAME=VALUE", word);
	return fail(EXIT_USAGE, "unknown setting '%.*s'",
		    (int)parse_name_length(word), word);
}
