// SPDX-License-Identifier: GPL-2.0
/* Owns the tests of dumps that the kernel says were interrupted: read again as
 * long as what was seen can be forgotten, and said if not. The socket is the
 * test's own, in place of libmnl's: its answers are made here.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <linux/fasttrack.h>
#include <linux/genetlink.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

#include "diag.h"
#include "ktap.h"
#include "walk.h"

#define FAMILY_ID	40
#define ANSWER_SIZE	4096

/**
 * struct kernel - What the other end of the socket does.
 * @interrupted: So many dumps from the first one on say that they were.
 * @dumps: How many were asked for.
 * @request: What was asked last.
 */
static struct kernel {
	int interrupted;
	int dumps;
	struct nlmsghdr request;
} kernel;

/* What a walk did. */
static struct seen {
	int rows;
	int all_rows;
	int restarts;
} seen;

static char said[200];

ssize_t mnl_socket_sendto(const struct mnl_socket *nl, const void *req,
			  size_t size)
{
	(void)nl;
	kernel.request = *(const struct nlmsghdr *)req;
	kernel.dumps += (kernel.request.nlmsg_flags & NLM_F_DUMP) ==
			NLM_F_DUMP;
	return size;
}

static struct nlmsghdr *begin(const struct mnl_socket *nl, char *at, u16 type,
			      u16 flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(at);

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = flags;
	nlh->nlmsg_seq = kernel.request.nlmsg_seq;
	nlh->nlmsg_pid = mnl_socket_get_portid(nl);
	return nlh;
}

static char *put_done(const struct mnl_socket *nl, char *at, u16 flags)
{
	struct nlmsghdr *nlh = begin(nl, at, NLMSG_DONE, flags);

	mnl_nlmsg_put_extra_header(nlh, sizeof(int));
	return mnl_nlmsg_get_payload_tail(nlh);
}

static char *put_ack(const struct mnl_socket *nl, char *at)
{
	struct nlmsghdr *nlh = begin(nl, at, NLMSG_ERROR, NLM_F_CAPPED);

	mnl_nlmsg_put_extra_header(nlh, sizeof(struct nlmsgerr));
	return mnl_nlmsg_get_payload_tail(nlh);
}

static char *put_family(const struct mnl_socket *nl, char *at)
{
	struct nlmsghdr *nlh = begin(nl, at, GENL_ID_CTRL, 0);

	mnl_nlmsg_put_extra_header(nlh, sizeof(struct genlmsghdr));
	mnl_attr_put_u16(nlh, CTRL_ATTR_FAMILY_ID, FAMILY_ID);
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, FASTTRACK_FAMILY_NAME);
	return mnl_nlmsg_get_payload_tail(nlh);
}

static void put_tuple(struct nlmsghdr *nlh, u16 type, u8 last)
{
	struct nlattr *tuple = mnl_attr_nest_start(nlh, type), *nest;

	nest = mnl_attr_nest_start(nlh, CTA_TUPLE_IP);
	mnl_attr_put_u32(nlh, CTA_IP_V4_SRC, htonl(0x0a000000 | last));
	mnl_attr_put_u32(nlh, CTA_IP_V4_DST, htonl(0x0a000100 | last));
	mnl_attr_nest_end(nlh, nest);
	nest = mnl_attr_nest_start(nlh, CTA_TUPLE_PROTO);
	mnl_attr_put_u8(nlh, CTA_PROTO_NUM, IPPROTO_UDP);
	mnl_attr_nest_end(nlh, nest);
	mnl_attr_nest_end(nlh, tuple);
}

static char *put_entry(const struct mnl_socket *nl, char *at, u16 flags,
		       u8 last)
{
	struct nlmsghdr *nlh = begin(nl, at, kernel.request.nlmsg_type, flags);
	struct nfgenmsg *nfg;

	nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));
	nfg->nfgen_family = AF_INET;
	put_tuple(nlh, CTA_TUPLE_ORIG, last);
	put_tuple(nlh, CTA_TUPLE_REPLY, last);
	return mnl_nlmsg_get_payload_tail(nlh);
}

static void put_dir(struct nlmsghdr *nlh, u16 type, u8 last)
{
	struct nlattr *dir = mnl_attr_nest_start(nlh, type), *nest;

	nest = mnl_attr_nest_start(nlh, FASTTRACK_A_DIRECTION_TUPLE);
	mnl_attr_put_u32(nlh, FASTTRACK_A_TUPLE_SRC_IPV4,
			 htonl(0x0a000000 | last));
	mnl_attr_put_u32(nlh, FASTTRACK_A_TUPLE_DST_IPV4,
			 htonl(0x0a000100 | last));
	mnl_attr_put_u16(nlh, FASTTRACK_A_TUPLE_SRC_PORT, htons(1));
	mnl_attr_put_u16(nlh, FASTTRACK_A_TUPLE_DST_PORT, htons(2));
	mnl_attr_nest_end(nlh, nest);
	mnl_attr_nest_end(nlh, dir);
}

static char *put_fast(const struct mnl_socket *nl, char *at, u16 flags,
		      u8 last)
{
	struct nlmsghdr *nlh = begin(nl, at, FAMILY_ID, flags);

	mnl_nlmsg_put_extra_header(nlh, sizeof(struct genlmsghdr));
	mnl_attr_put_u32(nlh, FASTTRACK_A_CONNECTION_ID, htonl(last));
	mnl_attr_put_u16(nlh, FASTTRACK_A_CONNECTION_ZONE, 0);
	mnl_attr_put_u8(nlh, FASTTRACK_A_CONNECTION_FAMILY, AF_INET);
	mnl_attr_put_u8(nlh, FASTTRACK_A_CONNECTION_PROTOCOL, IPPROTO_UDP);
	mnl_attr_put_u32(nlh, FASTTRACK_A_CONNECTION_STATE,
			 FASTTRACK_FLOW_STATE_ACTIVE);
	put_dir(nlh, FASTTRACK_A_CONNECTION_ORIG, last);
	put_dir(nlh, FASTTRACK_A_CONNECTION_REPLY, last);
	return mnl_nlmsg_get_payload_tail(nlh);
}

/* Each dump has two entries, of which the second is another one each time; what
 * was interrupted is told with the first.
 */
static char *put_dump(const struct mnl_socket *nl, char *at)
{
	bool broken = kernel.dumps <= kernel.interrupted;
	u16 flags = NLM_F_MULTI | (broken ? NLM_F_DUMP_INTR : 0);
	char *(*put)(const struct mnl_socket *nl, char *at, u16 flags, u8 last);

	put = kernel.request.nlmsg_type == FAMILY_ID ? put_fast : put_entry;
	at = put(nl, at, flags, 1);
	at = put(nl, at, NLM_F_MULTI, 1 + kernel.dumps);
	return put_done(nl, at, NLM_F_MULTI);
}

ssize_t mnl_socket_recvfrom(const struct mnl_socket *nl, void *buf, size_t size)
{
	char *end = buf;

	if (size < ANSWER_SIZE)
		return -1;
	memset(buf, 0, ANSWER_SIZE);
	if (kernel.request.nlmsg_type == GENL_ID_CTRL)
		end = put_ack(nl, put_family(nl, end));
	else
		end = put_dump(nl, end);
	return end - (char *)buf;
}

static int see(const struct conn *conn, void *data)
{
	(void)conn;
	(void)data;
	seen.rows++;
	seen.all_rows++;
	return 0;
}

static void restart(void *data)
{
	(void)data;
	seen.rows = 0;
	seen.restarts++;
}

/**
 * struct want - What becomes of a walk.
 * @name: What is tested.
 * @interrupted: How many dumps are interrupted.
 * @streams: What was seen can't be forgotten.
 * @dumps: How many dumps are asked for.
 * @rows: Rows seen since the last restart.
 * @note: That is said, or nothing.
 */
static const struct want {
	const char *name;
	int interrupted;
	bool streams;
	int dumps;
	int rows;
	const char *note;
} wants[] = {
	{ "whole at once", 0, false, 1, 2, NULL },
	{ "interrupted once", 1, false, 2, 2, NULL },
	{ "interrupted all but the last time", 4, false, 5, 2, NULL },
	{ "interrupted every time", 99, false, 5, 2,
	  "conntrack changed under the dump, some of it may be missing or twice" },
	{ "streams, whole", 0, true, 1, 2, NULL },
	{ "streams, interrupted", 1, true, 1, 2,
	  "conntrack changed under the dump, some of it may be missing or twice" },
};

static const struct want tables[] = {
	{ "fast table, whole", 0, false, 1, 2, NULL },
	{ "fast table, interrupted twice", 2, false, 3, 2, NULL },
	{ "fast table, interrupted every time", 99, false, 5, 2,
	  "the fast table changed under the dump, some of it may be missing" },
};

static void prepare(const struct want *want)
{
	memset(&kernel, 0, sizeof(kernel));
	memset(&seen, 0, sizeof(seen));
	memset(said, 0, sizeof(said));
	kernel.interrupted = want->interrupted;
}

static bool is_said(const char *note)
{
	return !strcmp(said, note ?: "");
}

static void test_entries(const struct want *want)
{
	struct walk walk = {
		.what = "test",
		.see = see,
		.restart = want->streams ? NULL : restart,
		.join = join_new(),
	};
	int ret;

	prepare(want);
	ret = walk_run(&walk);
	ktap_case(!ret && kernel.dumps == want->dumps &&
		  seen.rows == want->rows && walk.all == (u64)want->rows &&
		  seen.restarts == want->dumps - 1 &&
		  seen.all_rows == 2 * want->dumps && is_said(want->note),
		  want->name);
	walk_end(&walk);
}

static void test_table(const struct want *want)
{
	struct walk walk = { .what = "test" };
	int ret;

	prepare(want);
	ret = walk_begin(&walk);
	ktap_case(!ret && kernel.dumps == want->dumps &&
		  join_count(walk.join) == (size_t)want->rows &&
		  is_said(want->note), want->name);
	walk_end(&walk);
}

int main(void)
{
	size_t i;

	diag_catch(said, sizeof(said));
	ktap_plan(ARRAY_SIZE(wants) + ARRAY_SIZE(tables));
	for (i = 0; i < ARRAY_SIZE(wants); i++)
		test_entries(&wants[i]);
	for (i = 0; i < ARRAY_SIZE(tables); i++)
		test_table(&tables[i]);
	return ktap_end();
}
