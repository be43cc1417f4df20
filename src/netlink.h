/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the netlink family share: the family, and the writing of
 * a connection's attributes.
 */
#ifndef _FASTTRACK_NETLINK_H
#define _FASTTRACK_NETLINK_H

#include <net/genetlink.h>

#include "fasttrack.h"

/* netlink.c */
extern struct genl_family fasttrack_nl_family;
struct sk_buff *ft_reply_new(struct genl_info *info, void **hdr);
int ft_reply_send(struct genl_info *info, struct sk_buff *msg, void *hdr,
		  int err);
u32 ft_buckets(struct fasttrack_net *fn);

static inline struct fasttrack_net *ft_info_net(struct genl_info *info)
{
	return ft_net(genl_info_net(info));
}

/* netlink_put.c */
int ft_put_entry(struct sk_buff *msg, const struct nf_conn *ct);
int ft_put_flow(struct sk_buff *msg, struct fasttrack_flow *flow,
		enum fasttrack_reason reason);
int ft_put_direction(struct sk_buff *msg, struct fasttrack_flow *flow,
		     const struct nf_conn *ct, unsigned int dir, bool totals);

#endif /* _FASTTRACK_NETLINK_H */
