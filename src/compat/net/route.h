/* SPDX-License-Identifier: GPL-2.0 */
/* Owns: dst_rtable(), which came with 6.10. May go with the last kernel below. */
#ifndef _FASTTRACK_COMPAT_NET_ROUTE_H
#define _FASTTRACK_COMPAT_NET_ROUTE_H

#include_next <net/route.h>

#ifndef dst_rtable
#define dst_rtable(_ptr) container_of_const(_ptr, struct rtable, dst)
#endif

#endif /* _FASTTRACK_COMPAT_NET_ROUTE_H */
