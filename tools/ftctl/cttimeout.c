// SPDX-License-Identifier: GPL-2.0
/* Owns the messages about default timeouts to nfnetlink_cttimeout. Must not
 * know their names, nor how anything is printed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_cttimeout.h>

#include "attr.h"
#include "cttimeout.h"
#include "diag.h"

static struct nlmsghdr *request(struct nl *nl, u8 msg,
				const struct ctt_values *values)
{
	struct nlmsghdr *nlh;

	nlh = nl_nfnl_request(nl, NFNL_SUBSYS_CTNETLINK_TIMEOUT, msg,
			      AF_UNSPEC);
	/* Set only looks whether L3PROTO is there, but looks. */
	mnl_attr_put_u16(nlh, CTA_TIMEOUT_L3PROTO, htons(values->l3proto));
	mnl_attr_put_u8(nlh, CTA_TIMEOUT_L4PROTO, values->l4proto);
	return nlh;
}

/**
 * ctt_decode() - Read the timeouts of one protocol.
 * @nlh: Message.
 * @values: Its seconds are filled; the protocol has to be set, and an answer
 *	about another one is refused.
 *
 * Return: 0 or -EBADMSG.
 */
int ctt_decode(const struct nlmsghdr *nlh, struct ctt_values *values)
{
	static const u8 kinds[] = {
		[CTA_TIMEOUT_L4PROTO] = ATTR_U8,
		[CTA_TIMEOUT_DATA] = ATTR_NEST,
	};
	static const u8 data_kinds[CTT_MAX] = {
		[1 ... CTT_MAX - 1] = ATTR_U32,
	};
	const struct nlattr *tb[ARRAY_SIZE(kinds)];
	const struct nlattr *data[CTT_MAX];
	unsigned int i;

	if (attr_parse_nlmsg(nlh, sizeof(struct nfgenmsg), kinds,
			     ARRAY_SIZE(kinds) - 1, tb) ||
	    !tb[CTA_TIMEOUT_L4PROTO] || !tb[CTA_TIMEOUT_DATA] ||
	    mnl_attr_get_u8(tb[CTA_TIMEOUT_L4PROTO]) != values->l4proto ||
	    attr_parse_nest(tb[CTA_TIMEOUT_DATA], data_kinds, CTT_MAX - 1,
			    data))
		return -EBADMSG;
	values->has = 0;
	for (i = 1; i < CTT_MAX; i++) {
		if (!data[i])
			continue;
		values->seconds[i] = ntohl(mnl_attr_get_u32(data[i]));
		values->has |= BIT(i);
	}
	return 0;
}

static int see_values(const struct nlmsghdr *nlh, void *data)
{
	return ctt_decode(nlh, data);
}

/**
 * ctt_get() - Ask for the timeouts of one protocol.
 * @nl: Socket of NETLINK_NETFILTER.
 * @values: Protocol set, seconds filled.
 *
 * Return: 0 or a negative errno.
 */
int ctt_get(struct nl *nl, struct ctt_values *values)
{
	return nl_do(nl, request(nl, IPCTNL_MSG_TIMEOUT_DEFAULT_GET, values),
		     see_values, values);
}

/**
 * ctt_build_set() - Make the message that sets timeouts.
 * @nl: Socket.
 * @values: As for ctt_set().
 *
 * Return: Message.
 */
struct nlmsghdr *ctt_build_set(struct nl *nl, const struct ctt_values *values)
{
	struct nlmsghdr *nlh;
	struct nlattr *nest;
	unsigned int i;

	nlh = request(nl, IPCTNL_MSG_TIMEOUT_DEFAULT_SET, values);
	nest = mnl_attr_nest_start(nlh, CTA_TIMEOUT_DATA);
	for (i = 1; i < CTT_MAX; i++)
		if (values->has & BIT(i))
			mnl_attr_put_u32(nlh, i, htonl(values->seconds[i]));
	mnl_attr_nest_end(nlh, nest);
	return nlh;
}

/**
 * ctt_set() - Set timeouts of one protocol.
 * @nl: Socket of NETLINK_NETFILTER.
 * @values: Those with their bit in @has are sent. The kernel parses a default
 *	on top of the values in force, so those not sent stay what they are,
 *	to the jiffy.
 *
 * Return: 0 or a negative errno.
 */
int ctt_set(struct nl *nl, const struct ctt_values *values)
{
	return nl_do(nl, ctt_build_set(nl, values), NULL, NULL);
}

/**
 * ctt_report() - Say on stderr why a request failed.
 * @nl: Socket on which it failed, or NULL if it could not be opened.
 * @err: Negative errno.
 * @what: What was tried.
 *
 * Return: Exit code.
 */
int ctt_report(const struct nl *nl, int err, const char *what)
{
	/* What nfnetlink answers when it has no such subsystem, even after
	 * it tried to load the module.
	 */
	if (err == -EINVAL)
		return fail(EXIT_MODULE,
			    "%s: module not loaded (modprobe nfnetlink_cttimeout)",
			    what);
	return nl_report(nl, err, what);
}
