/* SPDX-License-Identifier: GPL-2.0 */
/* Owns the rows of "ftctl tracking" and what a command line wants of them.
 * Prototypes of tracking.c.
 */
#ifndef FTCTL_TRACKING_H
#define FTCTL_TRACKING_H

#include "cttimeout.h"

/**
 * enum tracking_kind - Where the value of a row comes from.
 * @TRACKING_ENABLED: What keeps tracking on.
 * @TRACKING_SWITCH: Sysctl, yes or no.
 * @TRACKING_TIMEOUT: Default timeout of a protocol.
 * @TRACKING_LIMIT: Sysctl, number of entries.
 * @TRACKING_TOTAL: Count of entries, read only.
 * @TRACKING_TOTAL_IPV4: Those of IPv4, read only.
 * @TRACKING_TOTAL_IPV6: Those of IPv6, read only.
 */
enum tracking_kind {
	TRACKING_ENABLED,
	TRACKING_SWITCH,
	TRACKING_TIMEOUT,
	TRACKING_LIMIT,
	TRACKING_TOTAL,
	TRACKING_TOTAL_IPV4,
	TRACKING_TOTAL_IPV6,
};

/**
 * enum tracking_protocol - Protocols with default timeouts.
 * @TRACKING_TCP: TCP.
 * @TRACKING_UDP: UDP.
 * @TRACKING_ICMP: ICMP.
 * @TRACKING_ICMPV6: ICMPv6.
 * @TRACKING_GENERIC: All that conntrack does not know.
 * @TRACKING_PROTOCOLS: How many.
 */
enum tracking_protocol {
	TRACKING_TCP,
	TRACKING_UDP,
	TRACKING_ICMP,
	TRACKING_ICMPV6,
	TRACKING_GENERIC,
	TRACKING_PROTOCOLS,
};

/**
 * enum tracking_family - Whose defaults.
 * @TRACKING_LINUX: Those of the kernel.
 * @TRACKING_ROUTEROS: Those of RouterOS.
 * @TRACKING_FAMILIES: How many.
 */
enum tracking_family {
	TRACKING_LINUX,
	TRACKING_ROUTEROS,
	TRACKING_FAMILIES,
};

/**
 * struct tracking_row - One setting.
 * @name: Name, that of RouterOS where RouterOS has it.
 * @kind: Where the value comes from.
 * @protocol: Protocol of a timeout.
 * @attr: Attribute of a timeout.
 * @sysctl: Sysctl of a switch or limit.
 * @family: By enum tracking_family, seconds, 0 and 1 for no and yes, or enum
 *	fasttrack_tracking; a limit and a total have none.
 */
struct tracking_row {
	const char *name;
	enum tracking_kind kind;
	enum tracking_protocol protocol;
	u8 attr;
	const char *sysctl;
	u32 family[TRACKING_FAMILIES];
};

#define TRACKING_ROWS	23

extern const struct tracking_row tracking_rows[TRACKING_ROWS];

/**
 * struct tracking_plan - What a command line wants.
 * @given: By row, it is wanted.
 * @number: By row, value of a switch or limit, enum fasttrack_tracking for
 *	what keeps tracking on.
 * @timeouts: By protocol, timeouts.
 */
struct tracking_plan {
	bool given[TRACKING_ROWS];
	u64 number[TRACKING_ROWS];
	struct ctt_values timeouts[TRACKING_PROTOCOLS];
};

const char *tracking_timeouts_name(enum tracking_protocol protocol);
const char *tracking_mode_name(u64 mode);
void tracking_plan_init(struct tracking_plan *plan);
void tracking_plan_family(struct tracking_plan *plan,
			  enum tracking_family family);
bool tracking_plan_value(const struct tracking_plan *plan, size_t i,
			 u64 *value);
size_t tracking_format(const struct tracking_plan *plan, size_t i,
		       char *text, size_t size);
const char *tracking_unfit(const struct tracking_plan *plan, size_t i);
int tracking_plan_line(struct tracking_plan *plan, char *line);
int tracking_plan_word(struct tracking_plan *plan, const char *word);

/* tracking_apply.c: the way to the kernel and back. */
int tracking_read(struct tracking_plan *plan, const char *what);
int tracking_read_settable(struct tracking_plan *plan, const char *what);
int tracking_apply(const struct tracking_plan *plan, const char *what);

#endif /* FTCTL_TRACKING_H */
