/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns: which SNMP octet counters ip_forward_finish() keeps. It added the
 * length to OutOctets, where ip_output() adds it again, until 6.4.
 */
#ifndef _FASTTRACK_COMPAT_NET_IP_H
#define _FASTTRACK_COMPAT_NET_IP_H

#include_next <net/ip.h>
#include <linux/version.h>

#define FT_FORWARD_COUNTS_OCTETS \
	(LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0))

#endif /* _FASTTRACK_COMPAT_NET_IP_H */
