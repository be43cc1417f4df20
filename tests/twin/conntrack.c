// SPDX-License-Identifier: GPL-2.0
/*
 * Owns requests to conntrack, see conntrack.h.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

#include "conntrack.h"
#include "nl.h"

static bool ct_flush(struct nl *nl)
{
	struct nlmsghdr *nlh;

	nlh = nl_nfnl_request(nl, NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_DELETE,
			      AF_UNSPEC);
	return !nl_do(nl, nlh, NULL, NULL);
}

static bool put_address(struct nlmsghdr *nlh, int family, const char *text,
			int type4, int type6)
{
	u8 address[16];

	if (inet_pton(family, text, address) != 1)
		return false;
	if (family == AF_INET)
		mnl_attr_put(nlh, type4, 4, address);
	else
		mnl_attr_put(nlh, type6, 16, address);
	return true;
}

/* The original tuple: FAMILY PROTO SRC SPORT DST DPORT */
static bool ct_delete(struct nl *nl, const char *line)
{
	unsigned int version, proto, sport, dport;
	struct nlattr *tuple, *part;
	char src[64], dst[64];
	struct nlmsghdr *nlh;
	int family, err;
	bool good;

	if (sscanf(line, "%u %u %63s %u %63s %u", &version, &proto, src,
		   &sport, dst, &dport) != 6)
		return false;
	family = version == 4 ? AF_INET : AF_INET6;
	nlh = nl_nfnl_request(nl, NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_DELETE,
			      family);
	tuple = mnl_attr_nest_start(nlh, CTA_TUPLE_ORIG);
	part = mnl_attr_nest_start(nlh, CTA_TUPLE_IP);
	good = put_address(nlh, family, src, CTA_IP_V4_SRC, CTA_IP_V6_SRC) &&
	       put_address(nlh, family, dst, CTA_IP_V4_DST, CTA_IP_V6_DST);
	mnl_attr_nest_end(nlh, part);
	part = mnl_attr_nest_start(nlh, CTA_TUPLE_PROTO);
	mnl_attr_put_u8(nlh, CTA_PROTO_NUM, proto);
	mnl_attr_put_u16(nlh, CTA_PROTO_SRC_PORT, htons(sport));
	mnl_attr_put_u16(nlh, CTA_PROTO_DST_PORT, htons(dport));
	mnl_attr_nest_end(nlh, part);
	mnl_attr_nest_end(nlh, tuple);
	err = nl_do(nl, nlh, NULL, NULL);
	/* There may be none, on both routers */
	return good && (!err || err == -ENOENT);
}

/**
 * conntrack_do - carry out a request
 * @nl: ctnetlink in the router's namespace
 * @line: "flush" or "delete FAMILY PROTO SRC SPORT DST DPORT"
 *
 * Return: whether it could be done.
 */
bool conntrack_do(struct nl *nl, const char *line)
{
	if (!strcmp(line, "flush"))
		return ct_flush(nl);
	if (!strncmp(line, "delete ", 7))
		return ct_delete(nl, line + 7);
	die("unknown event: ct %s", line);
}
