// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the bytes of a packet: the tuple of a flow on either side of the
 * router, headers, checksums, payload. Knows no skb and no device.
 *
 *	clients 10.1.0.0/16, fd01::/112	-> servers 10.2.0.0/16, fd02::/112
 *	DNAT: 10.9.0.0/16, fd09::/112 are the servers
 *	SNAT: to 10.0.2.1, fd00:0:0:2::1
 *
 * Source port and server name a flow; so SNAT to one address never has to
 * change a port, and what leaves can be foretold to the last byte.
 */
#include <net/checksum.h>
#include <net/ip6_checksum.h>

#include "bench.h"

#define BENCH_PORTS	60000	/* source ports from 1024 on */
#define BENCH_CLIENTS	50021
#define BENCH_PORT	5000	/* of the servers, if no other is said */

#define BENCH_CLIENT	0x01
#define BENCH_SERVER	0x02
#define BENCH_VIRTUAL	0x09

static void bench_address(const struct bench_set *set, u8 net, u32 host,
			  __be32 *addr)
{
	if (set->family) {
		addr[0] = htonl(0xfd000000 | net << 16);
		addr[1] = 0;
		addr[2] = 0;
		addr[3] = htonl(host);
	} else {
		addr[0] = htonl(0x0a000000 | net << 16 | host);
	}
}

/* The router's own address on the WAN */
static void bench_outside(const struct bench_set *set, __be32 *addr)
{
	if (set->family) {
		addr[0] = htonl(0xfd000000);
		addr[1] = htonl(2);
		addr[2] = 0;
		addr[3] = htonl(1);
	} else {
		addr[0] = htonl(0x0a000201);
	}
}

/* The original direction on the wire of the clients, or on that of servers */
static void bench_original(const struct bench_set *set, u32 flow, bool beyond,
			   struct bench_tuple *t)
{
	u32 i = set->first + flow;
	bool dnat = set->nat & BENCH_DNAT && !beyond;

	if (set->nat & BENCH_SNAT && beyond)
		bench_outside(set, t->src);
	else
		bench_address(set, BENCH_CLIENT, 1 + i % BENCH_CLIENTS,
			      t->src);
	bench_address(set, dnat ? BENCH_VIRTUAL : BENCH_SERVER,
		      1 + i / BENCH_PORTS, t->dst);
	t->sport = htons(1024 + i % BENCH_PORTS);
	t->dport = htons(set->port ?: BENCH_PORT);
}

static void bench_tuple(const struct bench_set *set, u32 flow, u8 dir,
			bool beyond, struct bench_tuple *t)
{
	struct bench_tuple o;

	if (!dir) {
		bench_original(set, flow, beyond, t);
		return;
	}
	bench_original(set, flow, beyond, &o);
	memcpy(t->src, o.dst, sizeof(t->src));
	memcpy(t->dst, o.src, sizeof(t->dst));
	t->sport = o.dport;
	t->dport = o.sport;
}

/**
 * bench_tuple_in - what a packet carries when it comes in
 * @set: flow set
 * @flow: number of the flow
 * @dir: 0 from the client, 1 from the server
 * @t: filled in
 */
void bench_tuple_in(const struct bench_set *set, u32 flow, u8 dir,
		    struct bench_tuple *t)
{
	bench_tuple(set, flow, dir, dir, t);
}

/**
 * bench_tuple_out - what it carries when it leaves
 * @set: flow set
 * @flow: number of the flow
 * @dir: 0 from the client, 1 from the server
 * @t: filled in
 */
void bench_tuple_out(const struct bench_set *set, u32 flow, u8 dir,
		     struct bench_tuple *t)
{
	bool translated = set->expect == BENCH_TRANSLATED;

	bench_tuple(set, flow, dir, translated ? !dir : dir, t);
}

static unsigned int bench_l4(const struct bench_set *set, u8 flags)
{
	if (set->proto == IPPROTO_UDP)
		return sizeof(struct udphdr);
	return sizeof(struct tcphdr) + (flags & BENCH_SYN ? 8 : 0);
}

/**
 * bench_shortest - bytes of the smallest IP packet
 * @set: flow set
 * @flags: TCP flags; with PSH there is a payload, for UDP as well
 *
 * Return: headers and, in a payload, the tag.
 */
unsigned int bench_shortest(const struct bench_set *set, u8 flags)
{
	unsigned int len = bench_l3(set) + bench_l4(set, flags);

	return flags & BENCH_PSH ? len + sizeof(u32) : len;
}

static void bench_write_ip(const struct bench_set *set,
			   const struct bench_packet *p,
			   const struct bench_tuple *t, u8 *data)
{
	struct ipv6hdr *ip6h = (void *)data;
	struct iphdr *iph = (void *)data;

	if (set->family) {
		memset(ip6h, 0, sizeof(*ip6h));
		ip6h->version = 6;
		ip6h->payload_len = htons(p->len - sizeof(*ip6h));
		ip6h->nexthdr = set->proto;
		ip6h->hop_limit = p->ttl;
		memcpy(&ip6h->saddr, t->src, sizeof(ip6h->saddr));
		memcpy(&ip6h->daddr, t->dst, sizeof(ip6h->daddr));
		return;
	}
	memset(iph, 0, sizeof(*iph));
	iph->version = 4;
	iph->ihl = 5;
	iph->tot_len = htons(p->len);
	iph->id = htons(p->id);
	iph->frag_off = htons(IP_DF);
	iph->ttl = p->ttl;
	iph->protocol = set->proto;
	iph->saddr = t->src[0];
	iph->daddr = t->dst[0];
	iph->check = ip_fast_csum(iph, iph->ihl);
}

/* MSS 1400, no-operation, window scale 14: a window of a gigabyte, so that
 * thousands of packets need no acknowledgment.
 */
static void bench_write_tcp(const struct bench_packet *p,
			    const struct bench_tuple *t, struct tcphdr *th)
{
	static const u8 options[8] = { 2, 4, 1400 >> 8, 1400 & 0xff,
				       1, 3, 3, 14 };

	memset(th, 0, sizeof(*th));
	th->source = t->sport;
	th->dest = t->dport;
	th->seq = htonl(p->seq);
	th->doff = sizeof(*th) / 4;
	((u8 *)th)[13] = p->flags;
	if (th->ack)
		th->ack_seq = htonl(p->ack);
	th->window = htons(65535);
	if (p->flags & BENCH_SYN) {
		th->doff += sizeof(options) / 4;
		memcpy(th + 1, options, sizeof(options));
	}
}

static __sum16 bench_checksum(const struct bench_set *set,
			      const struct bench_tuple *t, const void *l4,
			      unsigned int len)
{
	__wsum sum = csum_partial(l4, len, 0);
	struct in6_addr src, dst;

	if (!set->family)
		return csum_tcpudp_magic(t->src[0], t->dst[0], len, set->proto,
					 sum);
	memcpy(&src, t->src, sizeof(src));
	memcpy(&dst, t->dst, sizeof(dst));
	return csum_ipv6_magic(&src, &dst, len, set->proto, sum);
}

/**
 * bench_write - the bytes of a packet
 * @set: flow set
 * @p: packet
 * @t: its tuple on this wire
 * @data: filled with @p->len bytes, from the IP header on
 */
void bench_write(const struct bench_set *set, const struct bench_packet *p,
		 const struct bench_tuple *t, u8 *data)
{
	unsigned int hlen = bench_l4(set, p->flags);
	u8 *l4 = data + bench_l3(set);
	unsigned int len = p->len - bench_l3(set);
	struct udphdr *uh = (void *)l4;
	struct tcphdr *th = (void *)l4;
	__sum16 sum;

	bench_write_ip(set, p, t, data);
	if (set->proto == IPPROTO_UDP) {
		uh->source = t->sport;
		uh->dest = t->dport;
		uh->len = htons(len);
		uh->check = 0;
	} else {
		bench_write_tcp(p, t, th);
	}
	if (p->flags & BENCH_PSH) {
		memset(l4 + hlen, 0x5a, len - hlen);
		memcpy(l4 + hlen, &p->tag, sizeof(p->tag));
	}
	sum = bench_checksum(set, t, l4, len);
	if (set->proto == IPPROTO_UDP)
		uh->check = sum ?: CSUM_MANGLED_0;
	else
		th->check = sum;
}
