// SPDX-License-Identifier: GPL-2.0
/* Owns the way from the fasttrack family's messages to plain structs. Pure:
 * must not know sockets, commands or output.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <linux/fasttrack.h>
#include <linux/genetlink.h>

#include "attr.h"
#include "fasttrack.h"

static u32 get_u32(const struct nlattr *attr)
{
	return attr ? mnl_attr_get_u32(attr) : 0;
}

static u64 get_u64(const struct nlattr *attr)
{
	return attr ? mnl_attr_get_u64(attr) : 0;
}

static int decode_family(const struct nlattr *nest, struct ft_family *family)
{
	static const u8 kinds[] = {
		[FASTTRACK_A_FAMILY_STATUS_RULES] = ATTR_U32,
		[FASTTRACK_A_FAMILY_STATUS_CONNECTIONS] = ATTR_U32,
		[FASTTRACK_A_FAMILY_STATUS_ACTIVE] = ATTR_U32,
		[FASTTRACK_A_FAMILY_STATUS_PACKETS] = ATTR_U64,
		[FASTTRACK_A_FAMILY_STATUS_BYTES] = ATTR_U64,
		[FASTTRACK_A_FAMILY_STATUS_FORWARDED] = ATTR_U64,
	};
	const struct nlattr *tb[ARRAY_SIZE(kinds)];

	if (!nest)
		return 0;
	if (attr_parse_nest(nest, kinds, ARRAY_SIZE(kinds) - 1, tb))
		return -EBADMSG;
	family->rules = get_u32(tb[FASTTRACK_A_FAMILY_STATUS_RULES]);
	family->connections =
		get_u32(tb[FASTTRACK_A_FAMILY_STATUS_CONNECTIONS]);
	family->active = get_u32(tb[FASTTRACK_A_FAMILY_STATUS_ACTIVE]);
	family->packets = get_u64(tb[FASTTRACK_A_FAMILY_STATUS_PACKETS]);
	family->bytes = get_u64(tb[FASTTRACK_A_FAMILY_STATUS_BYTES]);
	family->forwarded = get_u64(tb[FASTTRACK_A_FAMILY_STATUS_FORWARDED]);
	family->has_forwarded = tb[FASTTRACK_A_FAMILY_STATUS_FORWARDED];
	return 0;
}

/* Devices come as one attribute each. */
static void decode_ingress(const struct nlmsghdr *nlh, struct ft_status *status)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) !=
			    FASTTRACK_A_STATUS_INGRESS_IFINDEX ||
		    mnl_attr_validate(attr, MNL_TYPE_U32) < 0 ||
		    status->ingress_devices ==
			    ARRAY_SIZE(status->ingress_ifindex))
			continue;
		status->ingress_ifindex[status->ingress_devices++] =
			mnl_attr_get_u32(attr);
	}
}

/**
 * ft_decode_status() - Read an answer to status-get.
 * @nlh: Message.
 * @status: Filled.
 *
 * Return: 0 or -EBADMSG.
 */
int ft_decode_status(const struct nlmsghdr *nlh, struct ft_status *status)
{
	static const u8 kinds[] = {
		[FASTTRACK_A_STATUS_VERSION] = ATTR_STRING,
		[FASTTRACK_A_STATUS_ENABLED] = ATTR_U8,
		[FASTTRACK_A_STATUS_IPV4] = ATTR_NEST,
		[FASTTRACK_A_STATUS_IPV6] = ATTR_NEST,
		[FASTTRACK_A_STATUS_TABLE_LIMIT] = ATTR_U32,
		[FASTTRACK_A_STATUS_TABLE_BUCKETS] = ATTR_U32,
		[FASTTRACK_A_STATUS_INGRESS_PACKETS] = ATTR_U64,
	};
	const struct nlattr *tb[ARRAY_SIZE(kinds)];

	memset(status, 0, sizeof(*status));
	if (attr_parse_nlmsg(nlh, sizeof(struct genlmsghdr), kinds,
			     ARRAY_SIZE(kinds) - 1, tb))
		return -EBADMSG;
	if (tb[FASTTRACK_A_STATUS_VERSION])
		snprintf(status->version, sizeof(status->version), "%s",
			 mnl_attr_get_str(tb[FASTTRACK_A_STATUS_VERSION]));
	if (tb[FASTTRACK_A_STATUS_ENABLED])
		status->enabled =
			mnl_attr_get_u8(tb[FASTTRACK_A_STATUS_ENABLED]);
	status->table_limit = get_u32(tb[FASTTRACK_A_STATUS_TABLE_LIMIT]);
	status->table_buckets = get_u32(tb[FASTTRACK_A_STATUS_TABLE_BUCKETS]);
	status->ingress_packets =
		get_u64(tb[FASTTRACK_A_STATUS_INGRESS_PACKETS]);
	decode_ingress(nlh, status);
	if (decode_family(tb[FASTTRACK_A_STATUS_IPV4], &status->ipv4))
		return -EBADMSG;
	return decode_family(tb[FASTTRACK_A_STATUS_IPV6], &status->ipv6);
}

/**
 * ft_decode_setting() - Read an answer to setting-get.
 * @nlh: Message.
 * @setting: Filled.
 *
 * Return: 0 or -EBADMSG.
 */
int ft_decode_setting(const struct nlmsghdr *nlh, struct ft_setting *setting)
{
	static const u8 kinds[] = {
		[FASTTRACK_A_SETTING_ENABLED] = ATTR_U8,
		[FASTTRACK_A_SETTING_LEASE] = ATTR_U32,
		[FASTTRACK_A_SETTING_TABLE_LIMIT] = ATTR_U32,
		[FASTTRACK_A_SETTING_INGRESS] = ATTR_U32,
		[FASTTRACK_A_SETTING_TRACKING] = ATTR_U32,
	};
	const struct nlattr *tb[ARRAY_SIZE(kinds)];
	unsigned int i;

	memset(setting, 0, sizeof(*setting));
	if (attr_parse_nlmsg(nlh, sizeof(struct genlmsghdr), kinds,
			     ARRAY_SIZE(kinds) - 1, tb))
		return -EBADMSG;
	for (i = 0; i < ARRAY_SIZE(tb); i++)
		if (tb[i])
			setting->has |= BIT(i);
	if (tb[FASTTRACK_A_SETTING_ENABLED])
		setting->enabled =
			mnl_attr_get_u8(tb[FASTTRACK_A_SETTING_ENABLED]);
	setting->lease = get_u32(tb[FASTTRACK_A_SETTING_LEASE]);
	setting->table_limit = get_u32(tb[FASTTRACK_A_SETTING_TABLE_LIMIT]);
	setting->ingress = get_u32(tb[FASTTRACK_A_SETTING_INGRESS]);
	setting->tracking = get_u32(tb[FASTTRACK_A_SETTING_TRACKING]);
	return 0;
}

/**
 * ft_decode_reason() - Read one message of reason-get.
 * @nlh: Message.
 * @reason: Filled; its name points into @nlh.
 *
 * Return: 0 or -EBADMSG.
 */
int ft_decode_reason(const struct nlmsghdr *nlh, struct ft_reason *reason)
{
	static const u8 kinds[] = {
		[FASTTRACK_A_REASON_COUNT_REASON] = ATTR_U32,
		[FASTTRACK_A_REASON_COUNT_NAME] = ATTR_STRING,
		[FASTTRACK_A_REASON_COUNT_PACKETS] = ATTR_U64,
	};
	const struct nlattr *tb[ARRAY_SIZE(kinds)];

	memset(reason, 0, sizeof(*reason));
	if (attr_parse_nlmsg(nlh, sizeof(struct genlmsghdr), kinds,
			     ARRAY_SIZE(kinds) - 1, tb) ||
	    !tb[FASTTRACK_A_REASON_COUNT_REASON])
		return -EBADMSG;
	reason->reason = get_u32(tb[FASTTRACK_A_REASON_COUNT_REASON]);
	reason->packets = get_u64(tb[FASTTRACK_A_REASON_COUNT_PACKETS]);
	if (tb[FASTTRACK_A_REASON_COUNT_NAME])
		reason->name =
			mnl_attr_get_str(tb[FASTTRACK_A_REASON_COUNT_NAME]);
	return 0;
}

/* Which attribute holds the address depends on the family of the key. */
static int decode_address(const struct nlattr *v4, const struct nlattr *v6,
			  u8 family, u8 *address)
{
	const struct nlattr *attr = family == AF_INET ? v4 : v6;

	if (!attr)
		return -EBADMSG;
	memcpy(address, mnl_attr_get_payload(attr),
	       mnl_attr_get_payload_len(attr));
	return 0;
}

static int decode_tuple(const struct nlattr *nest, struct ft_key *key)
{
	static const u8 kinds[] = {
		[FASTTRACK_A_TUPLE_SRC_IPV4] = ATTR_U32,
		[FASTTRACK_A_TUPLE_DST_IPV4] = ATTR_U32,
		[FASTTRACK_A_TUPLE_SRC_IPV6] = ATTR_IN6,
		[FASTTRACK_A_TUPLE_DST_IPV6] = ATTR_IN6,
		[FASTTRACK_A_TUPLE_SRC_PORT] = ATTR_U16,
		[FASTTRACK_A_TUPLE_DST_PORT] = ATTR_U16,
	};
	const struct nlattr *tb[ARRAY_SIZE(kinds)];

	if (attr_parse_nest(nest, kinds, ARRAY_SIZE(kinds) - 1, tb) ||
	    !tb[FASTTRACK_A_TUPLE_SRC_PORT] ||
	    !tb[FASTTRACK_A_TUPLE_DST_PORT])
		return -EBADMSG;
	key->src_port =
		ntohs(mnl_attr_get_u16(tb[FASTTRACK_A_TUPLE_SRC_PORT]));
	key->dst_port =
		ntohs(mnl_attr_get_u16(tb[FASTTRACK_A_TUPLE_DST_PORT]));
	if (decode_address(tb[FASTTRACK_A_TUPLE_SRC_IPV4],
			   tb[FASTTRACK_A_TUPLE_SRC_IPV6], key->family,
			   key->src))
		return -EBADMSG;
	return decode_address(tb[FASTTRACK_A_TUPLE_DST_IPV4],
			      tb[FASTTRACK_A_TUPLE_DST_IPV6], key->family,
			      key->dst);
}

/* One direction of a message: @key is filled from its tuple, @packets and
 * @bytes with conntrack's counters, if they are there and asked for.
 */
struct half {
	struct ft_dir *dir;
	struct ft_key *key;
	u64 *packets;
	u64 *bytes;
	bool has_totals;
};

static int decode_dir(const struct nlattr *nest, struct half *half)
{
	static const u8 kinds[] = {
		[FASTTRACK_A_DIRECTION_TUPLE] = ATTR_NEST,
		[FASTTRACK_A_DIRECTION_STATE] = ATTR_U32,
		[FASTTRACK_A_DIRECTION_REASON] = ATTR_U32,
		[FASTTRACK_A_DIRECTION_PACKETS] = ATTR_U64,
		[FASTTRACK_A_DIRECTION_BYTES] = ATTR_U64,
		[FASTTRACK_A_DIRECTION_IFINDEX_IN] = ATTR_U32,
		[FASTTRACK_A_DIRECTION_IFINDEX_OUT] = ATTR_U32,
		[FASTTRACK_A_DIRECTION_LEASE] = ATTR_U32,
		[FASTTRACK_A_DIRECTION_IDLE] = ATTR_U32,
		[FASTTRACK_A_DIRECTION_TOTAL_PACKETS] = ATTR_U64,
		[FASTTRACK_A_DIRECTION_TOTAL_BYTES] = ATTR_U64,
	};
	const struct nlattr *tb[ARRAY_SIZE(kinds)];
	struct ft_dir *dir = half->dir;

	if (attr_parse_nest(nest, kinds, ARRAY_SIZE(kinds) - 1, tb))
		return -EBADMSG;
	dir->state = get_u32(tb[FASTTRACK_A_DIRECTION_STATE]);
	dir->reason = get_u32(tb[FASTTRACK_A_DIRECTION_REASON]);
	dir->packets = get_u64(tb[FASTTRACK_A_DIRECTION_PACKETS]);
	dir->bytes = get_u64(tb[FASTTRACK_A_DIRECTION_BYTES]);
	dir->ifindex_in = get_u32(tb[FASTTRACK_A_DIRECTION_IFINDEX_IN]);
	dir->ifindex_out = get_u32(tb[FASTTRACK_A_DIRECTION_IFINDEX_OUT]);
	dir->lease = get_u32(tb[FASTTRACK_A_DIRECTION_LEASE]);
	dir->idle = get_u32(tb[FASTTRACK_A_DIRECTION_IDLE]);
	dir->has_idle = tb[FASTTRACK_A_DIRECTION_IDLE];
	if (half->packets) {
		*half->packets =
			get_u64(tb[FASTTRACK_A_DIRECTION_TOTAL_PACKETS]);
		*half->bytes = get_u64(tb[FASTTRACK_A_DIRECTION_TOTAL_BYTES]);
		half->has_totals = tb[FASTTRACK_A_DIRECTION_TOTAL_PACKETS] &&
				   tb[FASTTRACK_A_DIRECTION_TOTAL_BYTES];
	}
	if (!half->key)
		return 0;
	if (!tb[FASTTRACK_A_DIRECTION_TUPLE])
		return -EBADMSG;
	return decode_tuple(tb[FASTTRACK_A_DIRECTION_TUPLE], half->key);
}

static const u8 conn_kinds[] = {
	[FASTTRACK_A_CONNECTION_ID] = ATTR_U32,
	[FASTTRACK_A_CONNECTION_ZONE] = ATTR_U16,
	[FASTTRACK_A_CONNECTION_FAMILY] = ATTR_U8,
	[FASTTRACK_A_CONNECTION_PROTOCOL] = ATTR_U8,
	[FASTTRACK_A_CONNECTION_STATE] = ATTR_U32,
	[FASTTRACK_A_CONNECTION_REASON] = ATTR_U32,
	[FASTTRACK_A_CONNECTION_ORIG] = ATTR_NEST,
	[FASTTRACK_A_CONNECTION_REPLY] = ATTR_NEST,
	[FASTTRACK_A_CONNECTION_MARK] = ATTR_U32,
	[FASTTRACK_A_CONNECTION_STATUS] = ATTR_U32,
	[FASTTRACK_A_CONNECTION_OBSTACLE] = ATTR_U32,
	[FASTTRACK_A_CONNECTION_COUNT] = ATTR_U32,
};

static int parse_conn(const struct nlmsghdr *nlh, const struct nlattr **tb)
{
	if (attr_parse_nlmsg(nlh, sizeof(struct genlmsghdr), conn_kinds,
			     ARRAY_SIZE(conn_kinds) - 1, tb) ||
	    !tb[FASTTRACK_A_CONNECTION_ID] ||
	    !tb[FASTTRACK_A_CONNECTION_FAMILY] ||
	    !tb[FASTTRACK_A_CONNECTION_PROTOCOL] ||
	    !tb[FASTTRACK_A_CONNECTION_ORIG] ||
	    !tb[FASTTRACK_A_CONNECTION_REPLY])
		return -EBADMSG;
	return 0;
}

static void decode_plain(const struct nlattr **tb, struct ft_conn *conn)
{
	conn->key.id = get_u32(tb[FASTTRACK_A_CONNECTION_ID]);
	conn->key.family = mnl_attr_get_u8(tb[FASTTRACK_A_CONNECTION_FAMILY]);
	conn->key.protocol =
		mnl_attr_get_u8(tb[FASTTRACK_A_CONNECTION_PROTOCOL]);
	conn->state = get_u32(tb[FASTTRACK_A_CONNECTION_STATE]);
	conn->reason = get_u32(tb[FASTTRACK_A_CONNECTION_REASON]);
}

/**
 * ft_decode_conn() - Read one message of connection-get.
 * @nlh: Message.
 * @conn: Filled.
 *
 * Return: 0 or -EBADMSG.
 */
int ft_decode_conn(const struct nlmsghdr *nlh, struct ft_conn *conn)
{
	struct half orig = { .dir = &conn->dir[DIR_ORIG], .key = &conn->key };
	struct half reply = { .dir = &conn->dir[DIR_REPLY] };
	const struct nlattr *tb[ARRAY_SIZE(conn_kinds)];

	memset(conn, 0, sizeof(*conn));
	if (parse_conn(nlh, tb))
		return -EBADMSG;
	decode_plain(tb, conn);
	if (decode_dir(tb[FASTTRACK_A_CONNECTION_ORIG], &orig))
		return -EBADMSG;
	return decode_dir(tb[FASTTRACK_A_CONNECTION_REPLY], &reply);
}

/**
 * ft_decode_found() - Read an answer to connection-find, or an event.
 * @nlh: Message.
 * @found: Filled.
 *
 * Return: 0 or -EBADMSG.
 */
int ft_decode_found(const struct nlmsghdr *nlh, struct ft_found *found)
{
	struct half orig = {
		.dir = &found->fast.dir[DIR_ORIG],
		.key = &found->fast.key,
		.packets = &found->total_packets[DIR_ORIG],
		.bytes = &found->total_bytes[DIR_ORIG],
	};
	struct half reply = {
		.dir = &found->fast.dir[DIR_REPLY],
		.key = &found->reply,
		.packets = &found->total_packets[DIR_REPLY],
		.bytes = &found->total_bytes[DIR_REPLY],
	};
	const struct nlattr *tb[ARRAY_SIZE(conn_kinds)];

	memset(found, 0, sizeof(*found));
	if (parse_conn(nlh, tb))
		return -EBADMSG;
	decode_plain(tb, &found->fast);
	found->has_flow = tb[FASTTRACK_A_CONNECTION_STATE];
	found->mark = get_u32(tb[FASTTRACK_A_CONNECTION_MARK]);
	found->status = get_u32(tb[FASTTRACK_A_CONNECTION_STATUS]);
	found->obstacle = get_u32(tb[FASTTRACK_A_CONNECTION_OBSTACLE]);
	if (tb[FASTTRACK_A_CONNECTION_ZONE])
		found->zone =
			mnl_attr_get_u16(tb[FASTTRACK_A_CONNECTION_ZONE]);
	found->reply.family = found->fast.key.family;
	found->reply.protocol = found->fast.key.protocol;
	if (decode_dir(tb[FASTTRACK_A_CONNECTION_ORIG], &orig) ||
	    decode_dir(tb[FASTTRACK_A_CONNECTION_REPLY], &reply))
		return -EBADMSG;
	found->has_totals = orig.has_totals && reply.has_totals;
	return 0;
}

/**
 * ft_decode_event() - Read an event.
 * @nlh: Message.
 * @kind: Filled.
 * @found: Filled.
 *
 * Return: 0, -ENOENT if it is an event of a newer kernel, or -EBADMSG.
 */
int ft_decode_event(const struct nlmsghdr *nlh, enum ft_event_kind *kind,
		    struct ft_found *found)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*genl))
		return -EBADMSG;
	switch (genl->cmd) {
	case FASTTRACK_CMD_CONNECTION_FAST_NTF:
		*kind = FT_EVENT_FAST;
		break;
	case FASTTRACK_CMD_CONNECTION_RELEASED_NTF:
		*kind = FT_EVENT_RELEASED;
		break;
	case FASTTRACK_CMD_CONNECTION_CLOSED_NTF:
		*kind = FT_EVENT_CLOSED;
		break;
	default:
		return -ENOENT;
	}
	return ft_decode_found(nlh, found);
}

/**
 * ft_decode_count() - Read an answer to connection-release.
 * @nlh: Message.
 * @count: Filled.
 *
 * Return: 0 or -EBADMSG.
 */
int ft_decode_count(const struct nlmsghdr *nlh, u32 *count)
{
	const struct nlattr *tb[ARRAY_SIZE(conn_kinds)];

	if (attr_parse_nlmsg(nlh, sizeof(struct genlmsghdr), conn_kinds,
			     ARRAY_SIZE(conn_kinds) - 1, tb) ||
	    !tb[FASTTRACK_A_CONNECTION_COUNT])
		return -EBADMSG;
	*count = get_u32(tb[FASTTRACK_A_CONNECTION_COUNT]);
	return 0;
}
