/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What nf_fasttrack offers to its targets. Owns the boundary: a target says
 * which packets a rule matched, the engine decides everything else.
 */
#ifndef _NET_NF_FASTTRACK_H
#define _NET_NF_FASTTRACK_H

#include <linux/types.h>

struct net;
struct sk_buff;

int nf_fasttrack_get(struct net *net, u8 family);
void nf_fasttrack_put(struct net *net, u8 family);
void nf_fasttrack_offer(struct net *net, u8 family, const struct sk_buff *skb);

#endif /* _NET_NF_FASTTRACK_H */
