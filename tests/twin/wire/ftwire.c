// SPDX-License-Identifier: GPL-2.0
/*
 * Owns a network device whose wire is a file: what is written to /dev/ftwire
 * is received by the device, what the stack transmits is read from there. It
 * delivers as drivers do, in batches of a known size and not by timing, and
 * tells of each transmitted packet what no wire shows: mark and priority.
 *
 * Must not know what the frames mean. For tests only: anyone who can open the
 * file can make the kernel receive anything.
 *
 * More than 600 lines because it is one device and one file: both halves share
 * the queue and its lock, which a second source file would have to export.
 */
#include <linux/etherdevice.h>
#include <linux/fs.h>
#include <linux/hardirq.h>
#include <linux/interrupt.h>
#include <linux/ip.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/nsproxy.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include <net/net_namespace.h>
#include <net/rtnetlink.h>

#include "ftwire.h"

#define FTWIRE_BATCH	(16 << 20)	/* bytes of one write */
#define FTWIRE_HELD	512		/* buffers of one write */

/**
 * struct ftwire_file - an open file and the devices bound to it
 * @dev: by port; under RTNL, a device that goes takes itself off
 * @lock: @log; softirq
 * @log: records of transmitted frames
 * @spare: what the last read has copied
 * @used: bytes of @log
 * @lost: frames for which there was no room
 * @helds: used entries of @held
 * @held: buffers that must come back unchanged, and what was written; under
 *	RTNL
 */
struct ftwire_file {
	struct net_device	*dev[FTWIRE_PORTS];
	spinlock_t		lock;	/* log */
	u8			*log;
	u8			*spare;
	size_t			used;
	u32			lost;
	u32			helds;
	struct {
		struct sk_buff			*skb;
		const struct ftwire_frame	*rec;
	} held[FTWIRE_HELD];
};

/**
 * struct ftwire_dev - private part of a device
 * @file: where its frames go, RCU; written under RTNL
 * @port: its number there
 * @napi: for FTWIRE_GRO
 * @queue: what the next poll receives
 * @drained: the poll has received all
 */
struct ftwire_dev {
	struct ftwire_file __rcu	*file;
	u8				port;
	struct napi_struct		napi;
	struct sk_buff_head		queue;
	struct completion		drained;
};

/* ---- transmission --------------------------------------------------------- */

static void ftwire_log(struct ftwire_file *file, u8 port,
		       const struct sk_buff *skb, u8 flags)
{
	size_t size = ALIGN(sizeof(struct ftwire_frame) + skb->len,
			    FTWIRE_ALIGN);
	struct ftwire_frame *rec;

	spin_lock_bh(&file->lock);
	if (file->used + size > FTWIRE_LOG) {
		file->lost++;
		goto unlock;
	}
	rec = (struct ftwire_frame *)(file->log + file->used);
	memset(rec, 0, sizeof(*rec));
	rec->len = skb->len;
	rec->mark = skb->mark;
	rec->priority = skb->priority;
	rec->port = port;
	rec->flags = flags | (skb->tstamp ? FTWIRE_F_TSTAMP : 0);
	skb_copy_bits(skb, 0, rec + 1, skb->len);
	file->used += size;
unlock:
	spin_unlock_bh(&file->lock);
}

static netdev_tx_t ftwire_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct ftwire_dev *priv = netdev_priv(dev);
	struct ftwire_file *file;

	rcu_read_lock();
	file = rcu_dereference(priv->file);
	if (file)
		ftwire_log(file, priv->port, skb, 0);
	rcu_read_unlock();
	dev_consume_skb_any(skb);
	return NETDEV_TX_OK;
}

/* ---- reception ------------------------------------------------------------ */

static int ftwire_poll(struct napi_struct *napi, int budget)
{
	struct ftwire_dev *priv = container_of(napi, struct ftwire_dev, napi);
	struct sk_buff *skb;
	int done = 0;

	while (done < budget && (skb = __skb_dequeue(&priv->queue))) {
		napi_gro_receive(napi, skb);
		done++;
	}
	if (done < budget && napi_complete_done(napi, done))
		complete(&priv->drained);
	return done;
}

static int ftwire_fill_pages(struct sk_buff *skb, const u8 *data, size_t len)
{
	while (len) {
		size_t part = min_t(size_t, len, PAGE_SIZE);
		struct page *page;

		page = skb_shinfo(skb)->nr_frags < MAX_SKB_FRAGS ?
			alloc_page(GFP_KERNEL) : NULL;
		if (!page)
			return -ENOMEM;
		memcpy(page_address(page), data, part);
		skb_add_rx_frag(skb, skb_shinfo(skb)->nr_frags, page, 0, part,
				PAGE_SIZE);
		data += part;
		len -= part;
	}
	return 0;
}

static struct sk_buff *ftwire_build(struct net_device *dev,
				    const struct ftwire_frame *rec,
				    const u8 *data)
{
	size_t head = rec->len, room = NET_SKB_PAD + NET_IP_ALIGN;
	size_t least = ETH_HLEN;
	struct sk_buff *skb;

	/* The least that drivers see to: where the sum goes is linear */
	if (rec->csum == FTWIRE_CSUM_PARTIAL)
		least = rec->csum_start + rec->csum_offset + sizeof(__sum16);
	if (rec->shape == FTWIRE_PAGED || rec->len > SZ_8K)
		head = min_t(size_t, max_t(size_t, rec->head, least),
			     min_t(size_t, SZ_8K, rec->len));
	if (rec->shape == FTWIRE_TIGHT)
		room = 0;
	skb = alloc_skb(head + room, GFP_KERNEL);
	if (!skb)
		return NULL;
	skb_reserve(skb, room);
	skb_put_data(skb, data, head);
	if (ftwire_fill_pages(skb, data + head, rec->len - head)) {
		kfree_skb(skb);
		return NULL;
	}
	skb->dev = dev;
	skb->mark = rec->mark;
	skb->priority = rec->priority;
	if (rec->flags & FTWIRE_F_TSTAMP)
		__net_timestamp(skb);
	return skb;
}

/* As a driver for a virtual machine would: what the sender says, not verified */
static int ftwire_offload(struct sk_buff *skb, const struct ftwire_frame *rec)
{
	static const unsigned int types[FTWIRE_GSOS] = {
		[FTWIRE_GSO_TCP4]	= SKB_GSO_TCPV4,
		[FTWIRE_GSO_TCP6]	= SKB_GSO_TCPV6,
		[FTWIRE_GSO_UDP]	= SKB_GSO_UDP_L4,
	};
	struct skb_shared_info *shinfo = skb_shinfo(skb);

	switch (rec->csum) {
	case FTWIRE_CSUM_GOOD:
		skb->ip_summed = CHECKSUM_UNNECESSARY;
		break;
	case FTWIRE_CSUM_SUMMED:
		skb->csum = skb_checksum(skb, ETH_HLEN, skb->len - ETH_HLEN, 0);
		skb->ip_summed = CHECKSUM_COMPLETE;
		break;
	case FTWIRE_CSUM_PARTIAL:
		if (!skb_partial_csum_set(skb, rec->csum_start,
					  rec->csum_offset))
			return -EINVAL;
		break;
	}
	if (rec->gso == FTWIRE_GSO_NONE)
		return 0;
	shinfo->gso_size = rec->gso_size;
	shinfo->gso_type = types[rec->gso] | SKB_GSO_DODGY;
	if (rec->flags & FTWIRE_F_ECN)
		shinfo->gso_type |= SKB_GSO_TCP_ECN;
	return 0;
}

/* A clone or a reference that somebody else would have, kept until the frames
 * are delivered and then held against what was written. GRO assumes to own
 * what it merges, so its frames have no second owner.
 */
static int ftwire_hold(struct ftwire_file *file, struct sk_buff *skb,
		       const struct ftwire_frame *rec)
{
	struct sk_buff *held;

	if (file->helds == FTWIRE_HELD || rec->delivery == FTWIRE_GRO)
		return 0;
	if (rec->shape == FTWIRE_CLONED)
		held = skb_clone(skb, GFP_KERNEL);
	else if (rec->shape == FTWIRE_SHARED)
		held = skb_get(skb);
	else
		return 0;
	if (!held)
		return -ENOMEM;
	file->held[file->helds].skb = held;
	file->held[file->helds].rec = rec;
	file->helds++;
	return 0;
}

static bool ftwire_same(const struct sk_buff *skb,
			const struct ftwire_frame *rec)
{
	const u8 *data = (const u8 *)(rec + 1);
	size_t at = 0, part;
	u8 buf[256];

	/* The stack has moved the start of a shared one, not its bytes */
	if (rec->shape == FTWIRE_SHARED)
		return !memcmp(skb_mac_header(skb), data,
			       min_t(size_t, rec->len, skb_tail_pointer(skb) -
						       skb_mac_header(skb)));
	if (skb->len != rec->len)
		return false;
	for (; at < rec->len; at += part) {
		part = min(rec->len - at, sizeof(buf));
		if (skb_copy_bits(skb, at, buf, part) ||
		    memcmp(buf, data + at, part))
			return false;
	}
	return true;
}

static void ftwire_unhold(struct ftwire_file *file)
{
	const struct ftwire_frame *rec;
	struct sk_buff *skb;

	while (file->helds) {
		skb = file->held[--file->helds].skb;
		rec = file->held[file->helds].rec;
		if (!ftwire_same(skb, rec))
			ftwire_log(file, rec->port, skb, FTWIRE_F_HURT);
		kfree_skb(skb);
	}
}

static bool ftwire_pending(void)
{
	bool pending;

	preempt_disable();
	pending = local_softirq_pending() & BIT(NET_RX_SOFTIRQ);
	preempt_enable();
	return pending;
}

/* What a device has handed to another one, by netif_rx(), may wait for
 * ksoftirqd: let that go on. The writer stays on its processor.
 */
static void ftwire_drain(void)
{
	while (ftwire_pending())
		schedule_timeout_uninterruptible(1);
}

/* Deliver what has gathered as one group */
static void ftwire_deliver(struct net_device *dev, u8 delivery,
			   struct sk_buff_head *group)
{
	struct ftwire_dev *priv = netdev_priv(dev);
	struct sk_buff *skb;
	LIST_HEAD(list);

	switch (delivery) {
	case FTWIRE_GRO:
		reinit_completion(&priv->drained);
		local_bh_disable();
		skb_queue_splice_tail_init(group, &priv->queue);
		napi_schedule(&priv->napi);
		local_bh_enable();
		wait_for_completion(&priv->drained);
		return;
	case FTWIRE_LIST:
		while ((skb = __skb_dequeue(group))) {
			skb->protocol = eth_type_trans(skb, dev);
			list_add_tail(&skb->list, &list);
		}
		local_bh_disable();
		netif_receive_skb_list(&list);
		local_bh_enable();
		return;
	}
	while ((skb = __skb_dequeue(group))) {
		skb->protocol = eth_type_trans(skb, dev);
		local_bh_disable();
		netif_receive_skb(skb);
		local_bh_enable();
	}
}

static void ftwire_finish(struct net_device *dev, u8 delivery,
			  struct sk_buff_head *group)
{
	ftwire_deliver(dev, delivery, group);
	ftwire_drain();
}

static int ftwire_gather(struct ftwire_file *file, struct net_device *dev,
			 const struct ftwire_frame *rec,
			 struct sk_buff_head *group)
{
	struct sk_buff *skb;
	int err;

	skb = ftwire_build(dev, rec, (const u8 *)(rec + 1));
	if (!skb)
		return -ENOMEM;
	err = ftwire_offload(skb, rec);
	if (!err)
		err = ftwire_hold(file, skb, rec);
	if (err) {
		kfree_skb(skb);
		return err;
	}
	if (rec->delivery == FTWIRE_GRO)
		skb->protocol = eth_type_trans(skb, dev);
	__skb_queue_tail(group, skb);
	return 0;
}

static bool ftwire_valid(const struct ftwire_frame *rec, size_t left)
{
	return left >= sizeof(*rec) && rec->len >= ETH_HLEN &&
	       rec->len <= FTWIRE_MAX && rec->len <= left - sizeof(*rec) &&
	       rec->port < FTWIRE_PORTS && rec->delivery < FTWIRE_DELIVERIES &&
	       rec->shape < FTWIRE_SHAPES && rec->csum < FTWIRE_CSUMS &&
	       rec->gso < FTWIRE_GSOS;
}

static bool ftwire_together(const struct ftwire_frame *a,
			    const struct ftwire_frame *b)
{
	return a && a->port == b->port && a->delivery == b->delivery &&
	       a->group == b->group && a->delivery != FTWIRE_SINGLE;
}

static int ftwire_receive(struct ftwire_file *file, const u8 *batch,
			  size_t size)
{
	const struct ftwire_frame *rec, *last = NULL;
	struct net_device *dev = NULL;
	struct sk_buff_head group;
	size_t at;
	int err = 0;

	__skb_queue_head_init(&group);
	for (at = 0; at < size && !err;
	     at += ALIGN(sizeof(*rec) + rec->len, FTWIRE_ALIGN)) {
		rec = (const struct ftwire_frame *)(batch + at);
		if (!ftwire_valid(rec, size - at)) {
			err = -EINVAL;
			break;
		}
		if (!ftwire_together(last, rec) && last && dev)
			ftwire_finish(dev, last->delivery, &group);
		last = rec;
		dev = file->dev[rec->port];
		/* A wire that ends at a device that is down takes all */
		if (dev && !netif_running(dev))
			dev = NULL;
		if (dev)
			err = ftwire_gather(file, dev, rec, &group);
	}
	if (last && dev)
		ftwire_finish(dev, last->delivery, &group);
	__skb_queue_purge(&group);
	return err;
}

/* ---- the file ------------------------------------------------------------- */

static ssize_t ftwire_write(struct file *filp, const char __user *data,
			    size_t size, loff_t *pos)
{
	struct ftwire_file *file = filp->private_data;
	void *batch;
	int err;

	if (size > FTWIRE_BATCH)
		return -EMSGSIZE;
	batch = vmemdup_user(data, size);
	if (IS_ERR(batch))
		return PTR_ERR(batch);
	/* No device comes, goes, or changes while frames arrive */
	rtnl_lock();
	err = ftwire_receive(file, batch, size);
	ftwire_unhold(file);
	rtnl_unlock();
	kvfree(batch);
	return err ?: size;
}

/* All there is. Two readers at once would see each other's frames. */
static ssize_t ftwire_read(struct file *filp, char __user *data, size_t size,
			   loff_t *pos)
{
	struct ftwire_file *file = filp->private_data;
	ssize_t used;

	if (size < FTWIRE_LOG)
		return -EINVAL;
	spin_lock_bh(&file->lock);
	used = file->lost ? -ENOBUFS : file->used;
	file->used = 0;
	file->lost = 0;
	swap(file->log, file->spare);
	spin_unlock_bh(&file->lock);
	if (used > 0 && copy_to_user(data, file->spare, used))
		used = -EFAULT;
	return used;
}

static const struct net_device_ops ftwire_netdev_ops;

static long ftwire_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	struct ftwire_file *file = filp->private_data;
	struct ftwire_bind bind;
	struct ftwire_dev *priv;
	struct net_device *dev;
	long err = -ENODEV;

	if (cmd != FTWIRE_BIND)
		return -ENOTTY;
	if (copy_from_user(&bind, (void __user *)arg, sizeof(bind)))
		return -EFAULT;
	if (bind.port >= FTWIRE_PORTS)
		return -EINVAL;
	rtnl_lock();
	dev = __dev_get_by_index(current->nsproxy->net_ns, bind.ifindex);
	if (!dev || dev->netdev_ops != &ftwire_netdev_ops)
		goto unlock;
	priv = netdev_priv(dev);
	err = -EBUSY;
	if (file->dev[bind.port] || rtnl_dereference(priv->file))
		goto unlock;
	priv->port = bind.port;
	file->dev[bind.port] = dev;
	rcu_assign_pointer(priv->file, file);
	err = 0;
unlock:
	rtnl_unlock();
	return err;
}

static int ftwire_open(struct inode *inode, struct file *filp)
{
	struct ftwire_file *file = vzalloc(sizeof(*file));

	if (!file)
		return -ENOMEM;
	file->log = vmalloc(FTWIRE_LOG);
	file->spare = vmalloc(FTWIRE_LOG);
	if (!file->log || !file->spare) {
		vfree(file->spare);
		vfree(file->log);
		vfree(file);
		return -ENOMEM;
	}
	spin_lock_init(&file->lock);
	filp->private_data = file;
	return 0;
}

static void ftwire_unbind(struct net_device *dev)
{
	struct ftwire_dev *priv = netdev_priv(dev);
	struct ftwire_file *file = rtnl_dereference(priv->file);

	ASSERT_RTNL();
	if (!file)
		return;
	file->dev[priv->port] = NULL;
	RCU_INIT_POINTER(priv->file, NULL);
}

static int ftwire_release(struct inode *inode, struct file *filp)
{
	struct ftwire_file *file = filp->private_data;
	unsigned int i;

	rtnl_lock();
	for (i = 0; i < FTWIRE_PORTS; i++)
		if (file->dev[i])
			ftwire_unbind(file->dev[i]);
	rtnl_unlock();
	/* Transmissions that still see the file */
	synchronize_net();
	vfree(file->spare);
	vfree(file->log);
	vfree(file);
	return 0;
}

static const struct file_operations ftwire_fops = {
	.owner		= THIS_MODULE,
	.open		= ftwire_open,
	.release	= ftwire_release,
	.read		= ftwire_read,
	.write		= ftwire_write,
	.unlocked_ioctl	= ftwire_ioctl,
};

static struct miscdevice ftwire_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "ftwire",
	.fops	= &ftwire_fops,
};

/* ---- the device ----------------------------------------------------------- */

static int ftwire_up(struct net_device *dev)
{
	struct ftwire_dev *priv = netdev_priv(dev);

	napi_enable(&priv->napi);
	return 0;
}

static int ftwire_down(struct net_device *dev)
{
	struct ftwire_dev *priv = netdev_priv(dev);

	napi_disable(&priv->napi);
	return 0;
}

/* The file may outlive the device and the namespace */
static void ftwire_uninit(struct net_device *dev)
{
	ftwire_unbind(dev);
}

static const struct net_device_ops ftwire_netdev_ops = {
	.ndo_uninit		= ftwire_uninit,
	.ndo_open		= ftwire_up,
	.ndo_stop		= ftwire_down,
	.ndo_start_xmit		= ftwire_xmit,
	.ndo_set_mac_address	= eth_mac_addr,
	.ndo_validate_addr	= eth_validate_addr,
};

/* No offloads: what the file sees has been segmented and summed */
static void ftwire_setup(struct net_device *dev)
{
	struct ftwire_dev *priv = netdev_priv(dev);

	ether_setup(dev);
	dev->netdev_ops = &ftwire_netdev_ops;
	dev->needs_free_netdev = true;
	dev->priv_flags |= IFF_NO_QUEUE | IFF_LIVE_ADDR_CHANGE;
	dev->max_mtu = 0;
	eth_hw_addr_random(dev);
	__skb_queue_head_init(&priv->queue);
	init_completion(&priv->drained);
	netif_napi_add(dev, &priv->napi, ftwire_poll);
}

static struct rtnl_link_ops ftwire_link_ops = {
	.kind		= "ftwire",
	.priv_size	= sizeof(struct ftwire_dev),
	.setup		= ftwire_setup,
};

static int __init ftwire_init(void)
{
	int err;

	err = rtnl_link_register(&ftwire_link_ops);
	if (err)
		return err;
	err = misc_register(&ftwire_misc);
	if (err)
		rtnl_link_unregister(&ftwire_link_ops);
	return err;
}

static void __exit ftwire_exit(void)
{
	misc_deregister(&ftwire_misc);
	rtnl_link_unregister(&ftwire_link_ops);
}

module_init(ftwire_init);
module_exit(ftwire_exit);
MODULE_DESCRIPTION("Network device whose wire is a file, for tests");
MODULE_ALIAS_RTNL_LINK("ftwire");
MODULE_LICENSE("GPL");
