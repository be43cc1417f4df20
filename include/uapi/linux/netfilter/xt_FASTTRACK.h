/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The FASTTRACK target as iptables and the kernel exchange it. Owns the
 * layout only; what the target does is xt_FASTTRACK.c's.
 */
#ifndef _UAPI_LINUX_NETFILTER_XT_FASTTRACK_H
#define _UAPI_LINUX_NETFILTER_XT_FASTTRACK_H

#include <linux/types.h>

/**
 * struct xt_fasttrack_tginfo - revision 0 of the target
 * @flags: must be 0, room for options to come
 */
struct xt_fasttrack_tginfo {
	__u32 flags;
};

#endif /* _UAPI_LINUX_NETFILTER_XT_FASTTRACK_H */
