// SPDX-License-Identifier: GPL-2.0
/* Owns the requests to ctnetlink. Must not know the fast table, nor how
 * anything is printed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
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

/* What a tuple of the filter is compared by: part of the kernel's interface,
 * but not in its headers.
 */
#define FILTER_IP_SRC		BIT(0)
#define FILTER_IP_DST		BIT(1)
#define FILTER_PROTO_NUM	BIT(3)

static void put_address(struct nlmsghdr *nlh, u8 family, u16 v4, u16 v6,
			const u8 *address)
{
	if (!address)
		return;
	if (family == AF_INET)
		mnl_attr_put(nlh, v4, 4, address);
	else
		mnl_attr_put(nlh, v6, 16, address);
}

/* Returns what there is to be compared. */
static u32 put_tuple(struct nlmsghdr *nlh, u16 type,
		     const struct ct_filter *filter, const u8 *src,
		     const u8 *dst, bool protocol)
{
	struct nlattr *nest, *inner;

	if (!src && !dst && !protocol)
		return 0;
	nest = mnl_attr_nest_start(nlh, type);
	inner = mnl_attr_nest_start(nlh, CTA_TUPLE_IP);
	put_address(nlh, filter->family, CTA_IP_V4_SRC, CTA_IP_V6_SRC, src);
	put_address(nlh, filter->family, CTA_IP_V4_DST, CTA_IP_V6_DST, dst);
	mnl_attr_nest_end(nlh, inner);
	if (protocol) {
		inner = mnl_attr_nest_start(nlh, CTA_TUPLE_PROTO);
		mnl_attr_put_u8(nlh, CTA_PROTO_NUM, filter->protocol);
		mnl_attr_nest_end(nlh, inner);
	}
	mnl_attr_nest_end(nlh, nest);
	return (src ? FILTER_IP_SRC : 0) | (dst ? FILTER_IP_DST : 0) |
	       (protocol ? FILTER_PROTO_NUM : 0);
}

static void put_tuples(struct nlmsghdr *nlh, const struct ct_filter *filter)
{
	const u8 * const *address = filter->address;
	struct nlattr *nest;
	u32 orig, reply;

	orig = put_tuple(nlh, CTA_TUPLE_ORIG, filter, address[0], address[1],
			 filter->has_protocol);
	reply = put_tuple(nlh, CTA_TUPLE_REPLY, filter, address[2],
			  address[3], false);
	if (!orig && !reply)
		return;
	nest = mnl_attr_nest_start(nlh, CTA_FILTER);
	if (orig)
		mnl_attr_put_u32(nlh, CTA_FILTER_ORIG_FLAGS, orig);
	if (reply)
		mnl_attr_put_u32(nlh, CTA_FILTER_REPLY_FLAGS, reply);
	mnl_attr_nest_end(nlh, nest);
}

/**
 * ct_build_dump() - Make the message that asks for the conntrack table.
 * @nl: Socket.
 * @filter: What to leave out.
 *
 * Return: Message.
 */
struct nlmsghdr *ct_build_dump(struct nl *nl, const struct ct_filter *filter)
{
	struct nlmsghdr *nlh;

	nlh = nl_nfnl_request(nl, NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET,
			      filter->family);
	/* An empty mask is an error to the kernel. */
	if (filter->status_mask) {
		mnl_attr_put_u32(nlh, CTA_STATUS, htonl(filter->status));
		mnl_attr_put_u32(nlh, CTA_STATUS_MASK,
				 htonl(filter->status_mask));
	}
	if (filter->mark_mask) {
		mnl_attr_put_u32(nlh, CTA_MARK, htonl(filter->mark));
		mnl_attr_put_u32(nlh, CTA_MARK_MASK,
				 htonl(filter->mark_mask));
	}
	put_tuples(nlh, filter);
	return nlh;
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

	return nl_dump(nl, ct_build_dump(nl, filter), see_conn, &reader);
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

/* As the kernel wants it to name an entry: all that the protocol has. */
static void put_proto(struct nlmsghdr *nlh, const struct ct_tuple *tuple)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, CTA_TUPLE_PROTO);
	unsigned int set = 0;

	mnl_attr_put_u8(nlh, CTA_PROTO_NUM, tuple->protocol);
	if (tuple->has_ports) {
		mnl_attr_put_u16(nlh, CTA_PROTO_SRC_PORT,
				 htons(tuple->src_port));
		mnl_attr_put_u16(nlh, CTA_PROTO_DST_PORT,
				 htons(tuple->dst_port));
	} else if (tuple->has_icmp) {
		if (tuple->protocol == IPPROTO_ICMPV6)
			set = CTA_PROTO_ICMPV6_ID - CTA_PROTO_ICMP_ID;
		mnl_attr_put_u16(nlh, CTA_PROTO_ICMP_ID + set,
				 htons(tuple->icmp_id));
		mnl_attr_put_u8(nlh, CTA_PROTO_ICMP_TYPE + set,
				tuple->icmp_type);
		mnl_attr_put_u8(nlh, CTA_PROTO_ICMP_CODE + set,
				tuple->icmp_code);
	} else if (tuple->protocol == IPPROTO_GRE) {
		mnl_attr_put_u16(nlh, CTA_PROTO_SRC_PORT,
				 htons(tuple->gre_src_key));
		mnl_attr_put_u16(nlh, CTA_PROTO_DST_PORT,
				 htons(tuple->gre_key));
	}
	mnl_attr_nest_end(nlh, nest);
}

/**
 * ct_build_delete() - Make the message that deletes one entry.
 * @nl: Socket.
 * @conn: Entry as ct_dump() gave it.
 *
 * It is found by its original tuple, in the zone of that direction; a zone of
 * replies alone is none of its name.
 *
 * Return: Message.
 */
struct nlmsghdr *ct_build_delete(struct nl *nl, const struct ct_conn *conn)
{
	const struct ct_tuple *orig = &conn->tuple[DIR_ORIG];
	struct nlattr *nest, *inner;
	struct nlmsghdr *nlh;

	nlh = nl_nfnl_request(nl, NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_DELETE,
			      conn->family);
	nest = mnl_attr_nest_start(nlh, CTA_TUPLE_ORIG);
	inner = mnl_attr_nest_start(nlh, CTA_TUPLE_IP);
	put_address(nlh, conn->family, CTA_IP_V4_SRC, CTA_IP_V6_SRC,
		    orig->src);
	put_address(nlh, conn->family, CTA_IP_V4_DST, CTA_IP_V6_DST,
		    orig->dst);
	mnl_attr_nest_end(nlh, inner);
	put_proto(nlh, orig);
	if (conn->dir_zone[DIR_ORIG])
		mnl_attr_put_u16(nlh, CTA_TUPLE_ZONE,
				 htons(conn->dir_zone[DIR_ORIG]));
	mnl_attr_nest_end(nlh, nest);
	if (conn->has & CT_HAS_ZONE)
		mnl_attr_put_u16(nlh, CTA_ZONE, htons(conn->zone));
	if (conn->has & CT_HAS_ID)
		mnl_attr_put_u32(nlh, CTA_ID, conn->id);
	return nlh;
}

/**
 * ct_delete() - Delete one entry.
 * @nl: Socket of NETLINK_NETFILTER.
 * @conn: Entry as ct_dump() gave it.
 *
 * Return: 0, -ENOENT if it has gone already, or a negative errno.
 */
int ct_delete(struct nl *nl, const struct ct_conn *conn)
{
	return nl_do(nl, ct_build_delete(nl, conn), NULL, NULL);
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
