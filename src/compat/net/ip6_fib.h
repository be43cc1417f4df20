/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns: whether routing rules of IPv6 can ask for the flow label, which they
 * can since 6.14.
 */
#ifndef _FASTTRACK_COMPAT_NET_IP6_FIB_H
#define _FASTTRACK_COMPAT_NET_IP6_FIB_H

#include_next <net/ip6_fib.h>
#include <linux/version.h>

#define FT_RULES_ASK_LABEL \
	(LINUX_VERSION_CODE >= KERNEL_VERSION(6, 14, 0))

#endif /* _FASTTRACK_COMPAT_NET_IP6_FIB_H */
