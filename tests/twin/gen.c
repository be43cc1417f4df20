// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the mix of a scenario and the making of frames, see gen.h.
 *
 * Most of it is plain traffic: a share of at least 60 % has to be fast, or the
 * comparison proves nothing. What is odd comes in bursts of its own or in
 * between, and what it does to the connections is left to take its course.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "gen.h"

/**
 * gen_burst - begin a burst
 * @g: scenario in the making
 */
void gen_burst(struct gen *g)
{
	static const u8 deliveries[] = {
		FTWIRE_SINGLE, FTWIRE_LIST, FTWIRE_GRO
	};

	scenario_burst(g->s);
	g->delivery = deliveries[rng_below(&g->rng, ARRAY_SIZE(deliveries))];
	g->shape = FTWIRE_LINEAR;
	if (rng_percent(&g->rng, 40))
		g->shape = rng_below(&g->rng, FTWIRE_SHAPES);
	g->csum = rng_below(&g->rng, FTWIRE_CSUM_PARTIAL);
	g->group = 0;
	g->what = NULL;
}

/* What would be said by a server that is mute */
static struct frame *gen_nothing(void)
{
	static u8 bytes[WRAP_MAX];
	static struct frame nothing;

	nothing.bytes = bytes;
	return &nothing;
}

/* Where both sides are on one port, what GRO keeps back to the end of a poll would
 * be overtaken by its own answer. Nobody answers what has not been sent on.
 */
static void gen_turn(struct gen *g, const struct flow *f, enum way dir)
{
	if (g->delivery == FTWIRE_GRO && dir != g->dir &&
	    f->port[ORIG] == f->port[REPLY])
		g->group++;
	g->dir = dir;
}

/**
 * gen_bytes - add a frame to the burst
 * @g: scenario in the making
 * @f: connection
 * @dir: its direction
 * @port: where it comes in
 * @ip: bytes from the IP header on
 * @len: their number
 *
 * Return: the frame.
 */
struct frame *gen_bytes(struct gen *g, struct flow *f, enum way dir,
			enum side port, const u8 *ip, u32 len)
{
	static u8 bytes[WRAP_MAX + PACKET_MAX + 1024];
	struct frame *frame;
	u32 head;

	if (f->mute && dir == REPLY)
		return gen_nothing();
	head = topology_wrap(g->t, port, f->family, bytes);
	if (g->t->wrap[port] == WRAP_PPPOE)
		put16(bytes + head - 4, len + 2);
	memcpy(bytes + head, ip, len);
	gen_turn(g, f, dir);
	frame = scenario_frame(g->s, bytes, head + len);
	frame->flow = f->index;
	frame->what = g->what;
	frame->rec.port = port;
	frame->rec.delivery = g->delivery;
	frame->rec.shape = g->shape;
	frame->rec.group = g->group;
	frame->rec.csum = g->csum;
	frame->rec.head = head + rng_below(&g->rng, 80);
	return frame;
}

/**
 * gen_packet - add a packet of a connection to the burst
 * @g: scenario in the making
 * @f: connection
 * @dir: direction
 * @p: packet
 *
 * Return: the frame.
 */
struct frame *gen_packet(struct gen *g, struct flow *f, enum way dir,
			 const struct packet *p)
{
	static u8 ip[PACKET_MAX + 1024];
	struct frame *frame;
	u32 len, head;

	len = packet_write(p, ip);
	frame = gen_bytes(g, f, dir, f->port[dir], ip, len);
	if (p->csum == CSUM_PARTIAL) {
		head = frame->rec.len - len;
		frame->rec.csum = FTWIRE_CSUM_PARTIAL;
		frame->rec.csum_start = head + packet_l4(p);
		frame->rec.csum_offset = p->proto == IPPROTO_TCP ? 16 : 6;
	} else if (p->csum == CSUM_WRONG) {
		frame->rec.csum = FTWIRE_CSUM_NONE;
	}
	return frame;
}

/**
 * gen_flow - some connection
 * @g: scenario in the making
 *
 * While an event is going on none is opened, because its first packet may not
 * get through, and the server must not be the first to be heard.
 *
 * Return: it, opened.
 */
struct flow *gen_flow(struct gen *g)
{
	struct flow *f = &g->flow[rng_below(&g->rng, g->flows)];
	u32 tries;

	for (tries = 0; g->hold && !f->open && tries < 50; tries++)
		f = &g->flow[rng_below(&g->rng, g->flows)];
	if (g->hold && !f->open)
		f->mute = true;
	if (!f->open)
		scene_open(g, f);
	if (f->mute && !g->hold)
		scene_revive(g, f);
	return f;
}

/**
 * gen_mtu - what all devices can carry
 * @g: scenario in the making
 *
 * Return: bytes.
 */
u32 gen_mtu(const struct gen *g)
{
	return g->t->mtu;
}

/* Plain traffic of a few connections, of each up to @most packets */
static void gen_plain(struct gen *g, u32 most)
{
	u32 runs = rng_range(&g->rng, 2, 5), i;
	struct flow *f[5];

	for (i = 0; i < runs; i++)
		f[i] = gen_flow(g);
	gen_burst(g);
	for (i = 0; i < runs; i++) {
		scene_bulk(g, f[i], rng_range(&g->rng, 6, most));
		if (rng_percent(&g->rng, 30))
			g->group++;
	}
}

static void gen_traffic(struct gen *g)
{
	gen_plain(g, 32);
}

/* With something odd in between */
static void gen_oddity(struct gen *g)
{
	struct flow *f = gen_flow(g);
	u32 odd = rng_range(&g->rng, 2, 10);

	gen_burst(g);
	scene_bulk(g, f, rng_range(&g->rng, 2, 12));
	while (odd--) {
		odd_scene(g, f);
		g->what = NULL;
		scene_bulk(g, f, rng_range(&g->rng, 1, 6));
	}
	g->delivery = FTWIRE_SINGLE;
}

/* What goes on while something is done to the routers */
static void gen_anything(struct gen *g)
{
	if (rng_percent(&g->rng, 70))
		gen_plain(g, 10);
	else
		gen_oddity(g);
}

/* Out of 100 scenarios, in so many a setting is on */
static const struct {
	const char *name;
	u32 percent;
} settings[] = {
	{ "tcp_be_liberal", 70 },
	{ "tcp_ignore_invalid_rst", 50 },
	{ "tcp_loose", 80 },
	{ "checksum", 20 },
};

static void gen_settings(struct gen *g)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(settings); i++)
		scenario_event(g->s, "sysctl net.netfilter.nf_conntrack_%s %d",
			       settings[i].name,
			       rng_percent(&g->rng, settings[i].percent));
	scenario_event(g->s, "ft ingress %u", rng_below(&g->rng, 3));
}

static void gen_step(struct gen *g)
{
	u32 dice = rng_below(&g->rng, 100);
	struct flow *f;

	if (dice < 61) {
		gen_traffic(g);
	} else if (dice < 77) {
		gen_oddity(g);
	} else if (dice < 81) {
		f = gen_flow(g);
		gen_burst(g);
		scene_close(g, f);
	} else if (dice < 92) {
		event_scene(g, gen_anything);
	} else {
		/* What a fragment holds back is over */
		scenario_event(g->s, "wait 22");
	}
}

/**
 * gen_scenario - make up a scenario
 * @s: filled
 * @seed: everything comes from it
 * @packets: at least so many
 * @t: topology
 */
void gen_scenario(struct scenario *s, u32 seed, u32 packets,
		  const struct topology *t)
{
	struct gen g = { .rng.state = seed * 0x632be59bd9b4e019ull, .s = s };
	u16 i;

	memset(s, 0, sizeof(*s));
	s->seed = seed;
	s->topology = t;
	g.t = t;
	rng_next(&g.rng);
	g.flows = rng_range(&g.rng, 6, 24);
	s->flows = g.flows;
	g.flow = alloc(g.flows, sizeof(*g.flow));
	gen_settings(&g);
	for (i = 0; i < g.flows; i++)
		flow_make(&g.flow[i], i, t, &g.rng);
	while (s->packets < packets)
		gen_step(&g);
	free(g.flow);
}
