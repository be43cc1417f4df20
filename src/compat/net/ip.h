/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns: where forwarded octets are counted. Until 6.4 ip_forward_finish() and
 * ip6_forward_finish() add them to OutOctets. ip_output() then counts packet
 * and octets again, ip6_finish_output2() does so only since 6.4.
 */
#ifndef _FASTTRACK_COMPAT_NET_IP_H
#define _FASTTRACK_COMPAT_NET_IP_H

#include_next <net/ip.h>
#include <linux/version.h>

#define FT_FORWARD_COUNTS_OCTETS \
	(LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0))

#endif /* _FASTTRACK_COMPAT_NET_IP_H */
