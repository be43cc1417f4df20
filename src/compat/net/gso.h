/* SPDX-License-Identifier: GPL-2.0 */
/* Owns: the place of the GSO helpers, linux/skbuff.h before 6.5. */
#ifndef _FASTTRACK_COMPAT_NET_GSO_H
#define _FASTTRACK_COMPAT_NET_GSO_H

#include <linux/skbuff.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
#include_next <net/gso.h>
#endif

#endif /* _FASTTRACK_COMPAT_NET_GSO_H */
