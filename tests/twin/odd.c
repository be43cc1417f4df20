// SPDX-License-Identifier: GPL-2.0
/*
 * Owns packets of a connection that are odd in their headers, see gen.h. What
 * they do to the connection is left to take its course.
 */
#include <netinet/in.h>
#include <string.h>

#include "gen.h"
#include "odd.h"

static void odd_ttl(struct gen *g, struct flow *f, enum way dir)
{
	static const u8 ttls[] = { 0, 1, 1, 2, 3, 255 };
	struct packet p;

	flow_packet(f, dir, &p);
	p.ttl = ttls[rng_below(&g->rng, ARRAY_SIZE(ttls))];
	gen_packet(g, f, dir, &p);
}

static void odd_tos(struct gen *g, struct flow *f, enum way dir)
{
	struct packet p;

	flow_packet(f, dir, &p);
	p.tos = rng_next(&g->rng);
	if (rng_percent(&g->rng, 50))
		p.tos = (f->tos & ~3) | rng_below(&g->rng, 4);
	p.payload = rng_below(&g->rng, 50);
	gen_packet(g, f, dir, &p);
	if (f->proto == IPPROTO_TCP)
		f->next[dir] += p.payload;
}

struct extra {
	u8 bytes[24];
	u8 len;
	u8 next;
};

static void odd_options4(struct gen *g, struct packet *p)
{
	static const struct extra options[] = {
		{ .len = 4, .bytes = { 1, 1, 1, 0 } },
		{ .len = 4, .bytes = { 0x94, 4, 0, 0 } },
		{ .len = 12, .bytes = { 7, 11, 4 } },
		{ .len = 12, .bytes = { 7, 11, 12 } },
		{ .len = 12, .bytes = { 0x82, 11, 1, 2, 3, 4, 5, 6, 7 } },
		{ .len = 8, .bytes = { 0x83, 7, 4, 10, 20, 0, 14 } },
		{ .len = 8, .bytes = { 0x89, 7, 4, 10, 20, 0, 14 } },
		{ .len = 4, .bytes = { 7, 40, 4 } },
		{ .len = 4, .bytes = { 0x94, 1 } },
	};
	const struct extra *e;

	e = &options[rng_below(&g->rng, ARRAY_SIZE(options))];
	p->extra = e->bytes;
	p->extras = e->len;
}

static void odd_options6(struct gen *g, struct packet *p)
{
	static const u8 types[] = {
		IPPROTO_HOPOPTS, IPPROTO_DSTOPTS, IPPROTO_ROUTING,
		IPPROTO_HOPOPTS, IPPROTO_HOPOPTS, IPPROTO_ROUTING,
		IPPROTO_AH, IPPROTO_NONE,
	};
	static const u8 bodies[][8] = {
		{ 0, 0, 1, 4 }, { 0, 0, 1, 4 }, { 0, 0, 0, 0 },
		{ 0, 0, 5, 2, 0, 0, 1, 0 },	/* router alert */
		{ 0, 0, 0x9e, 4 },		/* unknown, tell the sender */
		{ 0, 0, 2, 1 }, { 0, 0 }, { 0, 0, 1, 4 },
	};
	static u8 extra[8];
	u32 kind = rng_below(&g->rng, ARRAY_SIZE(types));

	memcpy(extra, bodies[kind], sizeof(extra));
	extra[0] = p->proto;
	p->next = types[kind];
	p->extra = extra;
	p->extras = sizeof(extra);
}

static void odd_options(struct gen *g, struct flow *f, enum way dir)
{
	struct packet p;

	flow_packet(f, dir, &p);
	p.payload = rng_below(&g->rng, 100);
	if (f->family == 4)
		odd_options4(g, &p);
	else
		odd_options6(g, &p);
	gen_packet(g, f, dir, &p);
}

static void odd_oversize(struct gen *g, struct flow *f, enum way dir)
{
	struct packet p;

	flow_packet(f, dir, &p);
	p.payload = gen_mtu(g) - packet_head(&p) + rng_range(&g->rng, 1, 30);
	if (rng_percent(&g->rng, 30))
		p.payload = rng_range(&g->rng, gen_mtu(g), 9000);
	if (rng_percent(&g->rng, 50))
		p.frag = 0;
	gen_packet(g, f, dir, &p);
	if (f->proto == IPPROTO_TCP)
		f->next[dir] += p.payload;
}

static void odd_checksum(struct gen *g, struct flow *f, enum way dir)
{
	static const enum packet_csum kinds[] = {
		CSUM_WRONG, CSUM_ZERO, CSUM_PARTIAL, CSUM_WRONG
	};
	struct packet p;

	flow_packet(f, dir, &p);
	p.payload = rng_below(&g->rng, 100);
	p.csum = kinds[rng_below(&g->rng, ARRAY_SIZE(kinds))];
	if (f->family == 4 && rng_percent(&g->rng, 45))
		p.bad_header = true;
	gen_packet(g, f, dir, &p);
	if (f->proto == IPPROTO_TCP && p.csum == CSUM_PARTIAL)
		f->next[dir] += p.payload;
}

/* Lengths that lie, packets that end too soon or too late */
static void odd_length(struct gen *g, struct flow *f, enum way dir)
{
	static u8 ip[PACKET_MAX];
	struct packet p;
	u32 len;

	flow_packet(f, dir, &p);
	p.payload = rng_below(&g->rng, 60);
	switch (rng_below(&g->rng, 4)) {
	case 0:
		p.trailer = rng_range(&g->rng, 1, 40);
		gen_packet(g, f, dir, &p);
		return;
	case 1:
		p.len_lie = (int)rng_range(&g->rng, 0, 80) - 40;
		gen_packet(g, f, dir, &p);
		return;
	case 2:
		p.l4_lie = (int)rng_range(&g->rng, 0, 8) - 4;
		gen_packet(g, f, dir, &p);
		return;
	}
	len = packet_write(&p, ip);
	gen_bytes(g, f, dir, f->port[dir], ip, rng_below(&g->rng, len));
}

/* Comes in where it should not, or not for the router */
static void odd_port(struct gen *g, struct flow *f, enum way dir)
{
	static u8 ip[PACKET_MAX];
	enum side port = rng_below(&g->rng, PORTS);
	struct frame *frame;
	struct packet p;
	u32 len;

	flow_packet(f, dir, &p);
	p.payload = rng_below(&g->rng, 60);
	len = packet_write(&p, ip);
	if (rng_percent(&g->rng, 50)) {
		frame = gen_bytes(g, f, dir, f->port[dir], ip, len);
		if (g->t->wrap[f->port[dir]] != WRAP_NONE)
			memset(frame->bytes, rng_percent(&g->rng, 50) ? 0xff :
				0x06, 6);
		return;
	}
	gen_bytes(g, f, dir, port, ip, len);
	if (f->proto == IPPROTO_TCP)
		f->next[dir] += p.payload;
}

/* With a mark, a priority, a time stamp, as a driver or tc may give it */
static void odd_metadata(struct gen *g, struct flow *f, enum way dir)
{
	struct frame *frame;
	struct packet p;

	flow_packet(f, dir, &p);
	p.payload = rng_below(&g->rng, 60);
	frame = gen_packet(g, f, dir, &p);
	/* Another way out kills a masqueraded entry, which the fast path sees
	 * only in the next jiffy: not with mark 5
	 */
	if (rng_percent(&g->rng, 40))
		frame->rec.mark = rng_percent(&g->rng, 50) &&
				  !nat_has_masquerade(f->nat) ? 5 : 0x1234;
	if (rng_percent(&g->rng, 40))
		frame->rec.priority = rng_below(&g->rng, 8);
	if (rng_percent(&g->rng, 40))
		frame->rec.flags |= FTWIRE_F_TSTAMP;
	if (f->proto == IPPROTO_TCP)
		f->next[dir] += p.payload;
}

static void odd_twice(struct gen *g, struct flow *f, enum way dir)
{
	struct packet p;

	flow_packet(f, dir, &p);
	p.payload = rng_below(&g->rng, 60);
	gen_packet(g, f, dir, &p);
	gen_packet(g, f, dir, &p);
	if (f->proto == IPPROTO_TCP)
		f->next[dir] += p.payload;
}

static const struct {
	const char *what;
	void (*make)(struct gen *g, struct flow *f, enum way dir);
	u32 weight;
} oddities[] = {
	{ "TTL", odd_ttl, 4 },
	{ "TOS", odd_tos, 4 },
	{ "options", odd_options, 3 },
	{ "fragments", odd_fragments, 4 },
	{ "too big", odd_oversize, 4 },
	{ "checksum", odd_checksum, 4 },
	{ "length", odd_length, 4 },
	{ "port", odd_port, 5 },
	{ "metadata", odd_metadata, 3 },
	{ "twice", odd_twice, 1 },
	{ "TCP", odd_tcp, 24 },
	{ "ICMP", odd_icmp, 3 },
	{ "noise", odd_noise, 2 },
};

/**
 * odd_scene - something odd
 * @g: scenario in the making
 * @f: connection that it is about
 */
void odd_scene(struct gen *g, struct flow *f)
{
	enum way dir = rng_below(&g->rng, DIRS);
	u32 i, sum = 0, dice;

	for (i = 0; i < ARRAY_SIZE(oddities); i++)
		sum += oddities[i].weight;
	dice = rng_below(&g->rng, sum);
	for (i = 0; dice >= oddities[i].weight; i++)
		dice -= oddities[i].weight;
	g->what = oddities[i].what;
	oddities[i].make(g, f, dir);
}
