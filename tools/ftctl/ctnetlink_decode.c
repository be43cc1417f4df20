// SPDX-License-Identifier: GPL-2.0
/* Owns the way from ctnetlink's messages to plain structs. Pure: must not
 * know sockets, commands or output.
 */
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <string.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

#include "attr.h"
#include "ctnetlink.h"

static u16 get_be16(const struct nlattr *attr)
{
	return attr ? ntohs(mnl_attr_get_u16(attr)) : 0;
}

static u32 get_be32(const struct nlattr *attr)
{
	return attr ? ntohl(mnl_attr_get_u32(attr)) : 0;
}

static u64 get_be64(const struct nlattr *attr)
{
	return attr ? be64toh(mnl_attr_get_u64(attr)) : 0;
}

static int decode_ip(const struct nlattr *nest, u8 family,
		     struct ct_tuple *tuple)
{
	static const u8 kinds[] = {
		[CTA_IP_V4_SRC] = ATTR_U32,
		[CTA_IP_V4_DST] = ATTR_U32,
		[CTA_IP_V6_SRC] = ATTR_IN6,
		[CTA_IP_V6_DST] = ATTR_IN6,
	};
	const struct nlattr *tb[ARRAY_SIZE(kinds)];
	const struct nlattr *src, *dst;

	if (attr_parse_nest(nest, kinds, ARRAY_SIZE(kinds) - 1, tb))
		return -EBADMSG;
	src = tb[family == AF_INET ? CTA_IP_V4_SRC : CTA_IP_V6_SRC];
	dst = tb[family == AF_INET ? CTA_IP_V4_DST : CTA_IP_V6_DST];
	if (!src || !dst)
		return -EBADMSG;
	memcpy(tuple->src, mnl_attr_get_payload(src),
	       mnl_attr_get_payload_len(src));
	memcpy(tuple->dst, mnl_attr_get_payload(dst),
	       mnl_attr_get_payload_len(dst));
	return 0;
}

static bool protocol_has_ports(u8 protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		return true;
	default:
		return false;
	}
}

/* The ICMP attributes come in two sets, one per family; the ids, types and
 * codes of each follow each other in the same order.
 */
static void decode_icmp(const struct nlattr **tb, struct ct_tuple *tuple)
{
	unsigned int set = 0;

	if (tuple->protocol == IPPROTO_ICMPV6)
		set = CTA_PROTO_ICMPV6_ID - CTA_PROTO_ICMP_ID;
	if (!tb[CTA_PROTO_ICMP_ID + set] || !tb[CTA_PROTO_ICMP_TYPE + set] ||
	    !tb[CTA_PROTO_ICMP_CODE + set])
		return;
	tuple->icmp_id = get_be16(tb[CTA_PROTO_ICMP_ID + set]);
	tuple->icmp_type = mnl_attr_get_u8(tb[CTA_PROTO_ICMP_TYPE + set]);
	tuple->icmp_code = mnl_attr_get_u8(tb[CTA_PROTO_ICMP_CODE + set]);
	tuple->has_icmp = true;
}

static int decode_proto(const struct nlattr *nest, struct ct_tuple *tuple)
{
	static const u8 kinds[] = {
		[CTA_PROTO_NUM] = ATTR_U8,
		[CTA_PROTO_SRC_PORT] = ATTR_U16,
		[CTA_PROTO_DST_PORT] = ATTR_U16,
		[CTA_PROTO_ICMP_ID] = ATTR_U16,
		[CTA_PROTO_ICMP_TYPE] = ATTR_U8,
		[CTA_PROTO_ICMP_CODE] = ATTR_U8,
		[CTA_PROTO_ICMPV6_ID] = ATTR_U16,
		[CTA_PROTO_ICMPV6_TYPE] = ATTR_U8,
		[CTA_PROTO_ICMPV6_CODE] = ATTR_U8,
	};
	const struct nlattr *tb[ARRAY_SIZE(kinds)];

	if (attr_parse_nest(nest, kinds, ARRAY_SIZE(kinds) - 1, tb) ||
	    !tb[CTA_PROTO_NUM])
		return -EBADMSG;
	tuple->protocol = mnl_attr_get_u8(tb[CTA_PROTO_NUM]);
	if (protocol_has_ports(tuple->protocol) && tb[CTA_PROTO_SRC_PORT] &&
	    tb[CTA_PROTO_DST_PORT]) {
		tuple->src_port = get_be16(tb[CTA_PROTO_SRC_PORT]);
		tuple->dst_port = get_be16(tb[CTA_PROTO_DST_PORT]);
		tuple->has_ports = true;
	}
	/* GRE's keys come in the attributes of ports. */
	if (tuple->protocol == IPPROTO_GRE) {
		tuple->gre_src_key = get_be16(tb[CTA_PROTO_SRC_PORT]);
		tuple->gre_key = get_be16(tb[CTA_PROTO_DST_PORT]);
	}
	decode_icmp(tb, tuple);
	return 0;
}

static int decode_tuple(const struct nlattr *nest, struct ct_conn *conn,
			int dir)
{
	static const u8 kinds[] = {
		[CTA_TUPLE_IP] = ATTR_NEST,
		[CTA_TUPLE_PROTO] = ATTR_NEST,
		[CTA_TUPLE_ZONE] = ATTR_U16,
	};
	const struct nlattr *tb[ARRAY_SIZE(kinds)];
	struct ct_tuple *tuple = &conn->tuple[dir];

	if (attr_parse_nest(nest, kinds, ARRAY_SIZE(kinds) - 1, tb) ||
	    !tb[CTA_TUPLE_IP] || !tb[CTA_TUPLE_PROTO] ||
	    decode_ip(tb[CTA_TUPLE_IP], conn->family, tuple))
		return -EBADMSG;
	conn->dir_zone[dir] = get_be16(tb[CTA_TUPLE_ZONE]);
	return decode_proto(tb[CTA_TUPLE_PROTO], tuple);
}

static int decode_count(const struct nlattr *nest, struct ct_count *count)
{
	static const u8 kinds[] = {
		[CTA_COUNTERS_PACKETS] = ATTR_U64,
		[CTA_COUNTERS_BYTES] = ATTR_U64,
	};
	const struct nlattr *tb[ARRAY_SIZE(kinds)];

	if (attr_parse_nest(nest, kinds, ARRAY_SIZE(kinds) - 1, tb))
		return -EBADMSG;
	count->packets = get_be64(tb[CTA_COUNTERS_PACKETS]);
	count->bytes = get_be64(tb[CTA_COUNTERS_BYTES]);
	return 0;
}

static int decode_protoinfo(const struct nlattr *nest, struct ct_conn *conn)
{
	static const u8 kinds[] = {
		[CTA_PROTOINFO_TCP] = ATTR_NEST,
	};
	static const u8 tcp_kinds[] = {
		[CTA_PROTOINFO_TCP_STATE] = ATTR_U8,
	};
	const struct nlattr *tb[ARRAY_SIZE(kinds)];
	const struct nlattr *tcp[ARRAY_SIZE(tcp_kinds)];

	if (attr_parse_nest(nest, kinds, ARRAY_SIZE(kinds) - 1, tb))
		return -EBADMSG;
	if (!tb[CTA_PROTOINFO_TCP])
		return 0;
	if (attr_parse_nest(tb[CTA_PROTOINFO_TCP], tcp_kinds,
			    ARRAY_SIZE(tcp_kinds) - 1, tcp))
		return -EBADMSG;
	if (tcp[CTA_PROTOINFO_TCP_STATE]) {
		conn->tcp_state =
			mnl_attr_get_u8(tcp[CTA_PROTOINFO_TCP_STATE]);
		conn->has |= CT_HAS_TCP_STATE;
	}
	return 0;
}

static int decode_help(const struct nlattr *nest, struct ct_conn *conn)
{
	static const u8 kinds[] = {
		[CTA_HELP_NAME] = ATTR_STRING,
	};
	const struct nlattr *tb[ARRAY_SIZE(kinds)];

	if (attr_parse_nest(nest, kinds, ARRAY_SIZE(kinds) - 1, tb))
		return -EBADMSG;
	if (tb[CTA_HELP_NAME])
		conn->helper = mnl_attr_get_str(tb[CTA_HELP_NAME]);
	return 0;
}

static void decode_plain(const struct nlattr **tb, struct ct_conn *conn)
{
	if (tb[CTA_ID]) {
		conn->id = mnl_attr_get_u32(tb[CTA_ID]);
		conn->has |= CT_HAS_ID;
	}
	conn->status = get_be32(tb[CTA_STATUS]);
	if (tb[CTA_TIMEOUT]) {
		conn->timeout = get_be32(tb[CTA_TIMEOUT]);
		conn->has |= CT_HAS_TIMEOUT;
	}
	if (tb[CTA_MARK]) {
		conn->mark = get_be32(tb[CTA_MARK]);
		conn->has |= CT_HAS_MARK;
	}
	if (tb[CTA_ZONE]) {
		conn->zone = get_be16(tb[CTA_ZONE]);
		conn->has |= CT_HAS_ZONE;
	}
}

static int decode_nests(const struct nlattr **tb, struct ct_conn *conn)
{
	if (decode_tuple(tb[CTA_TUPLE_ORIG], conn, DIR_ORIG) ||
	    decode_tuple(tb[CTA_TUPLE_REPLY], conn, DIR_REPLY))
		return -EBADMSG;
	if (tb[CTA_COUNTERS_ORIG] && tb[CTA_COUNTERS_REPLY]) {
		if (decode_count(tb[CTA_COUNTERS_ORIG],
				 &conn->count[DIR_ORIG]) ||
		    decode_count(tb[CTA_COUNTERS_REPLY],
				 &conn->count[DIR_REPLY]))
			return -EBADMSG;
		conn->has |= CT_HAS_COUNTERS;
	}
	if (tb[CTA_PROTOINFO] && decode_protoinfo(tb[CTA_PROTOINFO], conn))
		return -EBADMSG;
	if (tb[CTA_HELP] && decode_help(tb[CTA_HELP], conn))
		return -EBADMSG;
	return 0;
}

/**
 * ct_decode() - Read one conntrack entry.
 * @nlh: Message.
 * @conn: Filled; its helper points into @nlh.
 *
 * Return: 0, or -EBADMSG.
 */
int ct_decode(const struct nlmsghdr *nlh, struct ct_conn *conn)
{
	static const u8 kinds[] = {
		[CTA_TUPLE_ORIG] = ATTR_NEST,
		[CTA_TUPLE_REPLY] = ATTR_NEST,
		[CTA_STATUS] = ATTR_U32,
		[CTA_PROTOINFO] = ATTR_NEST,
		[CTA_HELP] = ATTR_NEST,
		[CTA_TIMEOUT] = ATTR_U32,
		[CTA_MARK] = ATTR_U32,
		[CTA_COUNTERS_ORIG] = ATTR_NEST,
		[CTA_COUNTERS_REPLY] = ATTR_NEST,
		[CTA_ID] = ATTR_U32,
		[CTA_ZONE] = ATTR_U16,
	};
	const struct nlattr *tb[ARRAY_SIZE(kinds)];
	const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(nlh);

	memset(conn, 0, sizeof(*conn));
	if (attr_parse_nlmsg(nlh, sizeof(*nfg), kinds, ARRAY_SIZE(kinds) - 1,
			     tb) ||
	    !tb[CTA_TUPLE_ORIG] || !tb[CTA_TUPLE_REPLY])
		return -EBADMSG;
	conn->family = nfg->nfgen_family;
	if (conn->family != AF_INET && conn->family != AF_INET6)
		return -EBADMSG;
	decode_plain(tb, conn);
	return decode_nests(tb, conn);
}

/**
 * ct_decode_entries() - Read the number of entries out of the totals.
 * @nlh: Message.
 * @entries: Filled.
 *
 * Return: 0 or -EBADMSG.
 */
int ct_decode_entries(const struct nlmsghdr *nlh, u32 *entries)
{
	static const u8 kinds[] = {
		[CTA_STATS_GLOBAL_ENTRIES] = ATTR_U32,
	};
	const struct nlattr *tb[ARRAY_SIZE(kinds)];

	if (attr_parse_nlmsg(nlh, sizeof(struct nfgenmsg), kinds,
			     ARRAY_SIZE(kinds) - 1, tb) ||
	    !tb[CTA_STATS_GLOBAL_ENTRIES])
		return -EBADMSG;
	*entries = get_be32(tb[CTA_STATS_GLOBAL_ENTRIES]);
	return 0;
}

/**
 * ct_key() - Name an entry as the fast table does.
 * @conn: Entry.
 * @key: Filled.
 */
void ct_key(const struct ct_conn *conn, struct ft_key *key)
{
	const struct ct_tuple *orig = &conn->tuple[DIR_ORIG];

	memset(key, 0, sizeof(*key));
	key->id = conn->id;
	key->family = conn->family;
	key->protocol = orig->protocol;
	key->src_port = orig->src_port;
	key->dst_port = orig->dst_port;
	memcpy(key->src, orig->src, sizeof(key->src));
	memcpy(key->dst, orig->dst, sizeof(key->dst));
}

/**
 * ct_nat_differs() - Did NAT change what comes back?
 * @conn: Entry.
 * @dir: DIR_ORIG asks for the reply's source (destination NAT), DIR_REPLY
 *	for the reply's destination (source NAT).
 *
 * Return: True if the reply's address or port is not the mirrored one.
 */
bool ct_nat_differs(const struct ct_conn *conn, int dir)
{
	const struct ct_tuple *orig = &conn->tuple[DIR_ORIG];
	const struct ct_tuple *reply = &conn->tuple[DIR_REPLY];

	if (dir == DIR_ORIG)
		return memcmp(reply->src, orig->dst, sizeof(reply->src)) ||
		       reply->src_port != orig->dst_port;
	return memcmp(reply->dst, orig->src, sizeof(reply->dst)) ||
	       reply->dst_port != orig->src_port;
}
