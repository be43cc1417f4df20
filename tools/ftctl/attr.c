// SPDX-License-Identifier: GPL-2.0
/* Owns the check of every netlink attribute before anything reads it. Must
 * not know any family, and prints nothing.
 */
#include <errno.h>
#include <string.h>

#include "attr.h"

/* With a length, libmnl wants exactly that one. */
static int check_length(const struct nlattr *attr, size_t want)
{
	if (mnl_attr_validate2(attr, MNL_TYPE_BINARY, want) < 0)
		return -EBADMSG;
	return 0;
}

static int check(const struct nlattr *attr, enum attr_kind kind)
{
	enum mnl_attr_data_type type = MNL_TYPE_NESTED;

	switch (kind) {
	case ATTR_SKIP:
		return 0;
	case ATTR_U8:
		return check_length(attr, sizeof(u8));
	case ATTR_U16:
		return check_length(attr, sizeof(u16));
	case ATTR_U32:
		return check_length(attr, sizeof(u32));
	case ATTR_U64:
		return check_length(attr, sizeof(u64));
	case ATTR_IN6:
		return check_length(attr, 16);
	case ATTR_STRING:
		type = MNL_TYPE_NUL_STRING;
		break;
	case ATTR_NEST:
		break;
	}
	return mnl_attr_validate(attr, type) < 0 ? -EBADMSG : 0;
}

/**
 * attr_parse() - Check attributes and sort them by type.
 * @payload: First attribute.
 * @len: Bytes from there to the end.
 * @kinds: Wanted kind of each type up to @max, enum attr_kind.
 * @max: Highest type of interest; higher ones come from a newer kernel and
 *	are passed over.
 * @tb: Filled with @max + 1 pointers, NULL where the type is absent.
 *
 * Return: 0, or -EBADMSG when an attribute has a wrong length or is cut off.
 */
int attr_parse(const void *payload, size_t len, const u8 *kinds,
	       unsigned int max, const struct nlattr **tb)
{
	const struct nlattr *attr = payload;
	int left = len;

	memset(tb, 0, (max + 1) * sizeof(*tb));
	while (mnl_attr_ok(attr, left)) {
		unsigned int type = mnl_attr_get_type(attr);

		if (type <= max && kinds[type] != ATTR_SKIP) {
			if (check(attr, kinds[type]))
				return -EBADMSG;
			tb[type] = attr;
		}
		left -= MNL_ALIGN(attr->nla_len);
		attr = mnl_attr_next(attr);
	}
	/* The last attribute need not be padded, so left may be negative. */
	return left > 0 ? -EBADMSG : 0;
}

/**
 * attr_parse_nlmsg() - attr_parse() of a whole message.
 * @nlh: Message.
 * @header: Bytes of the family's own header.
 * @kinds: As for attr_parse().
 * @max: As for attr_parse().
 * @tb: As for attr_parse().
 *
 * Return: 0 or -EBADMSG.
 */
int attr_parse_nlmsg(const struct nlmsghdr *nlh, size_t header,
		     const u8 *kinds, unsigned int max,
		     const struct nlattr **tb)
{
	size_t len = mnl_nlmsg_get_payload_len(nlh);

	if (len < header)
		return -EBADMSG;
	return attr_parse(mnl_nlmsg_get_payload_offset(nlh, header),
			  len - header, kinds, max, tb);
}

/**
 * attr_parse_nest() - attr_parse() of what is inside of an attribute.
 * @nest: Attribute, checked as ATTR_NEST.
 * @kinds: As for attr_parse().
 * @max: As for attr_parse().
 * @tb: As for attr_parse().
 *
 * Return: 0 or -EBADMSG.
 */
int attr_parse_nest(const struct nlattr *nest, const u8 *kinds,
		    unsigned int max, const struct nlattr **tb)
{
	return attr_parse(mnl_attr_get_payload(nest),
			  mnl_attr_get_payload_len(nest), kinds, max, tb);
}
