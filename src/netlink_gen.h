/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/fasttrack.yaml */
/* YNL-GEN kernel header */

#ifndef _LINUX_FASTTRACK_GEN_H
#define _LINUX_FASTTRACK_GEN_H

#include <net/netlink.h>
#include <net/genetlink.h>

#include <uapi/linux/fasttrack.h>

/* Ops table for fasttrack */
extern const struct genl_split_ops fasttrack_nl_ops[6];

int fasttrack_nl_status_get_doit(struct sk_buff *skb, struct genl_info *info);
int fasttrack_nl_reason_get_dumpit(struct sk_buff *skb,
				   struct netlink_callback *cb);
int fasttrack_nl_setting_get_doit(struct sk_buff *skb, struct genl_info *info);
int fasttrack_nl_setting_set_doit(struct sk_buff *skb, struct genl_info *info);
int fasttrack_nl_connection_get_dumpit(struct sk_buff *skb,
				       struct netlink_callback *cb);
int fasttrack_nl_flush_doit(struct sk_buff *skb, struct genl_info *info);

#endif /* _LINUX_FASTTRACK_GEN_H */
