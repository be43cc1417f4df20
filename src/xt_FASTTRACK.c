// SPDX-License-Identifier: GPL-2.0
/*
 * The x_tables target FASTTRACK. Owns the rule's life and its place; what a
 * match means is the engine's (nf_fasttrack_offer()).
 */
#include <linux/module.h>
#include <linux/netfilter/x_tables.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_fasttrack.h>
#include <uapi/linux/netfilter/xt_FASTTRACK.h>

static unsigned int fasttrack_tg(struct sk_buff *skb,
				 const struct xt_action_param *par)
{
	nf_fasttrack_offer(xt_net(par), xt_family(par), skb);
	return XT_CONTINUE;
}

static int fasttrack_tg_check(const struct xt_tgchk_param *par)
{
	const struct xt_fasttrack_tginfo *info = par->targinfo;
	int err;

	/* Two tables, and .table names only one. The hook is x_tables' to
	 * check and to complain about.
	 */
	if (strcmp(par->table, "filter") && strcmp(par->table, "mangle")) {
		pr_info_ratelimited("FASTTRACK: only valid in tables filter and mangle, not %s\n",
				    par->table);
		return -EINVAL;
	}
	if (info->flags) {
		pr_info_ratelimited("FASTTRACK: unknown flags %#x\n",
				    info->flags);
		return -EINVAL;
	}
	err = nf_ct_netns_get(par->net, par->family);
	if (err) {
		pr_info_ratelimited("FASTTRACK: conntrack is not available for protocol %u\n",
				    par->family);
		return err;
	}
	err = nf_fasttrack_get(par->net, par->family);
	if (err)
		nf_ct_netns_put(par->net, par->family);
	return err;
}

static void fasttrack_tg_destroy(const struct xt_tgdtor_param *par)
{
	nf_fasttrack_put(par->net, par->family);
	nf_ct_netns_put(par->net, par->family);
}

static struct xt_target fasttrack_tg_reg[] __read_mostly = {
	{
		.name		= "FASTTRACK",
		.revision	= 0,
		.family		= NFPROTO_IPV4,
		.target		= fasttrack_tg,
		.checkentry	= fasttrack_tg_check,
		.destroy	= fasttrack_tg_destroy,
		.targetsize	= sizeof(struct xt_fasttrack_tginfo),
		.hooks		= 1 << NF_INET_FORWARD,
		.me		= THIS_MODULE,
	},
	{
		.name		= "FASTTRACK",
		.revision	= 0,
		.family		= NFPROTO_IPV6,
		.target		= fasttrack_tg,
		.checkentry	= fasttrack_tg_check,
		.destroy	= fasttrack_tg_destroy,
		.targetsize	= sizeof(struct xt_fasttrack_tginfo),
		.hooks		= 1 << NF_INET_FORWARD,
		.me		= THIS_MODULE,
	},
};

static int __init fasttrack_tg_init(void)
{
	return xt_register_targets(fasttrack_tg_reg,
				   ARRAY_SIZE(fasttrack_tg_reg));
}

static void __exit fasttrack_tg_exit(void)
{
	xt_unregister_targets(fasttrack_tg_reg, ARRAY_SIZE(fasttrack_tg_reg));
}

module_init(fasttrack_tg_init);
module_exit(fasttrack_tg_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("iptables target FASTTRACK: forward accepted connections past the firewall");
MODULE_ALIAS("ipt_FASTTRACK");
MODULE_ALIAS("ip6t_FASTTRACK");
