// SPDX-License-Identifier: GPL-2.0
/*
 * Owns what came out of a router, see stream.h. What is blanked here and why
 * is in Documentation/testing.rst; nothing else may differ.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/icmp6.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/icmp.h>

#include "packet.h"
#include "stream.h"
#include "topology.h"

#define STREAM_ROOM	(2 * FTWIRE_LOG)
#define FRAGMENTS	256

/* Ports of a datagram, by the numbers of its fragments */
struct fragment {
	u64 name;
	u32 ports;
};

/**
 * stream_open - make an empty capture
 * @s: filled
 */
void stream_open(struct stream *s)
{
	memset(s, 0, sizeof(*s));
	s->data = alloc(STREAM_ROOM, 1);
}

void stream_clear(struct stream *s)
{
	s->used = 0;
	s->count = 0;
}

/**
 * stream_capture - add what has come out since the last time
 * @s: capture
 * @wire: file of the ports
 */
void stream_capture(struct stream *s, int wire)
{
	ssize_t n;

	if (STREAM_ROOM - s->used < FTWIRE_LOG)
		die("a capture does not fit");
	n = read(wire, s->data + s->used, FTWIRE_LOG);
	if (n < 0)
		die("capture: %s", strerror(errno));
	s->used += n;
}

static size_t record_size(const struct ftwire_frame *rec)
{
	return (sizeof(*rec) + rec->len + FTWIRE_ALIGN - 1) &
	       ~(size_t)(FTWIRE_ALIGN - 1);
}

/**
 * stream_has - look for a frame by its last bytes
 * @s: capture
 * @from: bytes of it that were looked at
 * @tail: last bytes
 * @len: their number
 *
 * Return: whether it is there.
 */
bool stream_has(const struct stream *s, size_t from, const u8 *tail, u32 len)
{
	const struct ftwire_frame *rec;
	size_t at;

	for (at = from; at < s->used; at += record_size(rec)) {
		rec = (const struct ftwire_frame *)(s->data + at);
		if (rec->len >= len &&
		    !memcmp((const u8 *)(rec + 1) + rec->len - len, tail, len))
			return true;
	}
	return false;
}

/**
 * stream_add - add a frame that was captured elsewhere
 * @s: capture
 * @rec: its record
 * @head: first bytes
 * @headlen: their number
 * @bytes: the others
 */
void stream_add(struct stream *s, const struct ftwire_frame *rec,
		const u8 *head, u32 headlen, const u8 *bytes)
{
	u8 *to = s->data + s->used;

	s->used += record_size(rec);
	if (s->used > STREAM_ROOM)
		die("a capture does not fit");
	memcpy(to, rec, sizeof(*rec));
	memcpy(to + sizeof(*rec), head, headlen);
	memcpy(to + sizeof(*rec) + headlen, bytes, rec->len - headlen);
}

static u64 hash_add(u64 hash, const u8 *data, u32 len)
{
	u32 i;

	for (i = 0; i < len; i++)
		hash = (hash ^ data[i]) * 0x100000001b3ull;
	return hash;
}

/* Fragments of a datagram come in order: the first one names the ports */
static u32 fragment_ports(struct fragment *table, u64 name, bool first,
			  u32 ports)
{
	struct fragment *f = &table[(name >> 20) % FRAGMENTS];

	if (first) {
		f->name = name;
		f->ports = ports;
	}
	return f->name == name ? f->ports : 0;
}

/* An error, whose source may have been translated, or from a router's own
 * address
 */
static bool router_made4(const u8 *ip, const u8 *l4)
{
	if (ip[9] != IPPROTO_ICMP)
		return false;
	return l4[0] == ICMP_DEST_UNREACH || l4[0] == ICMP_TIME_EXCEEDED ||
	       l4[0] == ICMP_PARAMETERPROB ||
	       (ip[13] <= 5 && !ip[14] && ip[15] < 9);
}

/* A RST that the router has made, for a packet that came to it and to no
 * connection, has the addresses of the connection that it might have been. Its
 * place among the forwarded ones is not kept. Forwarded ones have another TTL.
 */
static bool router_made_rst(u8 proto, u8 ttl, const u8 *l4, u32 left)
{
	return proto == IPPROTO_TCP && left >= 20 && l4[13] & TCP_RST &&
	       (ttl == 64 || ttl == 63);
}

static u64 key_l4(u64 key, u8 proto, u8 ttl, const u8 *l4, u32 left)
{
	if (router_made_rst(proto, ttl, l4, left))
		key++;
	if (proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6)
		return hash_add(key, l4, min(left, 2));
	if (proto == IPPROTO_TCP || proto == IPPROTO_UDP)
		return hash_add(key, l4, min(left, 4));
	return key;
}

static u64 key_ip4(u64 key, u8 *ip, u32 left, struct fragment *table)
{
	u32 l4 = (ip[0] & 15) * 4, ports = 0;
	u16 frag = get16(ip + 6);
	u64 name;

	key = hash_add(key, ip + 12, 8);
	key = hash_add(key, ip + 9, 1);
	name = hash_add(key, ip + 4, 2);
	/* One number to a checksum, see Documentation/testing.rst */
	if (get16(ip + 10) == 0xffff)
		put16(ip + 10, 0);
	if (left <= l4)
		return key;
	if (router_made4(ip, ip + l4)) {
		put16(ip + 4, 0);
		put16(ip + 10, 0);
	}
	if (!(frag & 0x3fff))
		return key_l4(key, ip[9], ip[8], ip + l4, left - l4);
	if (!(frag & 0x1fff) && left >= l4 + 4)
		ports = get32(ip + l4);
	ports = fragment_ports(table, name, !(frag & 0x1fff), ports);
	put32((u8 *)&ports, ports);
	return key_l4(key, ip[9], 0, (u8 *)&ports, 4);
}

static u64 key_ip6(u64 key, u8 *ip, u32 left, struct fragment *table)
{
	u8 proto = ip[6], *l4 = ip + 40;
	u32 ports = 0;
	u16 frag;
	u64 name;

	left -= 40;
	key = hash_add(key, ip + 8, 32);
	/* Headers in front of a transport header are part of it to us */
	while ((proto == IPPROTO_HOPOPTS || proto == IPPROTO_ROUTING ||
		proto == IPPROTO_DSTOPTS) &&
	       left >= 8 && left >= 8 + l4[1] * 8u) {
		proto = l4[0];
		left -= 8 + l4[1] * 8u;
		l4 += 8 + l4[1] * 8u;
	}
	if (proto != IPPROTO_FRAGMENT || left < 8)
		return key_l4(hash_add(key, &proto, 1), proto, ip[7], l4,
			      left);
	key = hash_add(key, l4, 1);
	name = hash_add(key, l4 + 4, 4);
	frag = get16(l4 + 2);
	/* Drawn at random when a datagram is fragmented again */
	put32(l4 + 4, 0);
	if (!(frag & 0xfff8) && left >= 12)
		ports = get32(l4 + 8);
	ports = fragment_ports(table, name, !(frag & 0xfff8), ports);
	put32((u8 *)&ports, ports);
	return key_l4(key, l4[0], 0, (u8 *)&ports, 4);
}

/* ARP, neighbour and router discovery, IGMP, MLD: the routers' own business */
static bool key_of(struct seen *seen, struct fragment *table)
{
	u8 *ip, *bytes = seen_bytes(seen);
	u64 key = 0xcbf29ce484222325ull;
	u32 left;

	key = hash_add(key, &seen->rec->port, 1);
	key = hash_add(key, &seen->rec->flags, 1);
	ip = (u8 *)topology_unwrap(bytes, seen->rec->len, &left);
	if (!ip)
		return false;
	if (ip[0] >> 4 == 4) {
		if (ip[9] == IPPROTO_IGMP)
			return false;
		seen->key = key_ip4(key, ip, left, table);
		return true;
	}
	if (ip[24] == 0xff)
		return false;
	seen->key = key_ip6(key, ip, left, table);
	return !(ip[6] == IPPROTO_ICMPV6 && left > 40 &&
		 ip[40] >= ND_ROUTER_SOLICIT && ip[40] <= ND_REDIRECT);
}

static int seen_order(const void *a, const void *b)
{
	const struct seen *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->place < y->place ? -1 : 1;
}

/**
 * stream_sort - find the frames of a capture and sort them by stream
 * @s: capture; of its frames what may differ is blanked
 */
void stream_sort(struct stream *s)
{
	struct fragment table[FRAGMENTS] = {};
	struct ftwire_frame *rec;
	struct seen seen;
	size_t at;

	s->count = 0;
	for (at = 0; at < s->used; at += record_size(rec)) {
		rec = (struct ftwire_frame *)(s->data + at);
		seen.rec = rec;
		seen.place = s->count;
		if (!key_of(&seen, table))
			continue;
		if (!(s->count & (s->count - 1)))
			s->seen = grow(s->seen, s->count ? s->count * 2 : 1,
				       sizeof(*s->seen));
		s->seen[s->count++] = seen;
	}
	qsort(s->seen, s->count, sizeof(*s->seen), seen_order);
}
