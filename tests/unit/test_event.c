// SPDX-License-Identifier: GPL-2.0
/* Owns the tests of events: from the message to the line and the JSON object,
 * by way of ft_decode_event(), found.c and event.c.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <linux/fasttrack.h>
#include <linux/genetlink.h>
#include <linux/netfilter/nf_conntrack_common.h>

#include "canned.h"
#include "event.h"
#include "found.h"
#include "ktap.h"

static void put_dir(struct nlmsghdr *nlh, u16 type, u32 src, u32 dst,
		    u16 src_port, u16 dst_port, u64 packets, bool totals)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, type), *tuple;

	tuple = mnl_attr_nest_start(nlh, FASTTRACK_A_DIRECTION_TUPLE);
	mnl_attr_put_u32(nlh, FASTTRACK_A_TUPLE_SRC_IPV4, htonl(src));
	mnl_attr_put_u32(nlh, FASTTRACK_A_TUPLE_DST_IPV4, htonl(dst));
	mnl_attr_put_u16(nlh, FASTTRACK_A_TUPLE_SRC_PORT, htons(src_port));
	mnl_attr_put_u16(nlh, FASTTRACK_A_TUPLE_DST_PORT, htons(dst_port));
	mnl_attr_nest_end(nlh, tuple);
	mnl_attr_put_u64(nlh, FASTTRACK_A_DIRECTION_PACKETS, packets);
	mnl_attr_put_u64(nlh, FASTTRACK_A_DIRECTION_BYTES, packets * 100);
	if (totals) {
		mnl_attr_put_u64(nlh, FASTTRACK_A_DIRECTION_TOTAL_PACKETS,
				 packets + 3);
		mnl_attr_put_u64(nlh, FASTTRACK_A_DIRECTION_TOTAL_BYTES,
				 packets * 100 + 180);
	}
	mnl_attr_nest_end(nlh, nest);
}

static struct nlmsghdr *make(u8 cmd, u32 reason, bool totals)
{
	struct nlmsghdr *nlh = canned_begin(sizeof(struct genlmsghdr));
	struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);

	genl->cmd = cmd;
	mnl_attr_put_u32(nlh, FASTTRACK_A_CONNECTION_ID, htonl(77));
	mnl_attr_put_u16(nlh, FASTTRACK_A_CONNECTION_ZONE, 0);
	mnl_attr_put_u8(nlh, FASTTRACK_A_CONNECTION_FAMILY, AF_INET);
	mnl_attr_put_u8(nlh, FASTTRACK_A_CONNECTION_PROTOCOL, IPPROTO_TCP);
	mnl_attr_put_u32(nlh, FASTTRACK_A_CONNECTION_MARK, 0x10);
	mnl_attr_put_u32(nlh, FASTTRACK_A_CONNECTION_STATE,
			 reason ? FASTTRACK_FLOW_STATE_CANDIDATE :
				  FASTTRACK_FLOW_STATE_ACTIVE);
	if (reason)
		mnl_attr_put_u32(nlh, FASTTRACK_A_CONNECTION_REASON, reason);
	mnl_attr_put_u32(nlh, FASTTRACK_A_CONNECTION_STATUS,
			 CT_STATUS_FT | IPS_CONFIRMED | IPS_ASSURED |
			 IPS_SEEN_REPLY | IPS_SRC_NAT);
	put_dir(nlh, FASTTRACK_A_CONNECTION_ORIG, 0x0a010002, 0x0a020002,
		4000, 80, 5, totals);
	put_dir(nlh, FASTTRACK_A_CONNECTION_REPLY, 0x0a020002, 0xc0000201,
		80, 40000, 7, totals);
	return nlh;
}

static int decode(const struct nlmsghdr *nlh)
{
	enum ft_event_kind kind;
	struct ft_found found;

	return ft_decode_event(nlh, &kind, &found);
}

static char *write_out(const struct nlmsghdr *nlh, bool json, bool pretty)
{
	const struct timespec when = { 1700000000, 1234567 };
	enum ft_event_kind kind;
	struct ft_found found;
	struct buf buf = {};
	struct ct_conn ct;
	struct conn conn;

	if (ft_decode_event(nlh, &kind, &found))
		return NULL;
	found_conn(&found, &ct, &conn);
	if (json)
		event_json(&buf, kind, &conn, &when, pretty);
	else
		event_text(&buf, kind, &conn, &when);
	buf_char(&buf, '\0');
	return buf.text;
}

static bool has(const char *text, const char *word)
{
	if (strstr(text, word))
		return true;
	printf("# no '%s' in: %s", word, text);
	return false;
}

static void test_text(void)
{
	char *text = write_out(make(FASTTRACK_CMD_CONNECTION_RELEASED_NTF,
				    FASTTRACK_REASON_FLUSHED, true),
			       false, false);

	ktap_case(has(text, ".001234 released protocol=tcp "
		"src-address=10.1.0.2:4000 dst-address=10.2.0.2:80 "
		"reply-dst-address=192.0.2.1:40000 "
		"connection-mark=0x10 why-not=flushed orig-packets=8 "
		"orig-bytes=680 repl-packets=10 repl-bytes=880 "
		"orig-fasttrack-packets=5 orig-fasttrack-bytes=500 "
		"repl-fasttrack-packets=7 repl-fasttrack-bytes=700 "
		"id=77\n"),
		  "released, as a line");
	ktap_case(strchr(text, '\n') == text + strlen(text) - 1, "one line");
	free(text);
	text = write_out(make(FASTTRACK_CMD_CONNECTION_FAST_NTF, 0, false),
			 false, false);
	ktap_case(has(text, " fast protocol=tcp") &&
		  !strstr(text, "orig-packets") && !strstr(text, "why-not"),
		  "fast, without conntrack's counters");
	free(text);
}

static void test_json(void)
{
	static const char whole[] =
		"{\"event\":\"closed\","
		"\"timestamp\":1700000000.001234,\"expected\":false,"
		"\"seen-reply\":true,\"assured\":true,"
		"\"confirmed\":true,\"dying\":false,"
		"\"fasttrack\":false,\"srcnat\":true,"
		"\"dstnat\":false,\"protocol\":\"tcp\","
		"\"src-address\":\"10.1.0.2\",\"src-port\":4000,"
		"\"dst-address\":\"10.2.0.2\",\"dst-port\":80,"
		"\"reply-src-address\":\"10.2.0.2\","
		"\"reply-src-port\":80,"
		"\"reply-dst-address\":\"192.0.2.1\","
		"\"reply-dst-port\":40000,\"connection-mark\":16,"
		"\"zone\":0,\"why-not\":\"dying\",\"orig-packets\":8,"
		"\"orig-bytes\":680,\"repl-packets\":10,"
		"\"repl-bytes\":880,\"orig-fasttrack-packets\":5,"
		"\"orig-fasttrack-bytes\":500,"
		"\"repl-fasttrack-packets\":7,"
		"\"repl-fasttrack-bytes\":700,\"id\":77}\n";
	char *text = write_out(make(FASTTRACK_CMD_CONNECTION_CLOSED_NTF,
				    FASTTRACK_REASON_DYING, true),
			       true, false);

	ktap_case(!strcmp(text, whole), "closed, as JSON");
	free(text);
	text = write_out(make(FASTTRACK_CMD_CONNECTION_FAST_NTF, 0, true),
			 true, true);
	ktap_case(has(text, "{\n  \"event\":\"fast\",\n  \"timestamp\":") &&
		  has(text, "\n  \"fasttrack\":true,\n") &&
		  has(text, "\n  \"id\":77\n}\n") &&
		  !strstr(text, "why-not"), "fast, as indented JSON");
	free(text);
}

static void test_messages(void)
{
	struct nlmsghdr *nlh;

	ktap_case(decode(make(FASTTRACK_CMD_FLUSH, 0, true)) == -ENOENT,
		  "no event");
	nlh = make(FASTTRACK_CMD_CONNECTION_FAST_NTF, 0, true);
	canned_cut(nlh, decode);
	canned_damage(nlh, decode);
	mnl_attr_put_u16(nlh, FASTTRACK_A_CONNECTION_STATUS, 1);
	ktap_case(decode(nlh) == -EBADMSG, "status of 2 bytes");
}

static void test_count(void)
{
	struct nlmsghdr *nlh = canned_begin(sizeof(struct genlmsghdr));
	u32 count = 0;

	ktap_case(ft_decode_count(nlh, &count) == -EBADMSG, "no count");
	mnl_attr_put_u32(nlh, FASTTRACK_A_CONNECTION_COUNT, 9);
	ktap_case(!ft_decode_count(nlh, &count) && count == 9, "count");
}

int main(void)
{
	ktap_plan(3 + 2 + 2 + 2 + 3);
	test_text();
	test_json();
	test_messages();
	test_count();
	ktap_case(event_find("closed", 6) == FT_EVENT_CLOSED, "find");
	ktap_case(event_find("close", 5) < 0, "find a part");
	ktap_case(event_find("", 0) < 0, "find nothing");
	return ktap_end();
}
