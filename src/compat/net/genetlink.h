/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns: split operations on kernels that lack them (before 6.2), where no
 * command of ours has both a do and a dump, so the full table serves as well;
 * and genl_info_dump(), which came with 6.7.
 */
#ifndef _FASTTRACK_COMPAT_NET_GENETLINK_H
#define _FASTTRACK_COMPAT_NET_GENETLINK_H

#include_next <net/genetlink.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define genl_split_ops	genl_ops
#define split_ops	ops
#define n_split_ops	n_ops
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
#define genl_info_dump(cb)	genl_dumpit_info(cb)
#endif

#endif /* _FASTTRACK_COMPAT_NET_GENETLINK_H */
