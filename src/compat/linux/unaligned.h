/* SPDX-License-Identifier: GPL-2.0 */
/* Owns: the place of the unaligned accessors, asm/ before 6.12. */
#ifndef _FASTTRACK_COMPAT_LINUX_UNALIGNED_H
#define _FASTTRACK_COMPAT_LINUX_UNALIGNED_H

#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
#include <asm/unaligned.h>
#else
#include_next <linux/unaligned.h>
#endif

#endif /* _FASTTRACK_COMPAT_LINUX_UNALIGNED_H */
