/* SPDX-License-Identifier: GPL-2.0 */
/* Owns the filter of connections: the words that people type and what they
 * ask for. Prototypes of filter.c (words to filter) and filter_match.c (does
 * a connection match).
 *
 *	struct filter filter;
 *	char error[FILTER_ERROR_SIZE];
 *
 *	filter_init(&filter);
 *	while (words)
 *		ret = filter_word(&filter, word, error);
 *	ret = filter_end(&filter, family, error);
 *	filter_resolve(&filter, if_nametoindex, error);
 *	...
 *	if (filter_match(&filter, ct, ft, rate))
 */
#ifndef FTCTL_FILTER_H
#define FTCTL_FILTER_H

#include "ctnetlink.h"

/* Room for any complaint that filter.c makes, and for a device's name. */
#define FILTER_ERROR_SIZE	160
#define FILTER_DEVICE_SIZE	16

/**
 * enum filter_term - What a filter can ask for; bits of its @given.
 * @FILTER_FAMILY: Address family.
 * @FILTER_PROTOCOL: IP protocol.
 * @FILTER_SRC_ADDRESS: Source of the original direction.
 * @FILTER_DST_ADDRESS: Destination of the original direction.
 * @FILTER_REPLY_SRC_ADDRESS: Source of the reply.
 * @FILTER_REPLY_DST_ADDRESS: Destination of the reply.
 * @FILTER_ADDRESS: Any of the four.
 * @FILTER_SRC_PORT: Source port of the original direction.
 * @FILTER_DST_PORT: Destination port of the original direction.
 * @FILTER_REPLY_SRC_PORT: Source port of the reply.
 * @FILTER_REPLY_DST_PORT: Destination port of the reply.
 * @FILTER_PORT: Any of the four.
 * @FILTER_MARK: Connection mark.
 * @FILTER_ZONE: Conntrack zone of both directions.
 * @FILTER_ORIG_ZONE: Zone of the original direction alone.
 * @FILTER_REPLY_ZONE: Zone of the reply alone.
 * @FILTER_STATE: New, established or related.
 * @FILTER_TCP_STATE: State of TCP.
 * @FILTER_FLAGS: One or more flags, see struct filter.
 * @FILTER_WHY_NOT: Reason why it is not fast.
 * @FILTER_IN_DEVICE: Ingress device of the original direction.
 * @FILTER_OUT_DEVICE: Egress device of the original direction.
 * @FILTER_DEVICE: Any device of either direction.
 * @FILTER_MIN_PACKETS: Fewest packets, both directions together.
 * @FILTER_MIN_BYTES: Fewest bytes, both directions together.
 * @FILTER_MIN_RATE: Lowest rate, both directions together.
 * @FILTER_TERMS: How many.
 */
enum filter_term {
	FILTER_FAMILY,
	FILTER_PROTOCOL,
	FILTER_SRC_ADDRESS,
	FILTER_DST_ADDRESS,
	FILTER_REPLY_SRC_ADDRESS,
	FILTER_REPLY_DST_ADDRESS,
	FILTER_ADDRESS,
	FILTER_SRC_PORT,
	FILTER_DST_PORT,
	FILTER_REPLY_SRC_PORT,
	FILTER_REPLY_DST_PORT,
	FILTER_PORT,
	FILTER_MARK,
	FILTER_ZONE,
	FILTER_ORIG_ZONE,
	FILTER_REPLY_ZONE,
	FILTER_STATE,
	FILTER_TCP_STATE,
	FILTER_FLAGS,
	FILTER_WHY_NOT,
	FILTER_IN_DEVICE,
	FILTER_OUT_DEVICE,
	FILTER_DEVICE,
	FILTER_MIN_PACKETS,
	FILTER_MIN_BYTES,
	FILTER_MIN_RATE,
	FILTER_TERMS,
};

/* How many of the terms are addresses, ports, devices and zones. */
#define FILTER_ADDRESSES	5
#define FILTER_PORTS		5
#define FILTER_DEVICES		3
#define FILTER_ZONES		3

/* Values of @state: one bit for each. */
#define FILTER_STATE_NEW		BIT(0)
#define FILTER_STATE_ESTABLISHED	BIT(1)
#define FILTER_STATE_RELATED		BIT(2)

/* What the engine's own dump and release can tell apart, so that nothing has
 * to be looked at here.
 */
#define FILTER_KERNEL	(BIT(FILTER_FAMILY) | BIT(FILTER_PROTOCOL) | \
			 BIT(FILTER_SRC_ADDRESS) | BIT(FILTER_DST_ADDRESS) | \
			 BIT(FILTER_MARK))

/* What only the fast table knows. */
#define FILTER_FAST	(BIT(FILTER_IN_DEVICE) | BIT(FILTER_OUT_DEVICE) | \
			 BIT(FILTER_DEVICE))

/**
 * struct filter_prefix - Addresses that begin alike.
 * @family: AF_INET or AF_INET6.
 * @bits: How many bits count.
 * @address: Address, bits that do not count are zero; IPv4 in the first four
 *	bytes.
 */
struct filter_prefix {
	u8 family;
	u8 bits;
	u8 address[16];
};

/**
 * struct filter_range - Ports from one to another.
 * @first: First that matches, host order.
 * @last: Last that matches.
 */
struct filter_range {
	u16 first;
	u16 last;
};

/**
 * struct filter - What a connection has to be like to match.
 * @given: Bit by enum filter_term, what is asked; the rest is unset.
 * @family: AF_INET or AF_INET6.
 * @own_family: The one that the words ask for, AF_UNSPEC if they ask for none.
 * @protocol: IPPROTO_*.
 * @prefix: By term from FILTER_SRC_ADDRESS on.
 * @port: By term from FILTER_SRC_PORT on.
 * @mark: Connection mark, after masking.
 * @mark_mask: Bits of the mark that count.
 * @zone: By term from FILTER_ZONE on.
 * @state: FILTER_STATE_*, any of these.
 * @tcp_state: Bit by enum tcp_conntrack, any of these.
 * @flags: Bits as conn_flag_set() has them, of those in @flags_mask.
 * @flags_mask: Flags that count.
 * @why_not: enum fasttrack_reason.
 * @device: Names by term from FILTER_IN_DEVICE on.
 * @ifindex: Their numbers, from filter_resolve().
 * @min_packets: Packets.
 * @min_bytes: Bytes.
 * @min_rate: Bits per second.
 */
struct filter {
	u32 given;
	u8 family;
	u8 own_family;
	u8 protocol;
	struct filter_prefix prefix[FILTER_ADDRESSES];
	struct filter_range port[FILTER_PORTS];
	u32 mark;
	u32 mark_mask;
	u16 zone[FILTER_ZONES];
	u8 state;
	u16 tcp_state;
	u32 flags;
	u32 flags_mask;
	u32 why_not;
	char device[FILTER_DEVICES][FILTER_DEVICE_SIZE];
	u32 ifindex[FILTER_DEVICES];
	u64 min_packets;
	u64 min_bytes;
	u64 min_rate;
};

static inline bool filter_has(const struct filter *filter,
			      enum filter_term term)
{
	return filter->given & BIT(term);
}

void filter_init(struct filter *filter);
int filter_word(struct filter *filter, const char *word, char *error);
int filter_end(struct filter *filter, u8 family, char *error);
int filter_narrow(struct filter *filter, u8 family, char *error);
int filter_resolve(struct filter *filter,
		   unsigned int (*number)(const char *name), char *error);
const char *filter_name(size_t i);

bool filter_match(const struct filter *filter, const struct ct_conn *ct,
		  const struct ft_conn *ft, u64 rate);
bool filter_prefix_match(const struct filter_prefix *prefix, u8 family,
			 const u8 *address);

#endif /* FTCTL_FILTER_H */
