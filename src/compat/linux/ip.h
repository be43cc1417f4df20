/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns: iph_totlen(), which came with 6.3 and packets larger than their own
 * length field can say.
 */
#ifndef _FASTTRACK_COMPAT_LINUX_IP_H
#define _FASTTRACK_COMPAT_LINUX_IP_H

#include_next <linux/ip.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
#define iph_totlen(skb, iph)	((unsigned int)ntohs((iph)->tot_len))
#endif

#endif /* _FASTTRACK_COMPAT_LINUX_IP_H */
