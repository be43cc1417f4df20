// SPDX-License-Identifier: GPL-2.0
/* Owns the requests to ctnetlink. Must not know the fast table, nor how
 * anything is printed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

#include "ctnetlink.h"
#include "diag.h"

/* Hands decoded entries on to the caller. */
struct reader {
	ct_conn_cb cb;
	void *data;
};

static int see_conn(const struct nlmsghdr *nlh, void *data)
{
	const struct reader *reader = data;
	struct ct_conn conn;
	int ret = ct_decode(nlh, &conn);

	return ret < 0 ? ret : reader->cb(&conn, reader->data);
}

/**
 * ct_dump() - Read the conntrack table.
 * @nl: Socket of NETLINK_NETFILTER.
 * @filter: What to leave out.
 * @cb: Sees each entry.
 * @data: For @cb.
 *
 * Return: 0, NL_INTERRUPTED as nl_dump(), or a negative errno.
 */
int ct_dump(struct nl *nl, const struct ct_filter *filter, ct_conn_cb cb,
	    void *data)
{
	struct reader reader = { .cb = cb, .data = data };
	struct nlmsghdr *nlh;

	nlh = nl_nfnl_request(nl, NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET,
			      filter->family);
	if (filter->status) {
		mnl_attr_put_u32(nlh, CTA_STATUS, htonl(filter->status));
		mnl_attr_put_u32(nlh, CTA_STATUS_MASK,
				 htonl(filter->status));
	}
	return nl_dump(nl, nlh, see_conn, &reader);
}

static int see_count(const struct nlmsghdr *nlh, void *data)
{
	u64 *count = data;

	(void)nlh;
	++*count;
	return 0;
}

/**
 * ct_count() - Count the entries of one address family.
 * @nl: Socket of NETLINK_NETFILTER.
 * @family: AF_INET or AF_INET6.
 * @count: Filled.
 *
 * The kernel keeps no such number, so the table is read; nothing of it is
 * decoded.
 *
 * Return: 0, NL_INTERRUPTED as nl_dump(), or a negative errno.
 */
int ct_count(struct nl *nl, u8 family, u64 *count)
{
	*count = 0;
	return nl_dump(nl, nl_nfnl_request(nl, NFNL_SUBSYS_CTNETLINK,
					   IPCTNL_MSG_CT_GET, family),
		       see_count, count);
}

static int see_entries(const struct nlmsghdr *nlh, void *data)
{
	return ct_decode_entries(nlh, data);
}

/**
 * ct_get_entries() - Ask how many entries there are.
 * @nl: Socket of NETLINK_NETFILTER.
 * @entries: Filled.
 *
 * Return: 0 or a negative errno.
 */
int ct_get_entries(struct nl *nl, u32 *entries)
{
	*entries = 0;
	return nl_do(nl, nl_nfnl_request(nl, NFNL_SUBSYS_CTNETLINK,
					 IPCTNL_MSG_CT_GET_STATS, AF_UNSPEC),
		     see_entries, entries);
}

/**
 * ct_report() - Say on stderr why a request failed.
 * @nl: Socket on which it failed, or NULL if it could not be opened.
 * @err: Negative errno.
 * @what: What was tried.
 *
 * Return: Exit code.
 */
int ct_report(const struct nl *nl, int err, const char *what)
{
	/* What nfnetlink answers when it has no such subsystem, even after
	 * it tried to load the module.
	 */
	if (err == -EINVAL)
		return fail(EXIT_MODULE,
			    "%s: module not loaded (modprobe nf_conntrack_netlink)",
			    what);
	return nl_report(nl, err, what);
}
