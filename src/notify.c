// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the news: a connection became fast, was released, has closed. They go
 * to the listeners of the multicast group and to the tracepoints. Knows
 * nothing of why.
 *
 * With nobody to hear them they cost a test of a bit for the group and a static
 * branch for the tracepoint, and no lock.
 */
#include <linux/inet.h>
#include <net/genetlink.h>

#include "fasttrack.h"
#include "netlink.h"
#include "netlink_gen.h"
#include "notify.h"

static void ft_trace_address(void *to, u8 nfproto,
			     const union nf_inet_addr *addr, __be16 port)
{
	struct sockaddr_in6 *sin6 = to;
	struct sockaddr_in *sin = to;

	/* The ring has what was there before */
	memset(to, 0, sizeof(*sin6));
	if (nfproto == NFPROTO_IPV6) {
		sin6->sin6_family = AF_INET6;
		sin6->sin6_port = port;
		sin6->sin6_addr = addr->in6;
	} else {
		sin->sin_family = AF_INET;
		sin->sin_port = port;
		sin->sin_addr = addr->in;
	}
}

#define CREATE_TRACE_POINTS
#include "trace.h"

/* Enough for both directions of IPv6 with all there is to tell; what does not
 * fit is noticed. A smaller message leaves room for more in the listener's
 * queue.
 */
#define FT_NOTIFY_SIZE	768

/* The family is registered: its groups have numbers. Callbacks of flows run
 * until after the module has given it up, see ft_notify_stop().
 */
static bool ft_notify_up __read_mostly;

/**
 * ft_notify_start - the family is registered
 *
 * Context: module init.
 */
void ft_notify_start(void)
{
	WRITE_ONCE(ft_notify_up, true);
}

/**
 * ft_notify_stop - the family is about to go
 *
 * When this returns nobody uses the numbers of its groups any more, which
 * another family may get.
 *
 * Context: module exit, may sleep.
 */
void ft_notify_stop(void)
{
	WRITE_ONCE(ft_notify_up, false);
	synchronize_rcu();
}

static bool ft_traced(u8 cmd)
{
	switch (cmd) {
	case FASTTRACK_CMD_CONNECTION_FAST_NTF:
		return trace_fasttrack_fast_enabled();
	case FASTTRACK_CMD_CONNECTION_RELEASED_NTF:
		return trace_fasttrack_released_enabled();
	default:
		return trace_fasttrack_closed_enabled();
	}
}

static void ft_trace(struct fasttrack_flow *flow, u8 cmd,
		     enum fasttrack_reason reason)
{
	u64 packets[IP_CT_DIR_MAX], bytes[IP_CT_DIR_MAX];
	unsigned int dir;

	spin_lock_bh(&flow->lock);
	for (dir = 0; dir < IP_CT_DIR_MAX; dir++) {
		packets[dir] = ft_dir_packets(flow, dir);
		bytes[dir] = ft_dir_bytes(flow, dir);
	}
	spin_unlock_bh(&flow->lock);
	if (cmd == FASTTRACK_CMD_CONNECTION_FAST_NTF)
		trace_fasttrack_fast(flow, reason, packets, bytes);
	else if (cmd == FASTTRACK_CMD_CONNECTION_RELEASED_NTF)
		trace_fasttrack_released(flow, reason, packets, bytes);
	else
		trace_fasttrack_closed(flow, reason, packets, bytes);
}

/* NULL without memory. The lock only while the counters are read. */
static struct sk_buff *ft_notify_msg(struct fasttrack_flow *flow, u8 cmd,
				     enum fasttrack_reason reason)
{
	struct sk_buff *msg = genlmsg_new(FT_NOTIFY_SIZE, GFP_ATOMIC);
	void *hdr;
	int err;

	if (!msg)
		return NULL;
	hdr = genlmsg_put(msg, 0, 0, &fasttrack_nl_family, 0, cmd);
	if (!hdr)
		goto free_msg;
	spin_lock_bh(&flow->lock);
	err = ft_put_flow(msg, flow, reason) ||
	      nla_put_u32(msg, FASTTRACK_A_CONNECTION_STATUS,
			  READ_ONCE(flow->ct->status)) ||
	      ft_put_direction(msg, flow, flow->ct, IP_CT_DIR_ORIGINAL, true) ||
	      ft_put_direction(msg, flow, flow->ct, IP_CT_DIR_REPLY, true);
	spin_unlock_bh(&flow->lock);
	if (WARN_ON_ONCE(err))
		goto free_msg;
	genlmsg_end(msg, hdr);
	return msg;

free_msg:
	nlmsg_free(msg);
	return NULL;
}

static void ft_multicast(struct fasttrack_flow *flow, u8 cmd,
			 enum fasttrack_reason reason)
{
	struct net *net = nf_ct_net(flow->ct);
	struct sk_buff *msg;

	msg = ft_notify_msg(flow, cmd, reason);
	if (msg)
		genlmsg_multicast_netns(&fasttrack_nl_family, net, msg, 0,
					FASTTRACK_NLGRP_CONNECTIONS,
					GFP_ATOMIC);
	else
		/* Listeners shall know that they have missed something */
		genl_set_err(&fasttrack_nl_family, net, 0,
			     FASTTRACK_NLGRP_CONNECTIONS, -ENOBUFS);
}

/**
 * ft_notify - tell whoever listens
 * @flow: flow; nothing of it may be freed yet
 * @cmd: FASTTRACK_CMD_CONNECTION_*_NTF
 * @reason: why
 *
 * Context: any but with flow->lock held.
 */
void ft_notify(struct fasttrack_flow *flow, u8 cmd,
	       enum fasttrack_reason reason)
{
	if (ft_traced(cmd))
		ft_trace(flow, cmd, reason);
	rcu_read_lock();
	if (READ_ONCE(ft_notify_up) &&
	    genl_has_listeners(&fasttrack_nl_family, nf_ct_net(flow->ct),
			       FASTTRACK_NLGRP_CONNECTIONS))
		ft_multicast(flow, cmd, reason);
	rcu_read_unlock();
}
