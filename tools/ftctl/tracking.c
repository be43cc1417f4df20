// SPDX-License-Identifier: GPL-2.0
/* Owns the settings of connection tracking by name and the check of every
 * NAME=VALUE before anything is changed. Must not know sockets or files.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <netinet/in.h>
#include <linux/fasttrack.h>
#include <linux/netfilter/nfnetlink_cttimeout.h>

#include "command.h"
#include "diag.h"
#include "parse.h"
#include "proc.h"
#include "tracking.h"

/* If a clock does not tell how many ticks a second has. */
#define USUAL_TICKS	1000
#define TICKS_MAX	1200
#define NSEC_PER_SEC	1000000000l

#define TIMEOUT(_name, _protocol, _attr, _linux, _routeros) {	\
	.name = _name,						\
	.kind = TRACKING_TIMEOUT,				\
	.protocol = TRACKING_##_protocol,			\
	.attr = CTA_TIMEOUT_##_attr,				\
	.family = { _linux, _routeros },			\
}

#define MINUTE	60
#define DAY	86400

const struct tracking_row tracking_rows[TRACKING_ROWS] = {
	{ .name = "enabled", .kind = TRACKING_ENABLED,
	  .family = { FASTTRACK_TRACKING_AUTO, FASTTRACK_TRACKING_AUTO } },
	{ .name = "loose-tcp-tracking", .kind = TRACKING_SWITCH,
	  .sysctl = SYSCTL_CT "tcp_loose", .family = { 1, 1 } },
	{ .name = "liberal-tcp-tracking", .kind = TRACKING_SWITCH,
	  .sysctl = SYSCTL_CT "tcp_be_liberal" },
	TIMEOUT("tcp-syn-sent-timeout", TCP, TCP_SYN_SENT,
		2 * MINUTE, 5),
	TIMEOUT("tcp-syn-received-timeout", TCP, TCP_SYN_RECV,
		MINUTE, 5),
	TIMEOUT("tcp-established-timeout", TCP, TCP_ESTABLISHED,
		5 * DAY, DAY),
	TIMEOUT("tcp-fin-wait-timeout", TCP, TCP_FIN_WAIT,
		2 * MINUTE, 10),
	TIMEOUT("tcp-close-wait-timeout", TCP, TCP_CLOSE_WAIT,
		MINUTE, 10),
	TIMEOUT("tcp-last-ack-timeout", TCP, TCP_LAST_ACK,
		30, 10),
	TIMEOUT("tcp-time-wait-timeout", TCP, TCP_TIME_WAIT,
		2 * MINUTE, 10),
	TIMEOUT("tcp-close-timeout", TCP, TCP_CLOSE,
		10, 10),
	TIMEOUT("tcp-syn-sent2-timeout", TCP, TCP_SYN_SENT2,
		2 * MINUTE, 5),
	TIMEOUT("tcp-max-retrans-timeout", TCP, TCP_RETRANS,
		5 * MINUTE, 5 * MINUTE),
	TIMEOUT("tcp-unacked-timeout", TCP, TCP_UNACK,
		5 * MINUTE, 5 * MINUTE),
	TIMEOUT("udp-timeout", UDP, UDP_UNREPLIED,
		30, 10),
	TIMEOUT("udp-stream-timeout", UDP, UDP_REPLIED,
		2 * MINUTE, 3 * MINUTE),
	TIMEOUT("icmp-timeout", ICMP, ICMP_TIMEOUT,
		30, 10),
	TIMEOUT("icmpv6-timeout", ICMPV6, ICMPV6_TIMEOUT,
		30, 10),
	TIMEOUT("generic-timeout", GENERIC, GENERIC_TIMEOUT,
		10 * MINUTE, 10 * MINUTE),
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

/* Conntrack compares 32 bit times in ticks: a timeout of more than half the
 * range would be over at once. Its sysctls refuse such a one, netlink does not.
 * The coarse clock goes by ticks.
 */
static u32 timeout_max(void)
{
	struct timespec tick;
	long ticks = 0;

	if (!clock_getres(CLOCK_MONOTONIC_COARSE, &tick) && !tick.tv_sec &&
	    tick.tv_nsec)
		ticks = (NSEC_PER_SEC + tick.tv_nsec / 2) / tick.tv_nsec;
	if (ticks < 1 || ticks > TICKS_MAX)
		ticks = USUAL_TICKS;
	return INT_MAX / ticks;
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
	if (ret || ms / 1000 > timeout_max())
		return fail(EXIT_USAGE, "%s: '%s' is out of range (0s to %s)",
			    row->name, text,
			    format_time(timeout_max() * 1000ull, max));
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

/* 0 is no limit, as to the kernel. */
static int plan_limit(const struct tracking_row *row, const char *text,
		      u64 *number)
{
	int ret = parse_number(text, number);

	if (ret == -EINVAL)
		return fail(EXIT_USAGE, "%s: '%s' is not a number", row->name,
			    text);
	if (ret || *number > INT_MAX)
		return fail(EXIT_USAGE, "%s: '%s' is out of range (0 to %d)",
			    row->name, text, INT_MAX);
	return EXIT_OK;
}

/* By enum fasttrack_tracking. */
static const char * const modes[] = {
	[FASTTRACK_TRACKING_AUTO] = "auto",
	[FASTTRACK_TRACKING_YES] = "yes",
	[FASTTRACK_TRACKING_NO] = "no",
};

/**
 * tracking_mode_name() - What keeps tracking on.
 * @mode: enum fasttrack_tracking.
 *
 * Return: Word, NULL for one of a newer kernel.
 */
const char *tracking_mode_name(u64 mode)
{
	return mode < ARRAY_SIZE(modes) ? modes[mode] : NULL;
}

static int plan_enabled(const struct tracking_row *row, const char *text,
			u64 *mode)
{
	u64 i;

	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		if (!strcmp(text, modes[i])) {
			*mode = i;
			return EXIT_OK;
		}
	}
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
		return plan_enabled(row, text, &plan->number[i]);
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

/**
 * tracking_plan_family() - Want all values of a family of defaults.
 * @plan: Plan with nothing wanted yet.
 * @family: Family. Limits have no default of their own: they go by memory.
 */
void tracking_plan_family(struct tracking_plan *plan,
			  enum tracking_family family)
{
	size_t i;

	for (i = 0; i < TRACKING_ROWS; i++) {
		const struct tracking_row *row = &tracking_rows[i];
		struct ctt_values *values = &plan->timeouts[row->protocol];

		if (row->kind == TRACKING_SWITCH ||
		    row->kind == TRACKING_ENABLED) {
			plan->number[i] = row->family[family];
			plan->given[i] = true;
		} else if (row->kind == TRACKING_TIMEOUT) {
			values->seconds[row->attr] = row->family[family];
			values->has |= BIT(row->attr);
			plan->given[i] = true;
		}
	}
}

/**
 * tracking_plan_value() - Value of a row that is a number.
 * @plan: Plan.
 * @i: Row.
 * @value: Filled: seconds, 0 or 1, or a count.
 *
 * Return: False if there is none.
 */
bool tracking_plan_value(const struct tracking_plan *plan, size_t i,
			 u64 *value)
{
	const struct tracking_row *row = &tracking_rows[i];
	const struct ctt_values *values = &plan->timeouts[row->protocol];

	*value = plan->number[i];
	if (row->kind != TRACKING_TIMEOUT)
		return true;
	*value = values->seconds[row->attr];
	return values->has & BIT(row->attr);
}

/**
 * tracking_format() - Write a row as tracking_plan_word() reads it.
 * @plan: Plan.
 * @i: Row.
 * @text: Filled with NAME=VALUE.
 * @size: Its size.
 *
 * Return: Length, 0 if there is no value or none that can be set.
 */
size_t tracking_format(const struct tracking_plan *plan, size_t i,
		       char *text, size_t size)
{
	const struct tracking_row *row = &tracking_rows[i];
	char time[TIME_SIZE];
	u64 value;

	if (!tracking_plan_value(plan, i, &value))
		return 0;
	switch (row->kind) {
	case TRACKING_ENABLED:
		return snprintf(text, size, "%s=%s", row->name,
				tracking_mode_name(value) ?: "unknown");
	case TRACKING_SWITCH:
		return snprintf(text, size, "%s=%s", row->name,
				value ? "yes" : "no");
	case TRACKING_TIMEOUT:
		return snprintf(text, size, "%s=%s", row->name,
				format_time(value * 1000, time));
	case TRACKING_LIMIT:
		return snprintf(text, size, "%s=%llu", row->name, value);
	default:
		return 0;
	}
}

/**
 * tracking_unfit() - Why tracking_plan_word() would not take a row back.
 * @plan: Plan, as it was read.
 * @i: Row.
 *
 * Return: Words, or NULL for what can be set again: a timeout that was set in
 * ticks or below zero can't, nor what a newer kernel has.
 */
const char *tracking_unfit(const struct tracking_plan *plan, size_t i)
{
	const struct tracking_row *row = &tracking_rows[i];
	u64 value;

	if (!tracking_plan_value(plan, i, &value))
		return NULL;
	if (row->kind == TRACKING_ENABLED && !tracking_mode_name(value))
		return "of a newer kernel";
	if (row->kind == TRACKING_TIMEOUT && value > timeout_max())
		return "out of range";
	if (row->kind == TRACKING_LIMIT && value > INT_MAX)
		return "out of range";
	return NULL;
}

/**
 * tracking_plan_line() - Take a line of a file into a plan.
 * @plan: Plan.
 * @line: Line, changed. Blanks around it and what follows a # do not count.
 *
 * Return: EXIT_OK, or EXIT_USAGE after a message.
 */
int tracking_plan_line(struct tracking_plan *plan, char *line)
{
	static const char blanks[] = " \t\r\n";
	size_t len;

	line[strcspn(line, "#")] = '\0';
	line += strspn(line, blanks);
	len = strlen(line);
	while (len && strchr(blanks, line[len - 1]))
		len--;
	line[len] = '\0';
	if (!len)
		return EXIT_OK;
	if (strcspn(line, blanks) != len)
		return fail(EXIT_USAGE, "more than one word in '%.64s'", line);
	return tracking_plan_word(plan, line);
}
