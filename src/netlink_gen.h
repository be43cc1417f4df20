/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/fasttrack.yaml */
/* YNL-GEN kernel header */

#ifndef _LINUX_FASTTRACK_GEN_H
#define _LINUX_FASTTRACK_GEN_H

#include <net/netlink.h>
#include <net/genetlink.h>

#include <uapi/linux/fasttrack.h>

/* Common nested types */
extern const struct nla_policy fasttrack_prefix_nl_policy[FASTTRACK_A_PREFIX_LENGTH + 1];
extern const struct nla_policy fasttrack_tuple_nl_policy[FASTTRACK_A_TUPLE_DST_PORT + 1];

/* Ops table for fasttrack */
extern const struct genl_split_ops fasttrack_nl_ops[8];

int fasttrack_nl_status_get_doit(struct sk_buff *skb, struct genl_info *info);
int fasttrack_nl_reason_get_dumpit(struct sk_buff *skb,
				   struct netlink_callback *cb);
int fasttrack_nl_setting_get_doit(struct sk_buff *skb, struct genl_info *info);
int fasttrack_nl_setting_set_doit(struct sk_buff *skb, struct genl_info *info);
int fasttrack_nl_connection_get_dumpit(struct sk_buff *skb,
				       struct netlink_callback *cb);
int fasttrack_nl_flush_doit(struct sk_buff *skb, struct genl_info *info);
int fasttrack_nl_connection_find_doit(struct sk_buff *skb,
				      struct genl_info *info);
int fasttrack_nl_connection_release_doit(struct sk_buff *skb,
					 struct genl_info *info);

enum {
	FASTTRACK_NLGRP_CONNECTIONS,
};

#endif /* _LINUX_FASTTRACK_GEN_H */
