/* SPDX-License-Identifier: GPL-2.0 */
/* Owns the prototypes of attr.c: checked netlink attributes. */
#ifndef FTCTL_ATTR_H
#define FTCTL_ATTR_H

#include <libmnl/libmnl.h>

#include "ftctl.h"

/**
 * enum attr_kind - What the payload of an attribute has to look like.
 * @ATTR_SKIP: Not read.
 * @ATTR_U8: Exactly one byte.
 * @ATTR_U16: Exactly two.
 * @ATTR_U32: Exactly four.
 * @ATTR_U64: Exactly eight.
 * @ATTR_IN6: Exactly sixteen.
 * @ATTR_STRING: Ends with a NUL.
 * @ATTR_NEST: Empty, or at least one attribute header.
 */
enum attr_kind {
	ATTR_SKIP,
	ATTR_U8,
	ATTR_U16,
	ATTR_U32,
	ATTR_U64,
	ATTR_IN6,
	ATTR_STRING,
	ATTR_NEST,
};

int attr_parse(const void *payload, size_t len, const u8 *kinds,
	       unsigned int max, const struct nlattr **tb);
int attr_parse_nlmsg(const struct nlmsghdr *nlh, size_t header,
		     const u8 *kinds, unsigned int max,
		     const struct nlattr **tb);
int attr_parse_nest(const struct nlattr *nest, const u8 *kinds,
		    unsigned int max, const struct nlattr **tb);

#endif /* FTCTL_ATTR_H */
