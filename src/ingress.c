// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the hooks at netdev ingress: which devices have one, and the work that
 * puts them on and takes them off. Knows nothing of packets; what a hook does
 * with one is in hook_ipv4.c and hook_ipv6.c.
 *
 * A packet that goes fast at ingress saves what lies between there and
 * PRE_ROUTING; one that does not is looked up twice. So a device is hooked when
 * many packets come in there and at least half of them hit, and let go when
 * that has not been so for a while. Hits are known from folding, misses from
 * samples taken at PRE_ROUTING: the decision costs fast packets nothing.
 *
 * RTNL protects the list of hooks and keeps a device from going while it is
 * being hooked. Decisions are made without it, by the sweeper.
 */
#include <linux/if_ether.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/netfilter_netdev.h>
#include <linux/rtnetlink.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "fasttrack.h"

/* Hits a second that are worth a hook, and that keep one */
#define FT_PORT_HOOK	1000
#define FT_PORT_KEEP	100
/* Decisions in a row that go against a hook before it is taken off */
#define FT_PORT_QUIET	10

/**
 * struct fasttrack_port - our hook at the ingress of a device
 * @list: in fasttrack_net.ports; RTNL
 * @ops: as registered; @ops.dev is valid while registered, since the notifier
 *	takes the hook off before a device goes
 * @rcu: netfilter's lists of hooks are read under RCU
 */
struct fasttrack_port {
	struct list_head	list;
	struct nf_hook_ops	ops;
	struct rcu_head		rcu;
};

/* Module exit: no hook may come any more. RTNL. */
static bool ft_ingress_ended;

static const char * const ft_ingress_names[] = {
	[FASTTRACK_INGRESS_AUTO] = "auto",
	[FASTTRACK_INGRESS_YES] = "yes",
	[FASTTRACK_INGRESS_NO] = "no",
};

static u32 ft_ingress_default = FASTTRACK_INGRESS_AUTO;

static int ft_param_set(const char *val, const struct kernel_param *kp)
{
	int i = sysfs_match_string(ft_ingress_names, val);

	if (i < 0)
		return i;
	WRITE_ONCE(ft_ingress_default, i);
	return 0;
}

static int ft_param_get(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%s\n",
			  ft_ingress_names[READ_ONCE(ft_ingress_default)]);
}

static const struct kernel_param_ops ft_param_ops = {
	.set	= ft_param_set,
	.get	= ft_param_get,
};

module_param_cb(ingress, &ft_param_ops, NULL, 0644);
MODULE_PARM_DESC(ingress, "Setting of new namespaces: auto, yes or no");

static unsigned int ft_hook_ingress(void *priv, struct sk_buff *skb,
				    const struct nf_hook_state *state)
{
	struct fasttrack_net *fn = priv;

	if (skb->protocol == htons(ETH_P_IP)) {
		if (likely(rcu_access_pointer(fn->table[0].cur)))
			return ft_ingress_ipv4(fn, skb);
	} else if (skb->protocol == htons(ETH_P_IPV6)) {
		if (likely(rcu_access_pointer(fn->table[1].cur)))
			return ft_ingress_ipv6(fn, skb);
	}
	return NF_ACCEPT;
}

/* The counters of a device, or NULL when its place is taken by another. Whoever
 * takes a place may find it wanted for the device before: then it is hooked
 * without need until it has been quiet for a while.
 */
static struct fasttrack_traffic *ft_traffic(struct fasttrack_net *fn,
					    int ifindex)
{
	struct fasttrack_traffic *t = &fn->traffic[ifindex % FT_TRAFFIC_SLOTS];
	int was = READ_ONCE(t->ifindex);

	if (!was) {
		was = cmpxchg(&t->ifindex, 0, ifindex) ?: ifindex;
		if (READ_ONCE(t->wanted) && !READ_ONCE(fn->dead))
			queue_work(system_long_wq, &fn->ports_work);
	}
	return was == ifindex ? t : NULL;
}

/**
 * ft_ingress_hits - packets of a device went fast
 * @fn: namespace
 * @ifindex: the device
 * @packets: how many
 *
 * Context: any; from folding, so not for each packet.
 */
void ft_ingress_hits(struct fasttrack_net *fn, int ifindex, u32 packets)
{
	struct fasttrack_traffic *t = ft_traffic(fn, ifindex);

	if (t)
		atomic_add(min_t(u32, packets, S32_MAX / 2), &t->hits);
}

/**
 * ft_ingress_armed - packets of a device may go fast from now on
 * @fn: namespace
 * @ifindex: the device
 *
 * Context: any.
 */
void ft_ingress_armed(struct fasttrack_net *fn, int ifindex)
{
	struct fasttrack_traffic *t;

	if (READ_ONCE(fn->ingress) != FASTTRACK_INGRESS_YES)
		return;
	t = ft_traffic(fn, ifindex);
	if (!t || READ_ONCE(t->wanted))
		return;
	WRITE_ONCE(t->wanted, true);
	if (!READ_ONCE(fn->dead))
		queue_work(system_long_wq, &fn->ports_work);
}

/**
 * ft_ingress_misses - packets of a device belonged to no flow
 * @fn: namespace
 * @ifindex: the device of a sample
 *
 * Context: any; for one of FT_MISS_SAMPLE packets.
 */
void ft_ingress_misses(struct fasttrack_net *fn, int ifindex)
{
	struct fasttrack_traffic *t = ft_traffic(fn, ifindex);

	if (t)
		atomic_add(FT_MISS_SAMPLE, &t->misses);
}

static bool ft_port_worth(const struct fasttrack_net *fn,
			  struct fasttrack_traffic *t, bool wanted, u32 elapsed)
{
	u32 hits = atomic_xchg(&t->hits, 0);
	u32 misses = atomic_xchg(&t->misses, 0);
	u64 rate = div_u64((u64)hits * HZ, elapsed);

	switch (READ_ONCE(fn->ingress)) {
	case FASTTRACK_INGRESS_YES:
		return wanted;
	case FASTTRACK_INGRESS_NO:
		return false;
	default:
		break;
	}
	if (!wanted)
		return rate >= FT_PORT_HOOK && hits >= misses;
	if (rate >= FT_PORT_KEEP && hits >= misses / 2)
		t->quiet = 0;
	else
		t->quiet++;
	return t->quiet < FT_PORT_QUIET;
}

/**
 * ft_ingress_decide - which devices are to have a hook?
 * @fn: namespace
 *
 * Context: the sweeper, at most once a second.
 */
void ft_ingress_decide(struct fasttrack_net *fn)
{
	bool on = READ_ONCE(fn->hooked[0]) || READ_ONCE(fn->hooked[1]);
	u32 elapsed = (u32)jiffies - fn->decided;
	bool change = false;
	unsigned int i;

	if (elapsed < HZ && on && READ_ONCE(fn->ingress) != FASTTRACK_INGRESS_NO)
		return;
	fn->decided = (u32)jiffies;
	for (i = 0; i < FT_TRAFFIC_SLOTS; i++) {
		struct fasttrack_traffic *t = &fn->traffic[i];
		bool wanted = READ_ONCE(t->wanted);
		bool worth;

		if (!READ_ONCE(t->ifindex))
			continue;
		/* Read once: ft_ingress_armed() may come in between, and what it
		 * has asked for is not to be taken back
		 */
		worth = ft_port_worth(fn, t, wanted, elapsed ?: 1) && on;
		if (worth != wanted) {
			WRITE_ONCE(t->wanted, worth);
			t->quiet = 0;
			change = true;
		} else if (!worth) {
			/* Make room for another device */
			WRITE_ONCE(t->ifindex, 0);
		}
	}
	if (change && !READ_ONCE(fn->dead))
		queue_work(system_long_wq, &fn->ports_work);
}

static struct fasttrack_port *ft_port_find(struct fasttrack_net *fn,
					   const struct net_device *dev)
{
	struct fasttrack_port *port;

	list_for_each_entry(port, &fn->ports, list)
		if (port->ops.dev == dev)
			return port;
	return NULL;
}

/* Context: RTNL */
static void ft_port_add(struct fasttrack_net *fn, int ifindex)
{
	struct net_device *dev = __dev_get_by_index(fn->net, ifindex);
	struct fasttrack_port *port;

	/* Frames of a device that serves another never reach our hook's part
	 * of the stack by themselves
	 */
	if (!dev || dev->reg_state != NETREG_REGISTERED ||
	    rtnl_dereference(dev->rx_handler) || ft_port_find(fn, dev))
		return;
	port = kzalloc(sizeof(*port), GFP_KERNEL);
	if (!port)
		return;
	port->ops.hook = ft_hook_ingress;
	port->ops.pf = NFPROTO_NETDEV;
	port->ops.hooknum = NF_NETDEV_INGRESS;
	/* Users' own ingress chains and flowtables come first */
	port->ops.priority = INT_MAX;
	port->ops.dev = dev;
	port->ops.priv = fn;
	/* -EOPNOTSUPP without CONFIG_NETFILTER_INGRESS: PRE_ROUTING serves */
	if (nf_register_net_hook(fn->net, &port->ops)) {
		kfree(port);
		return;
	}
	list_add_rcu(&port->list, &fn->ports);
	WRITE_ONCE(fn->ports_count, fn->ports_count + 1);
}

/* Context: RTNL */
static void ft_port_del(struct fasttrack_net *fn, struct fasttrack_port *port)
{
	nf_unregister_net_hook(fn->net, &port->ops);
	list_del_rcu(&port->list);
	WRITE_ONCE(fn->ports_count, fn->ports_count - 1);
	kfree_rcu(port, rcu);
}

static bool ft_port_wanted(const struct fasttrack_net *fn, int ifindex)
{
	const struct fasttrack_traffic *t;

	t = &fn->traffic[ifindex % FT_TRAFFIC_SLOTS];
	return READ_ONCE(t->ifindex) == ifindex && READ_ONCE(t->wanted);
}

static void ft_ports_work(struct work_struct *work)
{
	struct fasttrack_net *fn;
	struct fasttrack_port *port, *next;
	unsigned int i;

	fn = container_of(work, struct fasttrack_net, ports_work);
	rtnl_lock();
	list_for_each_entry_safe(port, next, &fn->ports, list)
		if (!ft_port_wanted(fn, port->ops.dev->ifindex))
			ft_port_del(fn, port);
	for (i = 0; i < FT_TRAFFIC_SLOTS; i++)
		if (READ_ONCE(fn->traffic[i].wanted) &&
		    !READ_ONCE(fn->dead) && !ft_ingress_ended)
			ft_port_add(fn, READ_ONCE(fn->traffic[i].ifindex));
	rtnl_unlock();
}

/**
 * ft_ingress_forget - a device goes, or serves another one from now on
 * @fn: its namespace
 * @dev: the device
 *
 * Context: RTNL, from the notifier, before the device is taken apart.
 */
void ft_ingress_forget(struct fasttrack_net *fn, const struct net_device *dev)
{
	struct fasttrack_traffic *t;
	struct fasttrack_port *port;

	t = &fn->traffic[dev->ifindex % FT_TRAFFIC_SLOTS];
	if (READ_ONCE(t->ifindex) == dev->ifindex)
		WRITE_ONCE(t->wanted, false);
	port = ft_port_find(fn, dev);
	if (port)
		ft_port_del(fn, port);
}

/**
 * ft_ingress_devices - the devices that have a hook
 * @fn: namespace
 * @ifindex: filled
 * @max: room in it
 *
 * Return: how many were filled in. Context: any.
 */
unsigned int ft_ingress_devices(struct fasttrack_net *fn, int *ifindex,
				unsigned int max)
{
	struct fasttrack_port *port;
	unsigned int n = 0;

	rcu_read_lock();
	list_for_each_entry_rcu(port, &fn->ports, list) {
		if (n == max)
			break;
		/* A device outlives the grace period after our hook left it */
		ifindex[n++] = port->ops.dev->ifindex;
	}
	rcu_read_unlock();
	return n;
}

/**
 * ft_ingress_init - no hooks so far
 * @fn: namespace
 *
 * Context: namespace init.
 */
void ft_ingress_init(struct fasttrack_net *fn)
{
	fn->ingress = READ_ONCE(ft_ingress_default);
	fn->decided = (u32)jiffies;
	INIT_LIST_HEAD(&fn->ports);
	INIT_WORK(&fn->ports_work, ft_ports_work);
}

/**
 * ft_ingress_exit - take all hooks off
 * @fn: namespace; dead, its sweeper has ended
 *
 * Context: namespace pre_exit, without RTNL.
 */
void ft_ingress_exit(struct fasttrack_net *fn)
{
	struct fasttrack_port *port, *next;

	cancel_work_sync(&fn->ports_work);
	rtnl_lock();
	list_for_each_entry_safe(port, next, &fn->ports, list)
		ft_port_del(fn, port);
	rtnl_unlock();
}

/**
 * ft_ingress_end - no more hooks in any namespace
 *
 * After this the notifier may go: its end takes off what there is, and
 * nothing comes after.
 *
 * Context: module exit, without RTNL.
 */
void ft_ingress_end(void)
{
	rtnl_lock();
	ft_ingress_ended = true;
	rtnl_unlock();
}
