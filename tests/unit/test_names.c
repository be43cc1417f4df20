// SPDX-License-Identifier: GPL-2.0
/* Owns the tests of names.c, reasons.c and flags.c. */
#include <string.h>
#include <netinet/in.h>
#include <linux/fasttrack.h>
#include <linux/netfilter/nf_conntrack_common.h>

#include "flags.h"
#include "ktap.h"
#include "names.h"

static const char * const tcp_states[] = {
	"none", "syn-sent", "syn-received", "established", "fin-wait",
	"close-wait", "last-ack", "time-wait", "close", "syn-sent2", "10",
	"11",
};

#define NO_FT	-1

static const struct {
	const char *name;
	u32 status;
	int state;
	u16 reason;
	u16 orig_reason;
	u16 reply_reason;
	const char *letters;
	u32 why_not;
} rows[] = {
	{ "nothing known", 0, NO_FT, 0, 0, 0, "", 0 },
	{ "plain", IPS_SEEN_REPLY | IPS_ASSURED | IPS_CONFIRMED, NO_FT,
	  0, 0, 0, "SAC", 0 },
	{ "expected, dying", IPS_EXPECTED | IPS_DYING, NO_FT, 0, 0, 0,
	  "ED", 0 },
	{ "both nats", IPS_CONFIRMED | IPS_SRC_NAT | IPS_DST_NAT, NO_FT,
	  0, 0, 0, "Csd", 0 },
	{ "fast", IPS_CONFIRMED | CT_STATUS_FT,
	  FASTTRACK_FLOW_STATE_ACTIVE, 0, 0, 0, "CF", 0 },
	{ "fast, one direction slow", CT_STATUS_FT,
	  FASTTRACK_FLOW_STATE_ACTIVE, 0, FASTTRACK_REASON_MTU, 0, "F", 0 },
	{ "seen once", CT_STATUS_FT_SEEN, NO_FT, 0, 0, 0, "",
	  FASTTRACK_REASON_FIRST_HIT },
	{ "marked, not in the table", CT_STATUS_FT, NO_FT, 0, 0, 0, "", 0 },
	{ "candidate", CT_STATUS_FT, FASTTRACK_FLOW_STATE_CANDIDATE,
	  0, 0, 0, "", FASTTRACK_REASON_LEARNING },
	{ "candidate, refused", CT_STATUS_FT,
	  FASTTRACK_FLOW_STATE_CANDIDATE, FASTTRACK_REASON_IPSEC,
	  FASTTRACK_REASON_MTU, 0, "", FASTTRACK_REASON_IPSEC },
	{ "candidate, original slow", CT_STATUS_FT,
	  FASTTRACK_FLOW_STATE_CANDIDATE, 0, FASTTRACK_REASON_LEASE,
	  FASTTRACK_REASON_MTU, "", FASTTRACK_REASON_LEASE },
	{ "candidate, reply slow", CT_STATUS_FT,
	  FASTTRACK_FLOW_STATE_CANDIDATE, 0, 0, FASTTRACK_REASON_MANGLED, "",
	  FASTTRACK_REASON_MANGLED },
	{ "closing", CT_STATUS_FT, FASTTRACK_FLOW_STATE_CLOSING, 0, 0, 0,
	  "", FASTTRACK_REASON_CLOSING },
	{ "released between the dumps", IPS_CONFIRMED,
	  FASTTRACK_FLOW_STATE_ACTIVE, 0, 0, 0, "C", 0 },
};

static void test_flags(size_t i)
{
	char letters[CONN_FLAGS + 1];
	struct ct_conn ct = { .status = rows[i].status };
	struct ft_conn conn = {
		.state = rows[i].state,
		.reason = rows[i].reason,
		.dir[DIR_ORIG].reason = rows[i].orig_reason,
		.dir[DIR_REPLY].reason = rows[i].reply_reason,
	};
	struct ft_conn *ft = rows[i].state == NO_FT ? NULL : &conn;
	u32 set = conn_flag_set(&ct, ft);
	size_t used = 0, flag;

	for (flag = 0; flag < CONN_FLAGS; flag++)
		if (set & BIT(flag))
			letters[used++] = conn_flags[flag].letter;
	letters[used] = '\0';
	ktap_case(!strcmp(letters, rows[i].letters) &&
		  conn_why_not(&ct, ft) == rows[i].why_not, rows[i].name);
}

int main(void)
{
	char number[NAME_SIZE];
	size_t i;

	ktap_plan(ARRAY_SIZE(tcp_states) + ARRAY_SIZE(rows) + 7);
	for (i = 0; i < ARRAY_SIZE(tcp_states); i++)
		ktap_case(!strcmp(tcp_state_name(i, number), tcp_states[i]),
			  tcp_states[i]);
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		test_flags(i);
	ktap_case(protocol_number("tcp") == IPPROTO_TCP &&
		  protocol_number("icmpv6") == IPPROTO_ICMPV6, "protocols");
	ktap_case(protocol_number("t") == -1 && protocol_number("") == -1,
		  "unknown protocol");
	ktap_case(!strcmp(protocol_name(IPPROTO_UDP, number), "udp") &&
		  !strcmp(protocol_name(200, number), "200"),
		  "protocol names");
	ktap_case(!strcmp(flow_state_name(1, number), "active") &&
		  !strcmp(flow_state_name(9, number), "9"), "flow states");
	ktap_case(!strcmp(dir_state_name(2, number), "held") &&
		  !strcmp(dir_state_name(4294967295u, number), "4294967295"),
		  "direction states");
	ktap_case(reason_name(FASTTRACK_REASON_MAX) &&
		  reason_text(FASTTRACK_REASON_MAX), "last reason");
	ktap_case(!reason_name(FASTTRACK_REASON_MAX + 1) &&
		  !reason_text(FASTTRACK_REASON_MAX + 1), "unknown reason");
	return ktap_end();
}
