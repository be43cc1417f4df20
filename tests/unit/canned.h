/* SPDX-License-Identifier: GPL-2.0 */
/* Owns netlink messages for the tests of decoders: a buffer to build one in,
 * and the same cut short or damaged in a buffer of exactly its size, so that
 * the address sanitizer sees any read behind it.
 */
#ifndef UNIT_CANNED_H
#define UNIT_CANNED_H

#include <stdlib.h>
#include <string.h>
#include <libmnl/libmnl.h>

#define CANNED_SIZE	4096

static char canned_buffer[CANNED_SIZE] __attribute((aligned(8)));

static inline struct nlmsghdr *canned_begin(size_t header)
{
	struct nlmsghdr *nlh;

	memset(canned_buffer, 0, sizeof(canned_buffer));
	nlh = mnl_nlmsg_put_header(canned_buffer);
	mnl_nlmsg_put_extra_header(nlh, header);
	return nlh;
}

/* What decodes a message; returns 0 or a negative errno. */
typedef int (*canned_decode)(const struct nlmsghdr *nlh);

static inline int canned_try(const struct nlmsghdr *nlh, size_t len,
			     canned_decode decode)
{
	struct nlmsghdr *copy = malloc(len);
	int ret;

	memcpy(copy, nlh, len);
	copy->nlmsg_len = len;
	ret = decode(copy);
	free(copy);
	return ret;
}

/* Cut everywhere: no cut may be read behind, and only a cut between two
 * attributes may be taken for whole. Returns how many were.
 */
static inline int canned_cut(const struct nlmsghdr *nlh, canned_decode decode)
{
	size_t len;
	int whole = 0;

	for (len = NLMSG_HDRLEN; len < nlh->nlmsg_len; len++)
		whole += !canned_try(nlh, len, decode);
	return whole;
}

/* Every byte of the payload damaged in several ways; only the sanitizers
 * judge.
 */
static inline void canned_damage(const struct nlmsghdr *nlh,
				 canned_decode decode)
{
	static const unsigned char masks[] = { 0x01, 0x04, 0x80, 0xff };
	unsigned char *byte = (unsigned char *)nlh;
	size_t at, i;

	for (at = NLMSG_HDRLEN; at < nlh->nlmsg_len; at++) {
		for (i = 0; i < sizeof(masks); i++) {
			byte[at] ^= masks[i];
			canned_try(nlh, nlh->nlmsg_len, decode);
			byte[at] ^= masks[i];
		}
	}
}

#endif /* UNIT_CANNED_H */
