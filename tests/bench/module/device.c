// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the devices, "ip link add NAME type ftbench": a packet that leaves by
 * one is counted, looked at if that was asked for, and freed. What comes in is
 * made by feed.c. Knows nothing of flows.
 */
#include <linux/etherdevice.h>
#include <linux/module.h>
#include <net/rtnetlink.h>

#include "bench.h"

struct bench_dev {
	struct bench_net	*bn;
};

static netdev_tx_t bench_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct bench_dev *bd = netdev_priv(dev);
	struct bench_net *bn = bd->bn;

	bn->out_packets++;
	bn->out_bytes += skb->len;
	if (unlikely(bn->checking))
		bench_check(bn, skb);
	consume_skb(skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops bench_netdev_ops = {
	.ndo_start_xmit		= bench_xmit,
	.ndo_set_mac_address	= eth_mac_addr,
	.ndo_validate_addr	= eth_validate_addr,
};

static void bench_setup(struct net_device *dev)
{
	ether_setup(dev);
	dev->netdev_ops = &bench_netdev_ops;
	dev->priv_flags |= IFF_NO_QUEUE;
	dev->needs_free_netdev = true;
#ifdef NETIF_F_LLTX
	dev->features |= NETIF_F_LLTX;
#else
	dev->lltx = true;
#endif
	dev->features |= NETIF_F_SG | NETIF_F_HIGHDMA | NETIF_F_HW_CSUM;
	dev->hw_features |= NETIF_F_SG | NETIF_F_HIGHDMA | NETIF_F_HW_CSUM;
	eth_hw_addr_random(dev);
}

static struct rtnl_link_ops bench_link_ops = {
	.kind		= "ftbench",
	.priv_size	= sizeof(struct bench_dev),
	.setup		= bench_setup,
};

static int bench_register(struct notifier_block *nb, unsigned long event,
			  void *ptr)
{
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);
	struct bench_dev *bd = netdev_priv(dev);

	/* Before it can be used; the namespace of a device may change */
	if (event == NETDEV_REGISTER && dev->rtnl_link_ops == &bench_link_ops)
		bd->bn = bench_net(dev_net(dev));
	return NOTIFY_DONE;
}

static struct notifier_block bench_notifier = {
	.notifier_call = bench_register,
};

/**
 * bench_device - the device by which a direction comes in
 * @bn: namespace
 * @dir: 0 original: "lan", 1 reply: "wan"
 *
 * Return: the device with a reference, or NULL. Context: process.
 */
struct net_device *bench_device(struct bench_net *bn, u8 dir)
{
	struct net_device *dev;

	dev = dev_get_by_name(bn->net, dir ? "wan" : "lan");
	if (dev && dev->rtnl_link_ops != &bench_link_ops) {
		dev_put(dev);
		dev = NULL;
	}
	return dev;
}

/**
 * bench_device_init - make the kind of device known
 *
 * Return: 0 or a negative error.
 */
int bench_device_init(void)
{
	int err;

	err = register_netdevice_notifier(&bench_notifier);
	if (err)
		return err;
	err = rtnl_link_register(&bench_link_ops);
	if (err)
		unregister_netdevice_notifier(&bench_notifier);
	return err;
}

/**
 * bench_device_exit - delete all devices of the kind, and the kind
 */
void bench_device_exit(void)
{
	rtnl_link_unregister(&bench_link_ops);
	unregister_netdevice_notifier(&bench_notifier);
}

MODULE_ALIAS_RTNL_LINK("ftbench");
