/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns: __uninitialized, which only later releases of 6.1 have. It is for what
 * is filled in anyway, where the kernel clears stacks ahead of use.
 */
#ifndef _FASTTRACK_COMPAT_LINUX_COMPILER_H
#define _FASTTRACK_COMPAT_LINUX_COMPILER_H

#include_next <linux/compiler.h>

#ifndef __uninitialized
#define __uninitialized
#endif

#endif /* _FASTTRACK_COMPAT_LINUX_COMPILER_H */
