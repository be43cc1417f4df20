// SPDX-License-Identifier: GPL-2.0
/* Owns the join of conntrack's table with the fast table, and what of it is
 * asked of the kernel. The fast table is kept in memory; conntrack's, which
 * may have ten times as many entries, streams through. Must not know what is
 * done with a connection.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <linux/netfilter/nf_conntrack_common.h>

#include "diag.h"
#include "fasttrack.h"
#include "flags.h"
#include "walk.h"

/* How often a table that changes under the dump is read again. */
#define MAX_TRIES	5

/* How many connections are taken to be seen at one time. */
#define CLOCK_EVERY	64

static int keep(const struct ft_conn *conn, void *data)
{
	join_add(data, conn);
	return 0;
}

/* A table that changed while it was read is read again; in the end a part of
 * it is better than nothing, and said to be one.
 */
static int read_table(struct walk *walk, struct ft *ft)
{
	int ret = NL_INTERRUPTED;
	int tries;

	for (tries = 0; ret == NL_INTERRUPTED && tries < MAX_TRIES; tries++) {
		join_clear(walk->join);
		ret = ft_dump_connections(ft, &walk->filter, keep, walk->join);
	}
	if (ret == NL_INTERRUPTED) {
		note("the fast table changed under the dump, some of it may be missing");
		return 0;
	}
	return ret;
}

/**
 * walk_begin() - Read the fast table.
 * @walk: Walk; to be ended whatever is returned.
 *
 * Return: Exit code, after a message if it is none of success.
 */
int walk_begin(struct walk *walk)
{
	const struct filter *filter = &walk->filter;
	u8 protocol = 0;
	struct ft ft;
	int ret;

	if (!walk->join)
		walk->join = join_new();
	if (filter_has(filter, FILTER_PROTOCOL))
		protocol = filter->protocol;
	ret = ft_open(&ft);
	/* The kernel refuses to look for what is never in the fast table. */
	if (!ret && (!protocol || protocol == IPPROTO_TCP ||
		     protocol == IPPROTO_UDP))
		ret = read_table(walk, &ft);
	if (ret)
		ret = ft_report(&ft, ret, walk->what);
	ft_close(&ft);
	return ret;
}

/**
 * walk_end() - Free what a walk holds.
 * @walk: Walk. What it showed of the fast table is gone then.
 */
void walk_end(struct walk *walk)
{
	join_free(walk->join);
	walk->join = NULL;
}

/* Bits of the conntrack status in the order of conn_flags. */
static void filter_status(const struct filter *filter,
			  struct ct_filter *kernel)
{
	u32 bits, i;

	for (i = 0; i < CONN_FLAGS; i++) {
		if (!(filter->flags_mask & BIT(i)))
			continue;
		bits = conn_flag_status(i);
		kernel->status_mask |= bits;
		if (filter->flags & BIT(i))
			kernel->status |= bits;
		/* Fast ones are marked, but marked ones may be slow. */
		if (!bits && filter->flags & BIT(i)) {
			kernel->status_mask |= CT_STATUS_FT;
			kernel->status |= CT_STATUS_FT;
		}
	}
	if (filter->given & FILTER_FAST) {
		kernel->status_mask |= CT_STATUS_FT;
		kernel->status |= CT_STATUS_FT;
	}
	if (filter_has(filter, FILTER_STATE) &&
	    filter->state == FILTER_STATE_ESTABLISHED) {
		kernel->status_mask |= IPS_SEEN_REPLY;
		kernel->status |= IPS_SEEN_REPLY;
	}
}

/* Whole addresses only, the kernel knows no prefixes. */
static void filter_addresses(const struct filter *filter,
			     struct ct_filter *kernel, bool ipv6)
{
	unsigned int i;

	for (i = 0; i < CT_FILTER_ADDRESSES; i++) {
		const struct filter_prefix *prefix = &filter->prefix[i];

		if (!filter_has(filter, FILTER_SRC_ADDRESS + i))
			continue;
		if (prefix->family == AF_INET ? prefix->bits == 32 :
		    ipv6 && prefix->bits == 128)
			kernel->address[i] = prefix->address;
	}
}

/**
 * walk_filters_ipv6() - Can ctnetlink be asked for IPv6 addresses?
 * @release: Release of the kernel, as uname() has it.
 *
 * That of 6.1 passes all addresses but the one asked for; that of 6.12 does
 * not. It has no other way to say so.
 *
 * Return: True from 6.12 on.
 */
bool walk_filters_ipv6(const char *release)
{
	unsigned int version, level;

	if (sscanf(release, "%u.%u", &version, &level) != 2)
		return false;
	return version > 6 || (version == 6 && level >= 12);
}

/**
 * walk_kernel_filter() - What of a filter ctnetlink can do.
 * @filter: Filter, which has to outlive @kernel.
 * @kernel: Filled. It lets pass all that the filter does, and perhaps more.
 * @ipv6: As walk_filters_ipv6() has it.
 */
void walk_kernel_filter(const struct filter *filter, struct ct_filter *kernel,
			bool ipv6)
{
	memset(kernel, 0, sizeof(*kernel));
	if (filter_has(filter, FILTER_FAMILY))
		kernel->family = filter->family;
	if (filter_has(filter, FILTER_MARK)) {
		kernel->mark = filter->mark;
		kernel->mark_mask = filter->mark_mask;
	}
	filter_status(filter, kernel);
	filter_addresses(filter, kernel, ipv6);
	/* It looks for a protocol only within a family. */
	if (filter_has(filter, FILTER_PROTOCOL) && kernel->family) {
		kernel->has_protocol = true;
		kernel->protocol = filter->protocol;
	}
}

static int see_conn(const struct ct_conn *ct, void *data)
{
	struct walk *walk = data;
	struct conn conn = { .ct = ct };
	struct ft_key key;

	ct_key(ct, &key);
	conn.ft = join_find(walk->join, &key);
	if (walk->rates) {
		if (walk->all % CLOCK_EVERY == 0)
			walk->now = rates_now();
		rates_sample(walk->rates, &conn, &key, walk->now);
	}
	conn.flags = conn_flag_set(ct, conn.ft);
	walk->all++;
	if (!(ct->has & CT_HAS_COUNTERS))
		walk->uncounted = true;
	if (walk->filter.given &&
	    !filter_match(&walk->filter, ct, conn.ft,
			  conn.rate[DIR_ORIG] + conn.rate[DIR_REPLY]))
		return 0;
	return walk->see(&conn, walk->data);
}

static int dump(struct walk *walk, struct nl *nl)
{
	struct ct_filter kernel;
	struct utsname name;
	int ret;

	walk_kernel_filter(&walk->filter, &kernel,
			   !uname(&name) && walk_filters_ipv6(name.release));
	ret = ct_dump(nl, &kernel, see_conn, walk);
	/* A kernel that does not know these filters; it said so at once. */
	if (ret != -EOPNOTSUPP && ret != -EINVAL)
		return ret;
	memset(&kernel, 0, sizeof(kernel));
	if (filter_has(&walk->filter, FILTER_FAMILY))
		kernel.family = walk->filter.family;
	return ct_dump(nl, &kernel, see_conn, walk);
}

/* Conntrack's counters of what is fast are as old as the last sweep, up to a
 * second, and a rate would be measured over another time than it is divided by.
 * Whoever asks for the status has them brought up to date. Without the module
 * there are none that could be late.
 */
static void fold(void)
{
	struct ft_status status;
	struct ft ft;

	if (!ft_open(&ft))
		ft_get_status(&ft, &status);
	ft_close(&ft);
}

/**
 * walk_run() - See all connections.
 * @walk: Walk that has begun.
 *
 * A table that changed is read again if what was seen can be forgotten. Else
 * that is said on stderr, and it is no failure: each line is true by itself.
 *
 * Return: Exit code, after a message if it is none of success.
 */
int walk_run(struct walk *walk)
{
	struct nl *nl = nl_open(NETLINK_NETFILTER);
	int ret, tries = 0;

	if (!nl)
		return ct_report(NULL, -errno, walk->what);
	do {
		if (tries)
			walk->restart(walk->data);
		walk->all = 0;
		if (walk->rates)
			fold();
		ret = dump(walk, nl);
	} while (ret == NL_INTERRUPTED && walk->restart &&
		 ++tries < MAX_TRIES);
	if (ret == NL_INTERRUPTED) {
		note("conntrack changed under the dump, some of it may be missing or twice");
		ret = 0;
	}
	if (ret == WALK_STOP)
		ret = 0;
	if (ret)
		ret = ct_report(nl, ret, walk->what);
	nl_close(nl);
	return ret;
}
