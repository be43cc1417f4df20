// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the module and its namespaces: start and end, and the hooks, which are
 * registered while a namespace has FASTTRACK rules.
 */
#include <linux/module.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>
#include <net/netfilter/nf_fasttrack.h>

#include "fasttrack.h"
#include "handshake.h"
#include "record.h"

#define FT_LEASE_DEFAULT	(5 * HZ)
#define FT_LIMIT_DEFAULT	1048576

static unsigned int ft_net_id __read_mostly;

/**
 * ft_net - the engine of a namespace
 * @net: namespace
 *
 * Return: never NULL while a reference or RTNL keeps @net. Context: any.
 */
struct fasttrack_net *ft_net(const struct net *net)
{
	return net_generic(net, ft_net_id);
}

/**
 * ft_flow_net - the engine of a flow's namespace
 * @flow: flow
 *
 * The namespace outlives the flow: its exit waits for the callbacks.
 *
 * Return: never NULL. Context: any.
 */
struct fasttrack_net *ft_flow_net(const struct fasttrack_flow *flow)
{
	return ft_net(nf_ct_net(flow->ct));
}

static const struct nf_hook_ops ft_hook_ops[FT_FAMILIES][2] = {
	{
		{
			.hook		= ft_hook_ipv4,
			.pf		= NFPROTO_IPV4,
			.hooknum	= NF_INET_PRE_ROUTING,
			.priority	= FT_PRI_EARLY,
		}, {
			.hook		= ft_hook_learn,
			.pf		= NFPROTO_IPV4,
			.hooknum	= NF_INET_POST_ROUTING,
			.priority	= FT_PRI_LEARN,
		},
	}, {
		{
			.hook		= ft_hook_ipv6,
			.pf		= NFPROTO_IPV6,
			.hooknum	= NF_INET_PRE_ROUTING,
			.priority	= FT_PRI_EARLY,
		}, {
			.hook		= ft_hook_learn,
			.pf		= NFPROTO_IPV6,
			.hooknum	= NF_INET_POST_ROUTING,
			.priority	= FT_PRI_LEARN,
		},
	},
};

/* Context: fn->lock */
static int ft_hooks_add(struct fasttrack_net *fn, u8 family)
{
	struct nf_hook_ops *ops = fn->ops[family];
	int err;

	if (!rcu_access_pointer(fn->table[family].cur)) {
		err = ft_table_init(&fn->table[family], family);
		if (err)
			return err;
	}
	memcpy(ops, ft_hook_ops[family], sizeof(fn->ops[family]));
	ops[0].priv = fn;
	ops[1].priv = fn;
	err = nf_register_net_hooks(fn->net, ops, 2);
	if (!err)
		WRITE_ONCE(fn->hooked[family], true);
	return err;
}

/* Context: fn->lock */
static void ft_hooks_del(struct fasttrack_net *fn, u8 family)
{
	if (!fn->hooked[family])
		return;
	nf_unregister_net_hooks(fn->net, fn->ops[family], 2);
	WRITE_ONCE(fn->hooked[family], false);
}

/**
 * nf_fasttrack_get - a FASTTRACK rule is being added
 * @net: namespace
 * @family: NFPROTO_IPV4 or NFPROTO_IPV6
 *
 * Return: 0 or a negative error. Context: process; RTNL, nf_tables' commit
 * mutex or x_tables' mutex may be held.
 */
int nf_fasttrack_get(struct net *net, u8 family)
{
	struct fasttrack_net *fn = ft_net(net);
	u8 f = ft_family(family);
	int err = 0;

	mutex_lock(&fn->lock);
	if (fn->dead)
		err = -ENODEV;
	else if (!fn->hooked[f])
		err = ft_hooks_add(fn, f);
	if (!err) {
		if (!fn->begun[f])
			fn->forwarded[f] = ft_stats_forwarded(net, f);
		/* Release: who sees it begun sees the number */
		smp_store_release(&fn->begun[f], true);
		fn->rules[f]++;
		WRITE_ONCE(fn->draining[f], false);
	}
	mutex_unlock(&fn->lock);
	return err;
}
EXPORT_SYMBOL_GPL(nf_fasttrack_get);

/**
 * nf_fasttrack_put - a FASTTRACK rule is gone
 * @net: namespace
 * @family: as with nf_fasttrack_get()
 *
 * Which flows it was that had matched is not known, so all have to match again:
 * their next packets go slow, and no stamp from before counts. With the last
 * rule all flows go back to the slow path. The hooks stay until the sweeper has
 * done that: a packet that goes slow unseen would meet stale TCP state in
 * conntrack.
 *
 * Context: process, any lock held as with nf_fasttrack_get(); waits for
 * nothing. May come after our own namespace exit: nf_tables ends later.
 */
void nf_fasttrack_put(struct net *net, u8 family)
{
	struct fasttrack_net *fn = ft_net(net);
	u8 f = ft_family(family);

	mutex_lock(&fn->lock);
	WRITE_ONCE(fn->rule_gone, (u32)jiffies);
	/* Pairs with ft_try_arm(): who sees the generation sees the time */
	smp_mb__before_atomic();
	atomic_inc(&fn->gen);
	if (!--fn->rules[f] && !fn->dead) {
		WRITE_ONCE(fn->draining[f], true);
		ft_gc_sweep_now(fn);
	}
	mutex_unlock(&fn->lock);
}
EXPORT_SYMBOL_GPL(nf_fasttrack_put);

/**
 * ft_hooks_retire - take off the hooks of families that have drained
 * @fn: namespace
 *
 * Context: the sweeper.
 */
void ft_hooks_retire(struct fasttrack_net *fn)
{
	u8 f;

	mutex_lock(&fn->lock);
	for (f = 0; f < FT_FAMILIES; f++) {
		if (!fn->draining[f] || atomic_read(&fn->flows[f]))
			continue;
		ft_hooks_del(fn, f);
		WRITE_ONCE(fn->draining[f], false);
	}
	mutex_unlock(&fn->lock);
}

static int __net_init ft_net_init(struct net *net)
{
	struct fasttrack_net *fn = ft_net(net);

	fn->stats = alloc_percpu(struct fasttrack_stats);
	if (!fn->stats)
		return -ENOMEM;
	fn->net = net;
	fn->enabled = true;
	fn->lease = FT_LEASE_DEFAULT;
	fn->limit = FT_LIMIT_DEFAULT;
	fn->folded = (u32)jiffies - HZ;
	mutex_init(&fn->lock);
	ft_ingress_init(fn);
	ft_ctmode_init(fn);
	ft_gc_init(fn);
	return 0;
}

/* First all flows end while the hooks still see their packets, then the hooks
 * go. The core waits for a grace period before ft_net_exit_batch().
 */
static void __net_exit ft_net_pre_exit(struct net *net)
{
	struct fasttrack_net *fn = ft_net(net);
	u8 f;

	mutex_lock(&fn->lock);
	WRITE_ONCE(fn->dead, true);
	mutex_unlock(&fn->lock);
	cancel_delayed_work_sync(&fn->gc);
	ft_gc_flush(fn, FASTTRACK_REASON_FLUSHED);
	mutex_lock(&fn->lock);
	for (f = 0; f < FT_FAMILIES; f++)
		ft_hooks_del(fn, f);
	mutex_unlock(&fn->lock);
	ft_ingress_exit(fn);
	ft_ctmode_exit(fn);
}

static void __net_exit ft_net_exit_batch(struct list_head *list)
{
	struct fasttrack_net *fn;
	struct net *net;
	u8 f;

	/* Whoever saw the namespace alive has left: what he inserted ends
	 * now. Then wait for the callbacks, which put the references to
	 * conntrack entries; conntrack's own exit, after ours, needs them.
	 */
	list_for_each_entry(net, list, exit_list)
		ft_gc_flush(ft_net(net), FASTTRACK_REASON_FLUSHED);
	rcu_barrier();
	list_for_each_entry(net, list, exit_list) {
		fn = ft_net(net);
		/* What he queued after pre_exit finds the namespace dead */
		cancel_delayed_work_sync(&fn->gc);
		cancel_work_sync(&fn->ports_work);
		for (f = 0; f < FT_FAMILIES; f++)
			ft_table_exit(&fn->table[f]);
		free_percpu(fn->stats);
	}
}

static struct pernet_operations ft_net_ops = {
	.init		= ft_net_init,
	.pre_exit	= ft_net_pre_exit,
	.exit_batch	= ft_net_exit_batch,
	.id		= &ft_net_id,
	.size		= sizeof(struct fasttrack_net),
};

static int __init ft_init(void)
{
	int err;

	err = ft_flow_caches_init();
	if (err)
		return err;
	err = ft_record_init();
	if (err)
		goto free_caches;
	err = ft_handshake_init();
	if (err)
		goto free_records;
	err = register_pernet_subsys(&ft_net_ops);
	if (err)
		goto free_handshakes;
	err = ft_events_init();
	if (err)
		goto unregister_pernet;
	err = ft_netlink_init();
	if (err)
		goto stop_events;
	return 0;

stop_events:
	ft_events_exit();
unregister_pernet:
	unregister_pernet_subsys(&ft_net_ops);
free_handshakes:
	ft_handshake_exit();
free_records:
	ft_record_exit();
free_caches:
	ft_flow_caches_exit();
	return err;
}

static void __exit ft_exit(void)
{
	ft_netlink_exit();
	ft_ingress_end();
	/* Nobody tells of neighbours any more while hooks may still be there. But
	 * with the last rule, which has gone before, all that was learned became
	 * stale, and without one nothing is learned.
	 */
	ft_events_exit();
	unregister_pernet_subsys(&ft_net_ops);
	ft_handshake_exit();
	ft_record_exit();
	ft_flow_caches_exit();
}

module_init(ft_init);
module_exit(ft_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Forwarding fast path for connections the firewall has accepted");
MODULE_VERSION(FT_VERSION);
