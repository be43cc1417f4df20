// SPDX-License-Identifier: GPL-2.0
/*
 * Owns what the kernel tells us of devices and of neighbours. Routes, addresses
 * and policies need no notifier: their tokens are tested with every packet.
 */
#include <linux/netdevice.h>
#include <net/neighbour.h>
#include <net/netevent.h>

#include "fasttrack.h"

/* A device changed in a way that no route token shows (IPv6 ignores MTU,
 * neither family notices a new master). Every flow of the namespace is proven
 * again; that is one slow packet each, and devices change rarely.
 */
static int ft_netdev_event(struct notifier_block *nb, unsigned long event,
			   void *ptr)
{
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);
	struct fasttrack_net *fn = ft_net(dev_net(dev));

	switch (event) {
	case NETDEV_UP:
	case NETDEV_DOWN:
	case NETDEV_CHANGE:	/* a carrier that routes may look at */
	case NETDEV_GOING_DOWN:
	case NETDEV_UNREGISTER:
	case NETDEV_CHANGEMTU:
	case NETDEV_CHANGEADDR:
	case NETDEV_CHANGEUPPER:
	case NETDEV_CHANGENAME:
		break;
	default:
		return NOTIFY_DONE;
	}
	atomic_inc(&fn->gen);
	if (event == NETDEV_UNREGISTER ||
	    (event == NETDEV_CHANGEUPPER && netdev_is_rx_handler_busy(dev)))
		ft_ingress_forget(fn, dev);
	if (event == NETDEV_DOWN || event == NETDEV_UNREGISTER) {
		if (atomic_read(&fn->flows[0]) || atomic_read(&fn->flows[1]))
			ft_gc_sweep_now(fn);
	}
	return NOTIFY_DONE;
}

static struct notifier_block ft_netdev_notifier = {
	.notifier_call = ft_netdev_event,
};

atomic_t ft_neigh_events = ATOMIC_INIT(0);

/* Sent for a neighbour that has left its table (neigh_cleanup_and_release()),
 * before its last reference is put and the grace period of its memory begins,
 * and for changes that do not matter to us.
 */
static int ft_netevent(struct notifier_block *nb, unsigned long event,
		       void *ptr)
{
	const struct neighbour *neigh = ptr;

	/* Who marks it dead afterwards tells of that, too */
	if (event == NETEVENT_NEIGH_UPDATE && READ_ONCE(neigh->dead))
		atomic_inc(&ft_neigh_events);
	return NOTIFY_DONE;
}

static struct notifier_block ft_netevent_notifier = {
	.notifier_call = ft_netevent,
};

/**
 * ft_events_init - listen
 *
 * Return: 0 or a negative error. Context: module init, after pernet init.
 */
int ft_events_init(void)
{
	int err = register_netevent_notifier(&ft_netevent_notifier);

	if (err)
		return err;
	err = register_netdevice_notifier(&ft_netdev_notifier);
	if (err)
		unregister_netevent_notifier(&ft_netevent_notifier);
	return err;
}

/**
 * ft_events_exit - listen no more
 *
 * Context: module exit, before pernet exit.
 */
void ft_events_exit(void)
{
	unregister_netdevice_notifier(&ft_netdev_notifier);
	unregister_netevent_notifier(&ft_netevent_notifier);
}
