// SPDX-License-Identifier: GPL-2.0
/* Owns the collection of facts for the preconditions: the engine's settings,
 * conntrack's timeouts, nft's flowtables, IPsec's policies. Must not judge.
 *
 * Nothing is loaded by asking, not even the engine: a module that is not there
 * has no rules, no flowtables and no policies.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <linux/fasttrack.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/xfrm.h>

#include "attr.h"
#include "precondition.h"
#include "proc.h"

/* Those that the engine cuts its lease by. Their sysctls are there without
 * the module that has messages about them.
 */
static const struct {
	const char *sysctl;
	const char *name;
} timeouts[] = {
	{ SYSCTL_CT "tcp_timeout_established", "tcp-established-timeout" },
	{ SYSCTL_CT "tcp_timeout_unacknowledged", "tcp-unacked-timeout" },
	{ SYSCTL_CT "tcp_timeout_max_retrans", "tcp-max-retrans-timeout" },
	{ SYSCTL_CT "udp_timeout_stream", "udp-stream-timeout" },
};

/* All of them or none: one that is missing may be the shortest. */
static void read_timeouts(struct facts *facts)
{
	u64 value;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(timeouts); i++) {
		if (sysctl_read(timeouts[i].sysctl, &value)) {
			facts->shortest_name = NULL;
			return;
		}
		if (facts->shortest_name && value >= facts->shortest)
			continue;
		facts->shortest = value;
		facts->shortest_name = timeouts[i].name;
	}
}

static void read_lease(struct facts *facts, struct ft *ft)
{
	struct ft_setting setting;

	if (!facts->loaded || ft_get_setting(ft, &setting) ||
	    !(setting.has & BIT(FASTTRACK_A_SETTING_LEASE)))
		return;
	facts->lease = setting.lease;
	read_timeouts(facts);
	facts->has_lease = facts->shortest_name;
}

static const char *family_name(u8 family)
{
	switch (family) {
	case NFPROTO_IPV4:
		return "ip";
	case NFPROTO_IPV6:
		return "ip6";
	default:
		return "inet";
	}
}

static int see_flowtable(const struct nlmsghdr *nlh, void *data)
{
	static const u8 kinds[] = {
		[NFTA_FLOWTABLE_TABLE] = ATTR_STRING,
		[NFTA_FLOWTABLE_NAME] = ATTR_STRING,
		[NFTA_FLOWTABLE_USE] = ATTR_U32,
	};
	const struct nlattr *tb[ARRAY_SIZE(kinds)];
	const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(nlh);
	struct facts *facts = data;

	if (attr_parse_nlmsg(nlh, sizeof(*nfg), kinds, ARRAY_SIZE(kinds) - 1,
			     tb))
		return -EBADMSG;
	/* One that no rule uses takes nothing. */
	if (!tb[NFTA_FLOWTABLE_TABLE] || !tb[NFTA_FLOWTABLE_NAME] ||
	    !tb[NFTA_FLOWTABLE_USE] ||
	    !mnl_attr_get_u32(tb[NFTA_FLOWTABLE_USE]))
		return 0;
	snprintf(facts->flowtable, sizeof(facts->flowtable), "%s %s %s",
		 family_name(nfg->nfgen_family),
		 mnl_attr_get_str(tb[NFTA_FLOWTABLE_TABLE]),
		 mnl_attr_get_str(tb[NFTA_FLOWTABLE_NAME]));
	return 0;
}

/* One that was seen is one, whatever became of the rest of the list. */
static void read_flowtables(struct facts *facts)
{
	struct nl *nl;
	int ret;

	if (facts->nf_tables != PRESENT_YES) {
		facts->has_flowtable = facts->nf_tables == PRESENT_NO;
		return;
	}
	nl = nl_open(NETLINK_NETFILTER);
	if (!nl)
		return;
	ret = nl_dump(nl, nl_nfnl_request(nl, NFNL_SUBSYS_NFTABLES,
					  NFT_MSG_GETFLOWTABLE, AF_UNSPEC),
		      see_flowtable, facts);
	/* nft without flowtables */
	if (ret == -EOPNOTSUPP || ret == -EINVAL)
		ret = 0;
	facts->has_flowtable = !ret || facts->flowtable[0];
	nl_close(nl);
}

static int see_policy(const struct nlmsghdr *nlh, void *data)
{
	const struct xfrm_userpolicy_info *info = mnl_nlmsg_get_payload(nlh);
	struct facts *facts = data;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*info))
		return -EBADMSG;
	/* Incoming ones are for what ends here; sockets have their own. */
	if (info->dir != XFRM_POLICY_OUT && info->dir != XFRM_POLICY_FWD)
		return 0;
	if (facts->family && info->sel.family != facts->family)
		return 0;
	facts->policies++;
	if (!info->sel.prefixlen_s && !info->sel.prefixlen_d &&
	    !info->sel.proto && !info->sel.ifindex)
		facts->everything = true;
	return 0;
}

/* Policies may have been made by key management sockets as well. */
static void read_policies(struct facts *facts)
{
	struct xfrm_userpolicy_id *id;
	struct nlmsghdr *nlh;
	struct nl *nl;
	int ret;

	switch (present_bus("", NETLINK_XFRM)) {
	case PRESENT_YES:
		break;
	case PRESENT_NO:
		facts->has_policies =
			present_file("", "/proc/net/pfkey") == PRESENT_NO;
		return;
	case PRESENT_UNKNOWN:
		return;
	}
	nl = nl_open(NETLINK_XFRM);
	if (!nl)
		return;
	nlh = nl_request(nl, XFRM_MSG_GETPOLICY);
	id = mnl_nlmsg_put_extra_header(nlh, sizeof(*id));
	memset(id, 0, sizeof(*id));
	ret = nl_dump(nl, nlh, see_policy, facts);
	facts->has_policies = !ret || facts->everything;
	nl_close(nl);
}

static void facts_read(struct facts *facts, struct ft *ft)
{
	struct utsname name;

	facts->nf_tables = PRESENT_UNKNOWN;
	if (!uname(&name))
		facts->nf_tables = present_module("", name.release,
						  "nf_tables",
						  "nft_register_expr");
	if (facts->family != AF_INET6)
		rules_read(AF_INET, facts->nf_tables == PRESENT_YES,
			   &facts->ipv4);
	if (facts->family != AF_INET)
		rules_read(AF_INET6, facts->nf_tables == PRESENT_YES,
			   &facts->ipv6);
	read_lease(facts, ft);
	read_flowtables(facts);
	read_policies(facts);
}

/**
 * facts_open() - Open the family and collect what preconditions are judged by.
 * @facts: Its family is set; the rest is filled.
 * @ft: For ft_close(), whatever is returned.
 *
 * Return: 0; -ENOENT without the module, all else is filled then, too; or
 * another error, nothing is.
 */
int facts_open(struct facts *facts, struct ft *ft)
{
	int ret = ft_open_loaded(ft);

	if (!ret)
		ret = ft_get_status(ft, &facts->status);
	facts->loaded = !ret;
	if (!ret || ret == -ENOENT)
		facts_read(facts, ft);
	return ret;
}
