// SPDX-License-Identifier: GPL-2.0
/*
 * Owns connections as the generator knows them, see flow.h. Each has a source
 * port of its own, so no translation has to look for a free one.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "flow.h"

static void set_address(u8 *addr, u8 family, u8 net, u8 host)
{
	memset(addr, 0, 16);
	if (family == 4) {
		addr[0] = 10;
		addr[1] = net;
		addr[3] = host;
		return;
	}
	/* In the text form of both families the numbers are the same */
	addr[0] = 0xfd;
	addr[1] = net / 10 << 4 | net % 10;
	addr[15] = host / 10 << 4 | host % 10;
}

/* Where the translation of the source leads to */
static void flow_source(struct flow *f, const struct topology *t)
{
	enum side out = f->port[REPLY];

	f->sport[END_SEEN] = f->sport[END_CLIENT];
	memcpy(f->addr[END_SEEN], f->addr[END_CLIENT], 16);
	switch (f->nat) {
	case NAT_NONE:
	case NAT_DNAT:
	case NATS:
		return;
	case NAT_SNAT:
	case NAT_DNAT_SNAT:
		set_address(f->addr[END_SEEN], f->family, 2, 9);
		return;
	case NAT_PORT:
		set_address(f->addr[END_SEEN], f->family, 2, 9);
		f->sport[END_SEEN] += SPORT_SHIFT;
		return;
	case NAT_MASQUERADE:
	case NAT_DNAT_MASQUERADE:
		if (t->flags & TOPO_HAIRPIN && f->rule != RULE_POLICY)
			out = PORT_LAN;
		set_address(f->addr[END_SEEN], f->family, out + 1, 1);
		return;
	}
}

static void flow_kind(struct flow *f, const struct topology *t,
		      struct rng *rng)
{
	f->nat = rng_below(rng, NATS);
	f->rule = rng_percent(rng, 55) ? RULE_NONE : rng_below(rng, RULES);
	/* Which of two ways is taken decides the address: leave that out */
	if (t->flags & TOPO_ECMP && nat_has_masquerade(f->nat))
		f->nat = NAT_SNAT;
	f->port[ORIG] = PORT_LAN;
	f->port[REPLY] = t->flags & TOPO_HAIRPIN ? PORT_LAN : PORT_WAN;
	if (f->rule == RULE_POLICY)
		f->port[REPLY] = PORT_WAN2;
	else if (t->flags & TOPO_ECMP && rng_percent(rng, 50))
		f->port[REPLY] = PORT_WAN2;
}

/**
 * flow_make - make up a connection
 * @f: filled
 * @index: its number, below SPORTS
 * @t: topology
 * @rng: random numbers
 */
void flow_make(struct flow *f, u16 index, const struct topology *t,
	       struct rng *rng)
{
	static const u8 tos[] = { 0, 0, 0, 0x10, 0x08, 0x28, 0xb8, 0x02 };
	u8 server;

	memset(f, 0, sizeof(*f));
	f->index = index;
	f->family = rng_percent(rng, 50) ? 4 : 6;
	f->proto = rng_percent(rng, 60) ? IPPROTO_TCP : IPPROTO_UDP;
	flow_kind(f, t, rng);
	f->sport[END_CLIENT] = SPORT_FIRST + index;
	f->sport[END_VIRTUAL] = port_of(f->rule, f->nat);
	f->sport[END_SERVER] = f->sport[END_VIRTUAL];
	server = 11 + rng_below(rng, 4);
	if (nat_has_dst(f->nat)) {
		server = 11 + f->rule % 4;
		f->sport[END_SERVER] += RULES_SHIFT;
	}
	set_address(f->addr[END_CLIENT], f->family, 1, 11 + rng_below(rng, 8));
	set_address(f->addr[END_SERVER], f->family, 20, server);
	set_address(f->addr[END_VIRTUAL], f->family,
		    nat_has_dst(f->nat) ? 9 : 20, server);
	flow_source(f, t);
	f->tos = tos[rng_below(rng, ARRAY_SIZE(tos))];
	/* Never that of the routers' own packets, see stream.c */
	f->ttl = rng_percent(rng, 80) ? 62 : rng_range(rng, 68, 255);
	f->id = rng_next(rng);
	f->stamps = rng_percent(rng, 50);
	f->scale = rng_percent(rng, 50) ? 7 : 0;
	f->sum0 = f->family == 4 && rng_percent(rng, 15);
	flow_restart(f, rng);
}

/**
 * flow_restart - forget where the ends were
 * @f: connection
 * @rng: random numbers
 */
void flow_restart(struct flow *f, struct rng *rng)
{
	int dir;

	for (dir = ORIG; dir < DIRS; dir++) {
		f->next[dir] = rng_next(rng);
		/* Some wrap soon */
		if (rng_percent(rng, 30))
			f->next[dir] = -rng_below(rng, 20000);
		f->acked[dir] = 0;
	}
	f->window = f->scale ? rng_range(rng, 2000, 65535) : 65535;
	f->open = false;
}

static void put_option(struct packet *p, const u8 *option, u8 len)
{
	memcpy(p->option + p->options, option, len);
	p->options += len;
}

static void put_stamps(struct flow *f, struct packet *p)
{
	u8 option[12] = { 1, 1, 8, 10 };

	put32(option + 4, ++f->clock);
	put32(option + 8, f->clock - 1);
	put_option(p, option, sizeof(option));
}

/**
 * flow_packet - the next plain packet of a connection, without payload
 * @f: connection
 * @dir: direction
 * @p: filled
 */
void flow_packet(struct flow *f, enum way dir, struct packet *p)
{
	enum end src = dir == ORIG ? END_CLIENT : END_SERVER;
	enum end dst = dir == ORIG ? END_VIRTUAL : END_SEEN;

	memset(p, 0, sizeof(*p));
	p->family = f->family;
	p->proto = f->proto;
	memcpy(p->src, f->addr[src], 16);
	memcpy(p->dst, f->addr[dst], 16);
	p->sport = f->sport[src];
	p->dport = f->sport[dst];
	p->ttl = f->ttl;
	p->tos = f->tos;
	p->id = f->id++;
	p->frag = IP4_DF;
	p->pattern = f->id * 7 + f->index;
	if (f->proto == IPPROTO_UDP) {
		if (f->sum0)
			p->csum = CSUM_ZERO;
		return;
	}
	p->seq = f->next[dir];
	p->ack = f->next[!dir];
	p->flags = TCP_ACK;
	p->window = f->window;
	if (f->stamps)
		put_stamps(f, p);
}

/**
 * flow_syn - a SYN, or the answer to one
 * @f: connection
 * @dir: direction
 * @p: filled
 */
void flow_syn(struct flow *f, enum way dir, struct packet *p)
{
	static const u8 mss[] = { 2, 4, 5, 180 };
	static const u8 sack[] = { 1, 1, 4, 2 };
	u8 scale[] = { 1, 3, 3, f->scale };

	flow_packet(f, dir, p);
	p->flags = dir == ORIG ? TCP_SYN : TCP_SYN | TCP_ACK;
	if (dir == ORIG)
		p->ack = 0;
	put_option(p, mss, sizeof(mss));
	if (f->scale) {
		put_option(p, scale, sizeof(scale));
		put_option(p, sack, sizeof(sack));
	}
}

/**
 * flow_tuple - the original tuple as "ct delete" wants it
 * @f: connection
 * @text: filled
 * @size: room there
 *
 * Return: text.
 */
char *flow_tuple(const struct flow *f, char *text, size_t size)
{
	int af = f->family == 4 ? AF_INET : AF_INET6;
	char src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN];

	inet_ntop(af, f->addr[END_CLIENT], src, sizeof(src));
	inet_ntop(af, f->addr[END_VIRTUAL], dst, sizeof(dst));
	snprintf(text, size, "%u %u %s %u %s %u", f->family, f->proto, src,
		 f->sport[END_CLIENT], dst, f->sport[END_VIRTUAL]);
	return text;
}
