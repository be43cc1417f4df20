// SPDX-License-Identifier: GPL-2.0
/* Owns the tests of fasttrack_decode.c. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/fasttrack.h>
#include <linux/genetlink.h>

#include "canned.h"
#include "fasttrack.h"
#include "ktap.h"

static const u8 v6_src[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 };
static const u8 v6_dst[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 2 };

static void put_tuple(struct nlmsghdr *nlh, u8 family)
{
	struct nlattr *nest;

	nest = mnl_attr_nest_start(nlh, FASTTRACK_A_DIRECTION_TUPLE);
	if (family == AF_INET) {
		mnl_attr_put_u32(nlh, FASTTRACK_A_TUPLE_SRC_IPV4,
				 htonl(0x0a000001));
		mnl_attr_put_u32(nlh, FASTTRACK_A_TUPLE_DST_IPV4,
				 htonl(0xc0000201));
	} else {
		mnl_attr_put(nlh, FASTTRACK_A_TUPLE_SRC_IPV6, 16, v6_src);
		mnl_attr_put(nlh, FASTTRACK_A_TUPLE_DST_IPV6, 16, v6_dst);
	}
	mnl_attr_put_u16(nlh, FASTTRACK_A_TUPLE_SRC_PORT, htons(1000));
	mnl_attr_put_u16(nlh, FASTTRACK_A_TUPLE_DST_PORT, htons(443));
	mnl_attr_nest_end(nlh, nest);
}

static void put_dir(struct nlmsghdr *nlh, u16 type, u8 family, u64 packets)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, type);

	put_tuple(nlh, family);
	mnl_attr_put_u32(nlh, FASTTRACK_A_DIRECTION_STATE,
			 FASTTRACK_DIR_STATE_ARMED);
	mnl_attr_put_u32(nlh, FASTTRACK_A_DIRECTION_REASON,
			 FASTTRACK_REASON_LEASE);
	mnl_attr_put_u64(nlh, FASTTRACK_A_DIRECTION_PACKETS, packets);
	mnl_attr_put_u64(nlh, FASTTRACK_A_DIRECTION_BYTES, packets * 100);
	mnl_attr_put_u32(nlh, FASTTRACK_A_DIRECTION_IFINDEX_IN, 3);
	mnl_attr_put_u32(nlh, FASTTRACK_A_DIRECTION_IFINDEX_OUT, 4);
	mnl_attr_put_u32(nlh, FASTTRACK_A_DIRECTION_LEASE, 4321);
	mnl_attr_nest_end(nlh, nest);
}

static struct nlmsghdr *begin(void)
{
	return canned_begin(sizeof(struct genlmsghdr));
}

static struct nlmsghdr *make_conn(u8 family)
{
	struct nlmsghdr *nlh = begin();

	mnl_attr_put_u32(nlh, FASTTRACK_A_CONNECTION_ID, htonl(0xdeadbeef));
	mnl_attr_put_u16(nlh, FASTTRACK_A_CONNECTION_ZONE, 0);
	mnl_attr_put_u8(nlh, FASTTRACK_A_CONNECTION_FAMILY, family);
	mnl_attr_put_u8(nlh, FASTTRACK_A_CONNECTION_PROTOCOL, IPPROTO_TCP);
	mnl_attr_put_u32(nlh, FASTTRACK_A_CONNECTION_STATE,
			 FASTTRACK_FLOW_STATE_ACTIVE);
	put_dir(nlh, FASTTRACK_A_CONNECTION_ORIG, family, 5);
	put_dir(nlh, FASTTRACK_A_CONNECTION_REPLY, family, 1ull << 55);
	return nlh;
}

static int decode_conn(const struct nlmsghdr *nlh)
{
	struct ft_conn conn;

	return ft_decode_conn(nlh, &conn);
}

static void test_conn(void)
{
	struct ft_conn conn;
	struct nlmsghdr *nlh;

	ktap_case(!ft_decode_conn(make_conn(AF_INET), &conn), "decodes");
	ktap_case(conn.key.id == htonl(0xdeadbeef) &&
		  conn.key.src_port == 1000 && conn.key.dst_port == 443 &&
		  conn.key.src[0] == 10 && conn.key.dst[0] == 192 &&
		  conn.key.protocol == IPPROTO_TCP, "key");
	ktap_case(conn.state == FASTTRACK_FLOW_STATE_ACTIVE &&
		  !conn.reason && conn.dir[DIR_ORIG].packets == 5 &&
		  conn.dir[DIR_REPLY].packets == 1ull << 55 &&
		  conn.dir[DIR_ORIG].reason == FASTTRACK_REASON_LEASE &&
		  conn.dir[DIR_ORIG].lease == 4321 &&
		  conn.dir[DIR_ORIG].ifindex_out == 4 &&
		  !conn.dir[DIR_ORIG].has_idle, "directions");
	ktap_case(!ft_decode_conn(make_conn(AF_INET6), &conn) &&
		  !memcmp(conn.key.dst, v6_dst, 16), "ipv6");
	nlh = make_conn(AF_INET);
	ktap_case(!canned_cut(nlh, decode_conn), "cut");
	canned_damage(nlh, decode_conn);
	ktap_case(true, "damaged");
}

static const struct {
	const char *name;
	u16 type;
	u16 len;
	int ret;
} wrong[] = {
	{ "id of 8 bytes", FASTTRACK_A_CONNECTION_ID, 8, -EBADMSG },
	{ "family of 4 bytes", FASTTRACK_A_CONNECTION_FAMILY, 4, -EBADMSG },
	{ "state of 1 byte", FASTTRACK_A_CONNECTION_STATE, 1, -EBADMSG },
	{ "empty direction", FASTTRACK_A_CONNECTION_ORIG, 0, -EBADMSG },
	{ "direction of noise", FASTTRACK_A_CONNECTION_REPLY, 6, -EBADMSG },
	{ "unknown attribute", 99, 5, 0 },
};

static void test_wrong(void)
{
	static const u8 noise[8] = { 0xff, 0xff, 0xff, 0xff };
	struct nlmsghdr *nlh;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		nlh = make_conn(AF_INET);
		mnl_attr_put(nlh, wrong[i].type, wrong[i].len, noise);
		ktap_case(decode_conn(nlh) == wrong[i].ret, wrong[i].name);
	}
	nlh = make_conn(AF_INET);
	mnl_attr_put_u8(nlh, FASTTRACK_A_CONNECTION_FAMILY, AF_INET6);
	ktap_case(decode_conn(nlh) == -EBADMSG,
		  "addresses of the other family");
}

static struct nlmsghdr *make_status(void)
{
	struct nlmsghdr *nlh = begin();
	struct nlattr *nest;

	mnl_attr_put_strz(nlh, FASTTRACK_A_STATUS_VERSION, "1.0");
	mnl_attr_put_u8(nlh, FASTTRACK_A_STATUS_ENABLED, 1);
	nest = mnl_attr_nest_start(nlh, FASTTRACK_A_STATUS_IPV4);
	mnl_attr_put_u32(nlh, FASTTRACK_A_FAMILY_STATUS_RULES, 2);
	mnl_attr_put_u32(nlh, FASTTRACK_A_FAMILY_STATUS_CONNECTIONS, 30);
	mnl_attr_put_u32(nlh, FASTTRACK_A_FAMILY_STATUS_ACTIVE, 20);
	mnl_attr_put_u64(nlh, FASTTRACK_A_FAMILY_STATUS_PACKETS, 1ull << 40);
	mnl_attr_put_u64(nlh, FASTTRACK_A_FAMILY_STATUS_BYTES, ~0ull);
	mnl_attr_nest_end(nlh, nest);
	mnl_attr_put_u32(nlh, FASTTRACK_A_STATUS_TABLE_LIMIT, 65536);
	mnl_attr_put_u32(nlh, FASTTRACK_A_STATUS_TABLE_BUCKETS, 1024);
	return nlh;
}

static int decode_status(const struct nlmsghdr *nlh)
{
	struct ft_status status;

	return ft_decode_status(nlh, &status);
}

static void test_status(void)
{
	struct ft_status status;
	struct nlmsghdr *nlh = make_status();

	ktap_case(!ft_decode_status(nlh, &status) && status.enabled &&
		  !strcmp(status.version, "1.0") && status.ipv4.rules == 2 &&
		  status.ipv4.packets == 1ull << 40 &&
		  status.ipv4.bytes == ~0ull && !status.ipv6.rules &&
		  status.table_limit == 65536, "status");
	canned_cut(nlh, decode_status);
	canned_damage(nlh, decode_status);
	nlh = begin();
	mnl_attr_put(nlh, FASTTRACK_A_STATUS_VERSION, 3, "1.0");
	ktap_case(decode_status(nlh) == -EBADMSG, "version without end");
}

static int decode_reason(const struct nlmsghdr *nlh)
{
	struct ft_reason reason;

	return ft_decode_reason(nlh, &reason);
}

static void test_reason(void)
{
	struct nlmsghdr *nlh = begin();
	struct ft_reason reason;

	ktap_case(decode_reason(nlh) == -EBADMSG, "reason: missing");
	mnl_attr_put_u32(nlh, FASTTRACK_A_REASON_COUNT_REASON,
			 FASTTRACK_REASON_MTU);
	mnl_attr_put_strz(nlh, FASTTRACK_A_REASON_COUNT_NAME, "mtu");
	mnl_attr_put_u64(nlh, FASTTRACK_A_REASON_COUNT_PACKETS, 9);
	ktap_case(!ft_decode_reason(nlh, &reason) && reason.packets == 9 &&
		  reason.reason == FASTTRACK_REASON_MTU &&
		  !strcmp(reason.name, "mtu"), "reason: decode");
	canned_cut(nlh, decode_reason);
	canned_damage(nlh, decode_reason);
}

static void test_setting(void)
{
	struct nlmsghdr *nlh = begin();
	struct ft_setting setting;

	mnl_attr_put_u8(nlh, FASTTRACK_A_SETTING_ENABLED, 1);
	mnl_attr_put_u32(nlh, FASTTRACK_A_SETTING_LEASE, 5000);
	ktap_case(!ft_decode_setting(nlh, &setting) && setting.enabled == 1 &&
		  setting.lease == 5000 && setting.has == 6, "setting");
	mnl_attr_put_u8(nlh, FASTTRACK_A_SETTING_TABLE_LIMIT, 1);
	ktap_case(ft_decode_setting(nlh, &setting) == -EBADMSG,
		  "setting of a wrong length");
}

int main(void)
{
	ktap_plan(6 + ARRAY_SIZE(wrong) + 1 + 2 + 2 + 2);
	test_conn();
	test_wrong();
	test_status();
	test_reason();
	test_setting();
	return ktap_end();
}
