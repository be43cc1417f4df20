// SPDX-License-Identifier: GPL-2.0
/*
 * Owns ICMP errors about a connection, and packets that have nothing to do
 * with any, see odd.h.
 */
#include <netinet/in.h>
#include <string.h>

#include "odd.h"

#define ICMP_QUOTE	200

struct error {
	u16 type4;
	u16 type6;
	u32 info;
};

/**
 * odd_icmp - an ICMP error about a packet of a connection
 * @g: scenario in the making
 * @f: connection
 * @dir: direction of the packet that it is about; the error goes back
 */
void odd_icmp(struct gen *g, struct flow *f, enum way dir)
{
	static const struct error errors[] = {
		{ 0x0304, 0x0200, 1400 }, { 0x0303, 0x0104, 0 },
		{ 0x0301, 0x0103, 0 }, { 0x0b00, 0x0300, 0 },
		{ 0x0c00, 0x0400, 1 }, { 0x0400, 0x0101, 0 },
	};
	const struct error *e;
	static u8 ip[PACKET_MAX];
	struct packet about, p;
	enum end to;

	e = &errors[rng_below(&g->rng, ARRAY_SIZE(errors))];
	/* As the receiver has seen it */
	flow_packet(f, dir, &about);
	to = dir == ORIG ? END_SEEN : END_CLIENT;
	memcpy(about.src, f->addr[dir == ORIG ? END_SEEN : END_VIRTUAL], 16);
	about.sport = f->sport[dir == ORIG ? END_SEEN : END_VIRTUAL];
	memcpy(about.dst, f->addr[dir == ORIG ? END_SERVER : END_CLIENT], 16);
	about.dport = f->sport[dir == ORIG ? END_SERVER : END_CLIENT];
	about.ttl--;
	about.payload = rng_below(&g->rng, 64);
	memset(&p, 0, sizeof(p));
	p.family = f->family;
	p.proto = f->family == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	memcpy(p.src, about.dst, 16);
	memcpy(p.dst, f->addr[to == END_SEEN ? END_SEEN : END_VIRTUAL], 16);
	if (rng_percent(&g->rng, 30))
		p.src[f->family == 4 ? 3 : 15] ^= 0x40;
	p.ttl = 60;
	p.type = f->family == 4 ? e->type4 : e->type6;
	p.sport = e->info >> 16;
	p.dport = e->info;
	p.payload = min(packet_write(&about, ip), ICMP_QUOTE);
	if (rng_percent(&g->rng, 30))
		p.payload = min(p.payload, packet_l4(&about) + 8);
	p.body = ip;
	gen_packet(g, f, !dir, &p);
}

static void noise_addresses(struct gen *g, const struct flow *f,
			    struct packet *p)
{
	u8 last = f->family == 4 ? 3 : 15;

	switch (rng_below(&g->rng, 6)) {
	case 0:	/* the router's own address */
		memset(p->dst, 0, 16);
		p->dst[0] = f->family == 4 ? 10 : 0xfd;
		p->dst[1] = 1;
		p->dst[last] = 1;
		break;
	case 1:	/* no route to it */
		memset(p->dst, 0x33, 16);
		break;
	case 2:	/* not to be forwarded */
		memset(p->dst, 0, 16);
		p->dst[0] = f->family == 4 ? 224 : 0xff;
		p->dst[1] = f->family == 4 ? 0 : 0x0e;
		p->dst[last] = 99;
		break;
	case 3:	/* from nowhere */
		memset(p->src, 0, 16);
		p->src[0] = f->family == 4 ? 127 : 0;
		p->src[last] = 1;
		break;
	case 4:	/* another client */
		memcpy(p->dst, f->addr[END_CLIENT], 16);
		p->dst[last] = 13;
		break;
	}
}

/**
 * odd_noise - a packet of no connection
 * @g: scenario in the making
 * @f: one whose hosts it uses
 * @dir: direction
 */
void odd_noise(struct gen *g, struct flow *f, enum way dir)
{
	static const u8 protos[] = {
		IPPROTO_ICMP, IPPROTO_UDP, IPPROTO_TCP, IPPROTO_GRE,
		IPPROTO_SCTP, IPPROTO_ESP, 253,
	};
	struct packet p;

	flow_packet(f, dir, &p);
	p.proto = protos[rng_below(&g->rng, ARRAY_SIZE(protos))];
	p.payload = rng_range(&g->rng, 20, 300);
	p.sport = rng_range(&g->rng, 40000, 40099);
	p.dport = rng_range(&g->rng, 1, 1000);
	p.options = 0;
	p.flags = TCP_SYN;
	p.ttl = 60;
	if (p.proto == IPPROTO_ICMP) {
		p.type = f->family == 4 ? 0x0800 : 0x8000;
		p.proto = f->family == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	}
	noise_addresses(g, f, &p);
	gen_packet(g, f, dir, &p);
}
