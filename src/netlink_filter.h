/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The filter of a request, and prototypes of netlink_filter.c.
 */
#ifndef _FASTTRACK_NETLINK_FILTER_H
#define _FASTTRACK_NETLINK_FILTER_H

#include <net/netlink.h>

#include "fasttrack.h"

/**
 * struct ft_prefix - addresses that begin alike
 * @family: NFPROTO_IPV4 or NFPROTO_IPV6, 0 if nothing is asked
 * @length: bits that count
 * @addr: address; what does not count need not be zero
 */
struct ft_prefix {
	u8			family;
	u8			length;
	union nf_inet_addr	addr;
};

/**
 * struct ft_filter - what a connection has to be like
 * @family: NFPROTO_IPV4 or NFPROTO_IPV6, 0 for both
 * @proto: IPPROTO_TCP or IPPROTO_UDP, 0 for both
 * @armed: 0 or 1, less than 0 for either
 * @mark: connection mark under @mask
 * @mask: bits of it that count, 0 if none is asked for
 * @src: source of the original direction
 * @dst: its destination
 */
struct ft_filter {
	u8			family;
	u8			proto;
	s8			armed;
	u32			mark;
	u32			mask;
	struct ft_prefix	src;
	struct ft_prefix	dst;
};

int ft_filter_parse(struct ft_filter *f, struct nlattr **attrs,
		    struct netlink_ext_ack *extack);
int ft_filter_proto(u8 *proto, const struct nlattr *attr,
		    struct netlink_ext_ack *extack);
bool ft_filter_match(const struct ft_filter *f, struct fasttrack_flow *flow);

#endif /* _FASTTRACK_NETLINK_FILTER_H */
