// SPDX-License-Identifier: GPL-2.0
/* Owns the tests of conn.c, flags.c and buf.c: one connection in all forms,
 * flags and reasons in all states, and JSON strings.
 */
#include <arpa/inet.h>
#include <string.h>
#include <netinet/in.h>
#include <linux/netfilter/nf_conntrack_common.h>

#include "conn.h"
#include "flags.h"
#include "ktap.h"

static struct ct_conn ct;
static struct ft_conn ft;

static void make(void)
{
	memset(&ct, 0, sizeof(ct));
	memset(&ft, 0, sizeof(ft));
	ct.family = AF_INET6;
	ct.has = CT_HAS_TIMEOUT | CT_HAS_MARK | CT_HAS_TCP_STATE |
		 CT_HAS_COUNTERS | CT_HAS_ID;
	ct.id = htonl(77);
	ct.status = IPS_SEEN_REPLY | IPS_ASSURED | IPS_CONFIRMED |
		    CT_STATUS_FT;
	ct.timeout = 90061;
	ct.mark = 0x10;
	ct.tcp_state = 3;
	ct.tuple[DIR_ORIG].protocol = IPPROTO_TCP;
	ct.tuple[DIR_ORIG].has_ports = true;
	ct.tuple[DIR_ORIG].src[15] = 1;
	ct.tuple[DIR_ORIG].src_port = 1000;
	ct.count[DIR_ORIG].bytes = ~0ull;
	ct.helper = "ftp\"";
	ft.state = FASTTRACK_FLOW_STATE_ACTIVE;
	ft.dir[DIR_ORIG].state = FASTTRACK_DIR_STATE_HELD;
	ft.dir[DIR_ORIG].packets = 5;
	ft.dir[DIR_ORIG].lease = 1500;
}

static const struct {
	enum conn_prop prop;
	const char *text;
	const char *json;
} rows[] = {
	{ PROP_EXPECTED, "no", "\"expected\":false" },
	{ PROP_FASTTRACK, "yes", "\"fasttrack\":true" },
	{ PROP_FLAGS, "SACF", NULL },
	{ PROP_PROTOCOL, "tcp", "\"protocol\":\"tcp\"" },
	{ PROP_SRC_ADDRESS, "[::1]:1000", "\"src-address\":\"::1\"" },
	{ PROP_SRC_PORT, "1000", "\"src-port\":1000" },
	{ PROP_REPLY_SRC_ADDRESS, "::", "\"reply-src-address\":\"::\"" },
	{ PROP_REPLY_SRC_PORT, NULL, NULL },
	{ PROP_ICMP_TYPE, NULL, NULL },
	{ PROP_GRE_KEY, NULL, NULL },
	{ PROP_STATE, "established", "\"state\":\"established\"" },
	{ PROP_TCP_STATE, "established", "\"tcp-state\":\"established\"" },
	{ PROP_TIMEOUT, "1d1h1m1s", "\"timeout\":90061" },
	{ PROP_CONNECTION_MARK, "0x10", "\"connection-mark\":16" },
	{ PROP_ZONE, "0", "\"zone\":0" },
	{ PROP_ORIG_ZONE, NULL, NULL },
	{ PROP_REPLY_ZONE, NULL, NULL },
	{ PROP_CONNECTION_TYPE, "ftp\"", "\"connection-type\":\"ftp\\\"\"" },
	{ PROP_ORIG_BYTES, "18446744073709551615",
	  "\"orig-bytes\":18446744073709551615" },
	{ PROP_ORIG_RATE, "12.3kbps", "\"orig-rate\":12345" },
	{ PROP_REPL_RATE, "999.9Mbps", "\"repl-rate\":999949999" },
	{ PROP_FASTTRACK_STATE, "active", "\"fasttrack-state\":\"active\"" },
	{ PROP_ORIG_FASTTRACK, "yes", "\"orig-fasttrack\":true" },
	{ PROP_ORIG_FASTTRACK_STATE, "held",
	  "\"orig-fasttrack-state\":\"held\"" },
	{ PROP_ORIG_FASTTRACK_PACKETS, "5", "\"orig-fasttrack-packets\":5" },
	{ PROP_ORIG_REASON, NULL, NULL },
	{ PROP_ORIG_IN_DEVICE, NULL, NULL },
	{ PROP_ORIG_LEASE, "1s500ms", "\"orig-lease\":1500" },
	{ PROP_ORIG_IDLE, NULL, NULL },
	{ PROP_REPL_FASTTRACK, "no", "\"repl-fasttrack\":false" },
	{ PROP_REPL_LEASE, NULL, NULL },
	{ PROP_WHY_NOT, NULL, NULL },
	{ PROP_ID, "77", "\"id\":77" },
};

static bool same(const struct buf *buf, bool written, const char *want)
{
	if (!want)
		return !written && !buf->used;
	return written && buf->used == strlen(want) &&
	       !memcmp(buf->text, want, buf->used);
}

static void test_forms(void)
{
	struct conn conn = {
		.ct = &ct,
		.ft = &ft,
		.rate = { 12345, 999949999 },
		.has_rate = true,
	};
	struct buf buf = { 0 };
	bool written;
	size_t i;

	make();
	conn.flags = conn_flag_set(&ct, &ft);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		buf.used = 0;
		written = conn_text(&conn, rows[i].prop, &buf);
		ktap_case(same(&buf, written, rows[i].text),
			  conn_props[rows[i].prop].key);
		buf.used = 0;
		written = conn_json(&conn, rows[i].prop, &buf);
		ktap_case(same(&buf, written, rows[i].json), "JSON");
	}
	buf_free(&buf);
}

/* A zone is of both directions or of one. */
static void test_zones(void)
{
	static const char * const json[] = {
		"\"orig-zone\":5", "\"reply-zone\":5",
	};
	struct conn conn = { .ct = &ct };
	struct buf buf = { 0 };
	int dir;

	for (dir = 0; dir < DIR_COUNT; dir++) {
		make();
		ct.dir_zone[dir] = 5;
		buf.used = 0;
		ktap_case(!conn_json(&conn, PROP_ZONE, &buf) &&
			  !conn_json(&conn, PROP_REPLY_ZONE - dir, &buf) &&
			  same(&buf, conn_json(&conn, PROP_ORIG_ZONE + dir,
					       &buf), json[dir]), json[dir]);
	}
	buf_free(&buf);
}

/* What the two directions of a marked connection say about it. */
static const struct {
	const char *name;
	u32 status;
	bool in_table;
	u16 state;
	u16 reason;
	u16 dir_reason;
	u32 device;
	bool fast;
	u32 why;
} verdicts[] = {
	{ "armed", CT_STATUS_FT, true, FASTTRACK_FLOW_STATE_ACTIVE, 0, 0, 1,
	  true, 0 },
	{ "idle after its lease", CT_STATUS_FT, true,
	  FASTTRACK_FLOW_STATE_CANDIDATE, 0, FASTTRACK_REASON_LEASE, 1,
	  true, 0 },
	{ "lease of a direction never learned", CT_STATUS_FT, true,
	  FASTTRACK_FLOW_STATE_CANDIDATE, 0, FASTTRACK_REASON_LEASE, 0,
	  false, FASTTRACK_REASON_LEASE },
	{ "refused after its lease", CT_STATUS_FT, true,
	  FASTTRACK_FLOW_STATE_CANDIDATE, FASTTRACK_REASON_RULE,
	  FASTTRACK_REASON_LEASE, 1, false, FASTTRACK_REASON_RULE },
	{ "slow for another reason", CT_STATUS_FT, true,
	  FASTTRACK_FLOW_STATE_CANDIDATE, 0, FASTTRACK_REASON_MTU, 1,
	  false, FASTTRACK_REASON_MTU },
	{ "candidate", CT_STATUS_FT, true, FASTTRACK_FLOW_STATE_CANDIDATE,
	  0, 0, 0, false, FASTTRACK_REASON_LEARNING },
	{ "closing", CT_STATUS_FT, true, FASTTRACK_FLOW_STATE_CLOSING, 0, 0,
	  1, false, FASTTRACK_REASON_CLOSING },
	{ "released between the dumps", 0, true,
	  FASTTRACK_FLOW_STATE_ACTIVE, 0, 0, 1, false, 0 },
	{ "seen once", CT_STATUS_FT_SEEN, false, 0, 0, 0, 0, false,
	  FASTTRACK_REASON_FIRST_HIT },
	{ "last refusal", FASTTRACK_REASON_HELPER <<
	  FASTTRACK_CT_STATUS_REASON_SHIFT, false, 0, 0, 0, 0, false,
	  FASTTRACK_REASON_HELPER },
	{ "ended, its mark not yet gone", CT_STATUS_FT |
	  FASTTRACK_REASON_DISABLED << FASTTRACK_CT_STATUS_REASON_SHIFT,
	  false, 0, 0, 0, 0, false, FASTTRACK_REASON_DISABLED },
	{ "in a table that was not asked", CT_STATUS_FT | CT_STATUS_FT_SEEN,
	  false, 0, 0, 0, 0, false, 0 },
	{ "nothing to do with it", IPS_CONFIRMED, false, 0, 0, 0, 0, false,
	  0 },
};

static void test_verdicts(void)
{
	const struct ft_conn *table;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(verdicts); i++) {
		memset(&ct, 0, sizeof(ct));
		memset(&ft, 0, sizeof(ft));
		ct.status = verdicts[i].status;
		ft.state = verdicts[i].state;
		ft.reason = verdicts[i].reason;
		ft.dir[DIR_REPLY].reason = verdicts[i].dir_reason;
		ft.dir[DIR_REPLY].ifindex_out = verdicts[i].device;
		table = verdicts[i].in_table ? &ft : NULL;
		ktap_case(conn_is_fast(&ct, table) == verdicts[i].fast &&
			  conn_why_not(&ct, table) == verdicts[i].why,
			  verdicts[i].name);
	}
}

static const struct {
	const char *text;
	const char *json;
} strings[] = {
	{ "", "\"\"" },
	{ "a\"b\\c\n\t\x01\x7f", "\"a\\\"b\\\\c\\n\\t\\u0001\\u007f\"" },
	{ "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
	  "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"" },
	{ "\xff\xc3", "\"\xef\xbf\xbd\xef\xbf\xbd\"" },
	{ "\xc0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\"" },
	{ "\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
	{ "\xf4\x90\x80\x80",
	  "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
};

static void test_strings(void)
{
	struct buf buf = { 0 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(strings); i++) {
		buf.used = 0;
		buf_json_string(&buf, strings[i].text);
		ktap_case(same(&buf, true, strings[i].json), "string");
	}
	buf_free(&buf);
}

static const struct {
	u64 number;
	const char *text;
} scaled[] = {
	{ 0, "0B" }, { 9999, "9999B" }, { 10000, "10.0kB" },
	{ 999949, "999.9kB" }, { 999950, "1.0MB" },
	{ ~0ull, "18.4EB" },
};

static void test_scaled(void)
{
	struct buf buf = { 0 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(scaled); i++) {
		buf.used = 0;
		buf_scaled(&buf, scaled[i].number, "B");
		ktap_case(same(&buf, true, scaled[i].text), scaled[i].text);
	}
	buf_free(&buf);
}

static void test_names(void)
{
	bool good = true;
	size_t i, j;

	for (i = 0; i < PROPS; i++) {
		good = good && conn_props[i].key && conn_props[i].help &&
		       conn_prop_find(conn_props[i].key,
				      strlen(conn_props[i].key)) == (int)i;
		for (j = 0; j < i; j++)
			good = good && strcmp(conn_props[i].key,
					      conn_props[j].key);
	}
	ktap_case(good, "every property has a name of its own");
	for (i = 0; i < CONN_FLAGS; i++)
		good = good && !strcmp(conn_flags[i].key, conn_props[i].key);
	ktap_case(good, "flags are the first properties");
	ktap_case(conn_prop_find("src", 3) < 0, "part of a name");
}

int main(void)
{
	ktap_plan(2 * ARRAY_SIZE(rows) + ARRAY_SIZE(verdicts) +
		  ARRAY_SIZE(strings) + ARRAY_SIZE(scaled) + 3 + 2);
	test_forms();
	test_zones();
	test_verdicts();
	test_strings();
	test_scaled();
	test_names();
	return ktap_end();
}
