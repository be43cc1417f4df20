// SPDX-License-Identifier: GPL-2.0
/* Owns the tests of ctnetlink_decode.c and of the answers of cttimeout.c. */
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netfilter/nfnetlink_cttimeout.h>

#include "canned.h"
#include "ctnetlink.h"
#include "cttimeout.h"
#include "ktap.h"

static const u8 v6_src[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 };
static const u8 v6_dst[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 2 };

static void put_ip(struct nlmsghdr *nlh, u8 family, u32 src, u32 dst)
{
	struct nlattr *ip = mnl_attr_nest_start(nlh, CTA_TUPLE_IP);

	if (family == AF_INET) {
		mnl_attr_put_u32(nlh, CTA_IP_V4_SRC, htonl(src));
		mnl_attr_put_u32(nlh, CTA_IP_V4_DST, htonl(dst));
	} else {
		mnl_attr_put(nlh, CTA_IP_V6_SRC, 16, v6_src);
		mnl_attr_put(nlh, CTA_IP_V6_DST, 16, v6_dst);
	}
	mnl_attr_nest_end(nlh, ip);
}

static void put_tuple(struct nlmsghdr *nlh, u16 type, u8 family, u8 protocol,
		      u32 src, u32 dst, u16 sport, u16 dport)
{
	struct nlattr *tuple = mnl_attr_nest_start(nlh, type);
	struct nlattr *proto;

	put_ip(nlh, family, src, dst);
	proto = mnl_attr_nest_start(nlh, CTA_TUPLE_PROTO);
	mnl_attr_put_u8(nlh, CTA_PROTO_NUM, protocol);
	mnl_attr_put_u16(nlh, CTA_PROTO_SRC_PORT, htons(sport));
	mnl_attr_put_u16(nlh, CTA_PROTO_DST_PORT, htons(dport));
	mnl_attr_nest_end(nlh, proto);
	mnl_attr_nest_end(nlh, tuple);
}

static void put_count(struct nlmsghdr *nlh, u16 type, u64 packets, u64 bytes)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, type);

	mnl_attr_put_u64(nlh, CTA_COUNTERS_PACKETS, htobe64(packets));
	mnl_attr_put_u64(nlh, CTA_COUNTERS_BYTES, htobe64(bytes));
	mnl_attr_nest_end(nlh, nest);
}

static struct nlmsghdr *begin(u8 family)
{
	struct nlmsghdr *nlh = canned_begin(sizeof(struct nfgenmsg));
	struct nfgenmsg *nfg = mnl_nlmsg_get_payload(nlh);

	nfg->nfgen_family = family;
	return nlh;
}

/* 10.0.0.1:1000 to 192.0.2.1:443, leaving as 198.51.100.1:2000. */
static struct nlmsghdr *make_snat(void)
{
	struct nlmsghdr *nlh = begin(AF_INET);
	struct nlattr *info, *tcp, *help;

	put_tuple(nlh, CTA_TUPLE_ORIG, AF_INET, IPPROTO_TCP, 0x0a000001,
		  0xc0000201, 1000, 443);
	put_tuple(nlh, CTA_TUPLE_REPLY, AF_INET, IPPROTO_TCP, 0xc0000201,
		  0xc6336401, 443, 2000);
	mnl_attr_put_u32(nlh, CTA_STATUS, htonl(0x4000001e));
	mnl_attr_put_u32(nlh, CTA_TIMEOUT, htonl(86399));
	mnl_attr_put_u32(nlh, CTA_MARK, htonl(7));
	put_count(nlh, CTA_COUNTERS_ORIG, 1, 60);
	put_count(nlh, CTA_COUNTERS_REPLY, 1ull << 60, ~0ull);
	info = mnl_attr_nest_start(nlh, CTA_PROTOINFO);
	tcp = mnl_attr_nest_start(nlh, CTA_PROTOINFO_TCP);
	mnl_attr_put_u8(nlh, CTA_PROTOINFO_TCP_STATE, 3);
	mnl_attr_nest_end(nlh, tcp);
	mnl_attr_nest_end(nlh, info);
	help = mnl_attr_nest_start(nlh, CTA_HELP);
	mnl_attr_put_strz(nlh, CTA_HELP_NAME, "ftp");
	mnl_attr_nest_end(nlh, help);
	mnl_attr_put_u32(nlh, CTA_ID, htonl(0xdeadbeef));
	return nlh;
}

static int decode(const struct nlmsghdr *nlh)
{
	struct ct_conn conn;

	return ct_decode(nlh, &conn);
}

static void test_snat(void)
{
	struct ct_conn conn;
	struct ft_key key;

	ktap_case(!ct_decode(make_snat(), &conn), "snat: decodes");
	ktap_case(conn.status == 0x4000001e && conn.timeout == 86399 &&
		  conn.mark == 7 && conn.id == htonl(0xdeadbeef) &&
		  conn.has == (CT_HAS_TIMEOUT | CT_HAS_MARK |
			       CT_HAS_TCP_STATE | CT_HAS_COUNTERS |
			       CT_HAS_ID),
		  "snat: plain fields");
	ktap_case(conn.count[DIR_ORIG].packets == 1 &&
		  conn.count[DIR_REPLY].packets == 1ull << 60 &&
		  conn.count[DIR_REPLY].bytes == ~0ull, "snat: counters");
	ktap_case(conn.tcp_state == 3 && conn.helper &&
		  !strcmp(conn.helper, "ftp"), "snat: state and helper");
	ktap_case(!ct_nat_differs(&conn, DIR_ORIG) &&
		  ct_nat_differs(&conn, DIR_REPLY), "snat: only reply-dst");
	ct_key(&conn, &key);
	ktap_case(key.id == htonl(0xdeadbeef) && key.src_port == 1000 &&
		  key.dst_port == 443 && key.family == AF_INET &&
		  key.protocol == IPPROTO_TCP && key.src[0] == 10 &&
		  key.src[3] == 1 && !key.src[4] && key.dst[0] == 192,
		  "snat: key");
}

static void test_ipv6(void)
{
	struct nlmsghdr *nlh = begin(AF_INET6);
	struct ct_conn conn;
	int ret;

	put_tuple(nlh, CTA_TUPLE_ORIG, AF_INET6, IPPROTO_UDP, 0, 0, 1, 2);
	put_tuple(nlh, CTA_TUPLE_REPLY, AF_INET6, IPPROTO_UDP, 0, 0, 2, 1);
	ret = ct_decode(nlh, &conn);
	ktap_case(!ret && conn.family == AF_INET6 && !conn.has &&
		  !memcmp(conn.tuple[DIR_ORIG].src, v6_src, 16) &&
		  conn.tuple[DIR_ORIG].has_ports && !conn.helper,
		  "ipv6: decodes, nothing made up");
}

static void test_gre(void)
{
	struct nlmsghdr *nlh = begin(AF_INET);
	struct ct_conn conn;
	int ret;

	put_tuple(nlh, CTA_TUPLE_ORIG, AF_INET, IPPROTO_GRE, 1, 2, 3, 4);
	put_tuple(nlh, CTA_TUPLE_REPLY, AF_INET, IPPROTO_GRE, 2, 1, 4, 3);
	ret = ct_decode(nlh, &conn);
	ktap_case(!ret && !conn.tuple[DIR_ORIG].has_ports,
		  "gre: keys are no ports");
}

/* Of an entry whose direction @dir has a zone attribute of @len bytes. */
static struct nlmsghdr *make_zone(int dir, u16 len)
{
	static const u8 zone[4] = { 0x01, 0x05 };
	struct nlmsghdr *nlh = begin(AF_INET);
	struct nlattr *tuple, *proto;
	int i;

	for (i = 0; i < DIR_COUNT; i++) {
		tuple = mnl_attr_nest_start(nlh, i ? CTA_TUPLE_REPLY :
						     CTA_TUPLE_ORIG);
		put_ip(nlh, AF_INET, 1, 2);
		proto = mnl_attr_nest_start(nlh, CTA_TUPLE_PROTO);
		mnl_attr_put_u8(nlh, CTA_PROTO_NUM, IPPROTO_UDP);
		mnl_attr_nest_end(nlh, proto);
		if (i == dir)
			mnl_attr_put(nlh, CTA_TUPLE_ZONE, len, zone);
		mnl_attr_nest_end(nlh, tuple);
	}
	return nlh;
}

/* The zone that the request to delete an entry has in its original tuple. */
static u16 key_zone(const struct ct_conn *conn)
{
	struct nl *nl = nl_open(NETLINK_NETFILTER);
	const struct nlattr *attr, *inner;
	u16 zone = 0;

	mnl_attr_for_each(attr, ct_build_delete(nl, conn),
			  sizeof(struct nfgenmsg)) {
		if (mnl_attr_get_type(attr) != CTA_TUPLE_ORIG)
			continue;
		mnl_attr_for_each_nested(inner, attr)
			if (mnl_attr_get_type(inner) == CTA_TUPLE_ZONE)
				zone = ntohs(mnl_attr_get_u16(inner));
	}
	nl_close(nl);
	return zone;
}

static void test_zones(void)
{
	struct ct_conn conn;

	ktap_case(!ct_decode(make_zone(DIR_ORIG, 2), &conn) &&
		  conn.dir_zone[DIR_ORIG] == 0x105 &&
		  !conn.dir_zone[DIR_REPLY] && !conn.zone &&
		  key_zone(&conn) == 0x105, "zone: original direction");
	ktap_case(!ct_decode(make_zone(DIR_REPLY, 2), &conn) &&
		  !conn.dir_zone[DIR_ORIG] &&
		  conn.dir_zone[DIR_REPLY] == 0x105 && !conn.zone &&
		  !key_zone(&conn), "zone: reply");
	ktap_case(!ct_decode(make_zone(-1, 2), &conn) &&
		  !conn.dir_zone[DIR_ORIG] && !conn.dir_zone[DIR_REPLY] &&
		  !key_zone(&conn), "zone: none");
	ktap_case(decode(make_zone(DIR_ORIG, 4)) == -EBADMSG &&
		  decode(make_zone(DIR_REPLY, 1)) == -EBADMSG,
		  "zone: wrong length");
}

static void put_icmp(struct nlmsghdr *nlh, u16 type, u8 family, u8 protocol,
		     u16 id_attr)
{
	struct nlattr *tuple = mnl_attr_nest_start(nlh, type);
	struct nlattr *proto;

	put_ip(nlh, family, 1, 2);
	proto = mnl_attr_nest_start(nlh, CTA_TUPLE_PROTO);
	mnl_attr_put_u8(nlh, CTA_PROTO_NUM, protocol);
	mnl_attr_put_u16(nlh, id_attr, htons(77));
	mnl_attr_put_u8(nlh, id_attr + 1, 128);
	mnl_attr_put_u8(nlh, id_attr + 2, 5);
	mnl_attr_nest_end(nlh, proto);
	mnl_attr_nest_end(nlh, tuple);
}

static void test_icmp(u8 family, u8 protocol, u16 id_attr, bool good,
		      const char *name)
{
	struct nlmsghdr *nlh = begin(family);
	const struct ct_tuple *orig;
	struct ct_conn conn;
	int ret;

	put_icmp(nlh, CTA_TUPLE_ORIG, family, protocol, id_attr);
	put_icmp(nlh, CTA_TUPLE_REPLY, family, protocol, id_attr);
	ret = ct_decode(nlh, &conn);
	orig = &conn.tuple[DIR_ORIG];
	ktap_case(!ret && orig->has_icmp == good &&
		  (!good || (orig->icmp_id == 77 && orig->icmp_type == 128 &&
			     orig->icmp_code == 5)), name);
}

/* One attribute too many, of a wrong length or kind. */
static const struct {
	const char *name;
	u16 type;
	u16 len;
	int ret;
} wrong[] = {
	{ "status of 3 bytes", CTA_STATUS, 3, -EBADMSG },
	{ "status of 8 bytes", CTA_STATUS, 8, -EBADMSG },
	{ "timeout of 0 bytes", CTA_TIMEOUT, 0, -EBADMSG },
	{ "id of 2 bytes", CTA_ID, 2, -EBADMSG },
	{ "mark of 5 bytes", CTA_MARK, 5, -EBADMSG },
	{ "zone of 4 bytes", CTA_ZONE, 4, -EBADMSG },
	{ "nest of 2 bytes", CTA_PROTOINFO, 2, -EBADMSG },
	{ "nest of noise", CTA_PROTOINFO, 7, -EBADMSG },
	{ "empty original tuple", CTA_TUPLE_ORIG, 0, -EBADMSG },
	{ "empty helper", CTA_HELP, 0, 0 },
	{ "unknown attribute", 200, 3, 0 },
};

static void test_wrong(void)
{
	static const u8 noise[8] = { 0xff, 0xff, 0xff, 0xff };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct nlmsghdr *nlh = make_snat();

		mnl_attr_put(nlh, wrong[i].type, wrong[i].len, noise);
		ktap_case(decode(nlh) == wrong[i].ret, wrong[i].name);
	}
}

static void test_families(void)
{
	struct nlmsghdr *nlh = make_snat();
	struct nfgenmsg *nfg = mnl_nlmsg_get_payload(nlh);

	nfg->nfgen_family = AF_INET6;
	ktap_case(decode(nlh) == -EBADMSG, "addresses of the other family");
	nfg->nfgen_family = 99;
	ktap_case(decode(nlh) == -EBADMSG, "unknown family");
	ktap_case(decode(begin(AF_INET)) == -EBADMSG, "no tuples");
}

static int decode_tcp_timeouts(const struct nlmsghdr *nlh)
{
	struct ctt_values values = { .l4proto = IPPROTO_TCP };

	return ctt_decode(nlh, &values);
}

static struct nlmsghdr *make_timeouts(u8 protocol)
{
	struct nlmsghdr *nlh = begin(AF_UNSPEC);
	struct nlattr *data;
	int i;

	mnl_attr_put_u16(nlh, CTA_TIMEOUT_L3PROTO, htons(AF_INET));
	mnl_attr_put_u8(nlh, CTA_TIMEOUT_L4PROTO, protocol);
	data = mnl_attr_nest_start(nlh, CTA_TIMEOUT_DATA);
	for (i = 1; i <= CTA_TIMEOUT_TCP_MAX; i++)
		mnl_attr_put_u32(nlh, i, htonl(i * 10));
	mnl_attr_nest_end(nlh, data);
	return nlh;
}

static void test_timeouts(void)
{
	struct ctt_values values = { .l4proto = IPPROTO_TCP };
	struct nlmsghdr *nlh;

	nlh = make_timeouts(IPPROTO_TCP);
	ktap_case(!ctt_decode(nlh, &values) && values.has == 0xffe &&
		  values.seconds[1] == 10 && values.seconds[11] == 110,
		  "timeouts: decode");
	ktap_case(ctt_decode(make_timeouts(IPPROTO_UDP), &values) ==
		  -EBADMSG, "timeouts: other protocol");
	nlh = make_timeouts(IPPROTO_TCP);
	canned_damage(nlh, decode_tcp_timeouts);
	ktap_case(!canned_cut(nlh, decode_tcp_timeouts), "timeouts: cut");
}

static void test_entries(void)
{
	struct nlmsghdr *nlh = begin(AF_UNSPEC);
	u32 entries = 0;

	ktap_case(ct_decode_entries(nlh, &entries) == -EBADMSG,
		  "entries: missing");
	mnl_attr_put_u32(nlh, CTA_STATS_GLOBAL_ENTRIES, htonl(1234));
	ktap_case(!ct_decode_entries(nlh, &entries) && entries == 1234,
		  "entries: decode");
}

int main(void)
{
	ktap_plan(6 + 2 + 4 + 4 + ARRAY_SIZE(wrong) + 3 + 2 + 3 + 2);
	test_snat();
	test_ipv6();
	test_gre();
	test_icmp(AF_INET, IPPROTO_ICMP, CTA_PROTO_ICMP_ID, true, "icmp");
	test_icmp(AF_INET6, IPPROTO_ICMPV6, CTA_PROTO_ICMPV6_ID, true,
		  "icmpv6");
	test_icmp(AF_INET, IPPROTO_ICMP, CTA_PROTO_ICMPV6_ID, false,
		  "icmp with icmpv6 fields");
	test_icmp(AF_INET6, IPPROTO_ICMPV6, CTA_PROTO_ICMP_ID, false,
		  "icmpv6 with icmp fields");
	test_zones();
	test_wrong();
	test_families();
	/* Tuples are whole before any of the eight attributes behind them. */
	ktap_case(canned_cut(make_snat(), decode) == 8, "cut");
	canned_damage(make_snat(), decode);
	ktap_case(true, "damaged");
	test_timeouts();
	test_entries();
	return ktap_end();
}
