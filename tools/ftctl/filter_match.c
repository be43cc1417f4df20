// SPDX-License-Identifier: GPL-2.0
/* Owns the question whether a connection matches a filter. Pure: must not
 * know words, netlink or output.
 *
 * What the kernel does not tell matches nothing: an entry without counters
 * has no least number of bytes, one that is not in the fast table no device.
 */
#include <string.h>
#include <sys/socket.h>
#include <linux/netfilter/nf_conntrack_common.h>

#include "filter.h"
#include "flags.h"

/* One term or a group of them; asked only if it is given. */
struct look {
	const struct filter *filter;
	const struct ct_conn *ct;
	const struct ft_conn *ft;
	u64 rate;
};

/**
 * filter_prefix_match() - Does an address begin as a prefix?
 * @prefix: Prefix.
 * @family: Family of the address.
 * @address: Address.
 *
 * Return: True if so.
 */
bool filter_prefix_match(const struct filter_prefix *prefix, u8 family,
			 const u8 *address)
{
	unsigned int bytes = prefix->bits / 8;
	unsigned int bits = prefix->bits % 8;

	if (family != prefix->family ||
	    memcmp(prefix->address, address, bytes))
		return false;
	return !bits || !((prefix->address[bytes] ^ address[bytes]) >>
			  (8 - bits));
}

/* The four addresses and ports in the order of the terms. */
static const u8 *address_of(const struct ct_conn *ct, unsigned int i)
{
	const struct ct_tuple *tuple = &ct->tuple[i / 2];

	return i % 2 ? tuple->dst : tuple->src;
}

static u16 port_of(const struct ct_conn *ct, unsigned int i)
{
	const struct ct_tuple *tuple = &ct->tuple[i / 2];

	return i % 2 ? tuple->dst_port : tuple->src_port;
}

static bool match_addresses(const struct look *look)
{
	const struct filter *filter = look->filter;
	const struct ct_conn *ct = look->ct;
	bool any = false;
	unsigned int i;

	for (i = 0; i < FILTER_ADDRESSES - 1; i++) {
		const u8 *address = address_of(ct, i);

		if (filter_has(filter, FILTER_SRC_ADDRESS + i) &&
		    !filter_prefix_match(&filter->prefix[i], ct->family,
					 address))
			return false;
		any |= filter_prefix_match(&filter->prefix[FILTER_ADDRESSES - 1],
					   ct->family, address);
	}
	return any || !filter_has(filter, FILTER_ADDRESS);
}

static bool in_range(const struct filter_range *range, u16 port)
{
	return port >= range->first && port <= range->last;
}

static bool match_ports(const struct look *look)
{
	const struct filter *filter = look->filter;
	const struct ct_conn *ct = look->ct;
	bool any = false;
	unsigned int i;

	for (i = 0; i < FILTER_PORTS - 1; i++) {
		bool has = ct->tuple[i / 2].has_ports;

		if (filter_has(filter, FILTER_SRC_PORT + i) &&
		    (!has || !in_range(&filter->port[i], port_of(ct, i))))
			return false;
		any |= has && in_range(&filter->port[FILTER_PORTS - 1],
				       port_of(ct, i));
	}
	return any || !filter_has(filter, FILTER_PORT);
}

/* Conntrack's own order: an expected connection is related until it is
 * answered, and then established.
 */
static u8 state_of(const struct ct_conn *ct)
{
	if (ct->status & IPS_SEEN_REPLY)
		return FILTER_STATE_ESTABLISHED;
	if (ct->status & IPS_EXPECTED)
		return FILTER_STATE_RELATED;
	return FILTER_STATE_NEW;
}

static bool match_states(const struct look *look)
{
	const struct filter *filter = look->filter;
	const struct ct_conn *ct = look->ct;

	if (filter_has(filter, FILTER_STATE) &&
	    !(filter->state & state_of(ct)))
		return false;
	if (filter_has(filter, FILTER_TCP_STATE) &&
	    (!(ct->has & CT_HAS_TCP_STATE) || ct->tcp_state > 15 ||
	     !(filter->tcp_state & BIT(ct->tcp_state))))
		return false;
	if (filter_has(filter, FILTER_FLAGS) &&
	    (conn_flag_set(ct, look->ft) & filter->flags_mask) !=
	    filter->flags)
		return false;
	return !filter_has(filter, FILTER_WHY_NOT) ||
	       conn_why_not(ct, look->ft) == filter->why_not;
}

static bool device_is(u32 ifindex, u32 want)
{
	return ifindex && ifindex == want;
}

static bool match_devices(const struct look *look)
{
	const struct filter *filter = look->filter;
	const u32 *want = filter->ifindex;
	const struct ft_dir *orig, *reply;

	if (!(filter->given & FILTER_FAST))
		return true;
	if (!look->ft)
		return false;
	orig = &look->ft->dir[DIR_ORIG];
	reply = &look->ft->dir[DIR_REPLY];
	if (filter_has(filter, FILTER_IN_DEVICE) &&
	    !device_is(orig->ifindex_in, want[0]))
		return false;
	if (filter_has(filter, FILTER_OUT_DEVICE) &&
	    !device_is(orig->ifindex_out, want[1]))
		return false;
	return !filter_has(filter, FILTER_DEVICE) ||
	       device_is(orig->ifindex_in, want[2]) ||
	       device_is(orig->ifindex_out, want[2]) ||
	       device_is(reply->ifindex_in, want[2]) ||
	       device_is(reply->ifindex_out, want[2]);
}

static bool match_amounts(const struct look *look)
{
	const struct ct_count *orig = &look->ct->count[DIR_ORIG];
	const struct ct_count *reply = &look->ct->count[DIR_REPLY];
	const struct filter *filter = look->filter;
	bool counted = look->ct->has & CT_HAS_COUNTERS;

	if (filter_has(filter, FILTER_MIN_PACKETS) &&
	    (!counted || orig->packets + reply->packets < filter->min_packets))
		return false;
	if (filter_has(filter, FILTER_MIN_BYTES) &&
	    (!counted || orig->bytes + reply->bytes < filter->min_bytes))
		return false;
	return !filter_has(filter, FILTER_MIN_RATE) ||
	       look->rate >= filter->min_rate;
}

static bool match_plain(const struct look *look)
{
	const struct filter *filter = look->filter;
	const struct ct_conn *ct = look->ct;

	if (filter_has(filter, FILTER_FAMILY) && ct->family != filter->family)
		return false;
	if (filter_has(filter, FILTER_PROTOCOL) &&
	    ct->tuple[DIR_ORIG].protocol != filter->protocol)
		return false;
	/* A mark of 0 is not told, and is 0 */
	return !filter_has(filter, FILTER_MARK) ||
	       (ct->mark & filter->mark_mask) == filter->mark;
}

/* A zone of 0 is not told, and is 0 unless one direction has a zone. */
static bool match_zones(const struct look *look)
{
	const u16 *has = look->ct->dir_zone;
	const struct filter *filter = look->filter;
	const u16 *want = filter->zone;

	if (filter_has(filter, FILTER_ZONE) &&
	    (look->ct->zone != want[0] || has[DIR_ORIG] || has[DIR_REPLY]))
		return false;
	if (filter_has(filter, FILTER_ORIG_ZONE) && has[DIR_ORIG] != want[1])
		return false;
	return !filter_has(filter, FILTER_REPLY_ZONE) ||
	       has[DIR_REPLY] == want[2];
}

/**
 * filter_match() - Does a connection match?
 * @filter: Filter, ended and resolved.
 * @ct: What conntrack tells.
 * @ft: What the fast table tells, or NULL.
 * @rate: Bits per second of both directions, 0 if nobody has measured.
 *
 * Return: True if it does.
 */
bool filter_match(const struct filter *filter, const struct ct_conn *ct,
		  const struct ft_conn *ft, u64 rate)
{
	const struct look look = { filter, ct, ft, rate };

	return match_plain(&look) && match_zones(&look) &&
	       match_addresses(&look) && match_ports(&look) &&
	       match_states(&look) && match_devices(&look) &&
	       match_amounts(&look);
}
