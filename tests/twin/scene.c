// SPDX-License-Identifier: GPL-2.0
/*
 * Owns scenes of connections that behave, more or less: opening, data either
 * way, losses and disorder, closing. See gen.h.
 */
#include <netinet/in.h>

#include "gen.h"

static void tcp_open(struct gen *g, struct flow *f)
{
	struct packet p;

	g->what = "handshake";
	flow_restart(f, &g->rng);
	flow_syn(f, ORIG, &p);
	gen_packet(g, f, ORIG, &p);
	/* One for a translation that has to end first */
	if (f->mute || rng_percent(&g->rng, 10)) {
		gen_packet(g, f, ORIG, &p);
		gen_packet(g, f, ORIG, &p);
	}
	if (!g->hold)
		f->mute = false;
	f->next[ORIG]++;
	flow_syn(f, REPLY, &p);
	gen_packet(g, f, REPLY, &p);
	f->next[REPLY]++;
	flow_packet(f, ORIG, &p);
	gen_packet(g, f, ORIG, &p);
	g->what = NULL;
}

/**
 * scene_open - a burst that opens a connection
 * @g: scenario in the making
 * @f: connection
 */
void scene_open(struct gen *g, struct flow *f)
{
	u32 i;

	gen_burst(g);
	g->delivery = FTWIRE_SINGLE;
	if (f->proto == IPPROTO_TCP)
		tcp_open(g, f);
	else if (!f->mute)
		scene_data(g, f, ORIG, 1);
	f->open = true;
	for (i = 0; i < 4; i++) {
		scene_data(g, f, ORIG, rng_below(&g->rng, 200));
		scene_data(g, f, REPLY, rng_below(&g->rng, 200));
	}
}

/**
 * scene_revive - the client says something first
 * @g: scenario in the making
 * @f: connection whose translation may be gone
 *
 * If the server did, it would get an entry of its own, which is in the way of
 * the client's translation, and the search for a free port is random.
 */
void scene_revive(struct gen *g, struct flow *f)
{
	u32 i;

	if (f->proto == IPPROTO_TCP && rng_percent(&g->rng, 60)) {
		scene_open(g, f);
		return;
	}
	gen_burst(g);
	g->delivery = FTWIRE_SINGLE;
	for (i = 0; i < 3; i++)
		scene_data(g, f, ORIG, 10);
	f->mute = false;
}

/**
 * scene_data - one packet with payload
 * @g: scenario in the making
 * @f: connection
 * @dir: direction
 * @size: bytes of payload
 */
void scene_data(struct gen *g, struct flow *f, enum way dir, u32 size)
{
	struct packet p;

	flow_packet(f, dir, &p);
	p.payload = size;
	if (f->proto == IPPROTO_TCP && size && rng_percent(&g->rng, 20))
		p.flags |= TCP_PSH;
	gen_packet(g, f, dir, &p);
	if (f->proto == IPPROTO_TCP)
		f->next[dir] += size;
}

/* Payload that just fits */
static u32 full_size(const struct gen *g, const struct flow *f)
{
	u32 head = f->family == 4 ? 20 : 40;

	if (f->proto == IPPROTO_UDP)
		return gen_mtu(g) - head - 8;
	return gen_mtu(g) - head - 20 - (f->stamps ? 12 : 0);
}

static void tcp_gso(struct gen *g, struct flow *f, enum way dir)
{
	u32 mss = rng_percent(&g->rng, 80) ? full_size(g, f) :
					     rng_range(&g->rng, 200, 1000);
	struct frame *frame;
	struct packet p;

	flow_packet(f, dir, &p);
	p.payload = mss * rng_range(&g->rng, 1, 20);
	p.payload = min(p.payload + rng_below(&g->rng, mss), 60000);
	if (p.payload <= mss)
		p.payload = mss + 1;
	p.csum = CSUM_PARTIAL;
	p.flags |= rng_percent(&g->rng, 50) ? TCP_PSH : 0;
	g->what = "GSO";
	frame = gen_packet(g, f, dir, &p);
	g->what = NULL;
	frame->rec.gso = f->family == 4 ? FTWIRE_GSO_TCP4 : FTWIRE_GSO_TCP6;
	frame->rec.gso_size = mss;
	f->next[dir] += p.payload;
}

static void udp_gso(struct gen *g, struct flow *f, enum way dir)
{
	u32 size = rng_range(&g->rng, 100, full_size(g, f));
	struct frame *frame;
	struct packet p;

	flow_packet(f, dir, &p);
	p.payload = size * rng_range(&g->rng, 1, 20);
	p.payload = min(p.payload + rng_range(&g->rng, 1, size), 60000);
	p.csum = CSUM_PARTIAL;
	g->what = "GSO";
	frame = gen_packet(g, f, dir, &p);
	g->what = NULL;
	frame->rec.gso = FTWIRE_GSO_UDP;
	frame->rec.gso_size = size;
}

static void bulk_gso(struct gen *g, struct flow *f, enum way dir)
{
	u8 delivery = g->delivery;

	/* No device aggregates what is in PPPoE; tun knows no such UDP */
	if (g->t->wrap[f->port[dir]] == WRAP_PPPOE ||
	    (g->t->wrap[f->port[dir]] == WRAP_NONE &&
	     f->proto == IPPROTO_UDP)) {
		scene_data(g, f, dir, 100);
		return;
	}
	if (delivery == FTWIRE_GRO)
		g->delivery = FTWIRE_LIST;
	if (f->proto == IPPROTO_TCP)
		tcp_gso(g, f, dir);
	else
		udp_gso(g, f, dir);
	g->delivery = delivery;
}

static u32 random_size(struct gen *g, const struct flow *f)
{
	u32 full = full_size(g, f);

	switch (rng_below(&g->rng, 4)) {
	case 0:
		return full;
	case 1:
		return rng_below(&g->rng, 64);
	default:
		return rng_below(&g->rng, full + 1);
	}
}

/* A packet that is lost, late or sent again */
static void bulk_disorder(struct gen *g, struct flow *f, enum way dir)
{
	u32 size = rng_range(&g->rng, 1, 500), start = f->next[dir];
	struct packet p;

	switch (rng_below(&g->rng, 3)) {
	case 0:
		g->what = "out of order";
		f->next[dir] += size;
		scene_data(g, f, dir, size);
		flow_packet(f, dir, &p);
		p.seq = start;
		p.payload = size;
		break;
	case 1:
		g->what = "retransmission";
		flow_packet(f, dir, &p);
		p.payload = size;
		p.seq -= size;
		break;
	default:
		g->what = "partly retransmission";
		flow_packet(f, dir, &p);
		p.payload = size;
		p.seq -= size / 2;
		f->next[dir] += size - size / 2;
		break;
	}
	gen_packet(g, f, dir, &p);
	g->what = NULL;
}

static void bulk_ack(struct gen *g, struct flow *f, enum way dir)
{
	struct packet p;

	flow_packet(f, dir, &p);
	gen_packet(g, f, dir, &p);
}

static void bulk_one(struct gen *g, struct flow *f, enum way dir, u32 size)
{
	bool tcp = f->proto == IPPROTO_TCP;
	struct packet p;

	if (rng_percent(&g->rng, 3)) {
		bulk_gso(g, f, dir);
	} else if (tcp && rng_percent(&g->rng, 6)) {
		bulk_disorder(g, f, dir);
	} else if (rng_percent(&g->rng, 6)) {
		flow_packet(f, dir, &p);
		p.payload = size;
		p.csum = CSUM_PARTIAL;
		gen_packet(g, f, dir, &p);
		if (tcp)
			f->next[dir] += size;
	} else {
		scene_data(g, f, dir, size);
	}
}

/**
 * scene_bulk - data of a connection, and for TCP acknowledgments
 * @g: scenario in the making
 * @f: connection
 * @count: about so many packets
 */
void scene_bulk(struct gen *g, struct flow *f, u32 count)
{
	enum way dir = rng_below(&g->rng, DIRS);
	bool same = rng_percent(&g->rng, 50);
	u32 size = random_size(g, f), i;

	for (i = 0; i < count; i++) {
		if (!same)
			size = random_size(g, f);
		bulk_one(g, f, dir, size);
		if (f->proto != IPPROTO_TCP)
			continue;
		/* Without a scale 64 KiB are all that may be under way */
		if (i % 16 == 15 || rng_percent(&g->rng, same ? 2 : 15))
			bulk_ack(g, f, !dir);
	}
	if (f->proto == IPPROTO_TCP)
		bulk_ack(g, f, !dir);
	else if (rng_percent(&g->rng, 60))
		scene_data(g, f, !dir, rng_below(&g->rng, 100));
}

static void tcp_flags(struct gen *g, struct flow *f, enum way dir, u16 flags)
{
	struct packet p;

	flow_packet(f, dir, &p);
	p.flags = flags;
	if (!(flags & TCP_ACK))
		p.ack = 0;
	gen_packet(g, f, dir, &p);
	if (flags & (TCP_FIN | TCP_SYN))
		f->next[dir]++;
}

static void close_fin(struct gen *g, struct flow *f, enum way dir)
{
	tcp_flags(g, f, dir, TCP_FIN | TCP_ACK);
	if (rng_percent(&g->rng, 50)) {
		tcp_flags(g, f, !dir, TCP_ACK);
		/* Half closed, the other side goes on */
		scene_data(g, f, !dir, 300);
		tcp_flags(g, f, dir, TCP_ACK);
	}
	tcp_flags(g, f, !dir, TCP_FIN | TCP_ACK);
	tcp_flags(g, f, dir, TCP_ACK);
}

static void close_both(struct gen *g, struct flow *f, enum way dir)
{
	struct packet p, q;

	flow_packet(f, dir, &p);
	flow_packet(f, !dir, &q);
	p.flags = TCP_FIN | TCP_ACK;
	q.flags = TCP_FIN | TCP_ACK;
	gen_packet(g, f, dir, &p);
	gen_packet(g, f, !dir, &q);
	f->next[dir]++;
	f->next[!dir]++;
	tcp_flags(g, f, dir, TCP_ACK);
	tcp_flags(g, f, !dir, TCP_ACK);
}

/**
 * scene_close - end a TCP connection, one way or another
 * @g: scenario in the making
 * @f: connection; it is opened again by its next use
 */
void scene_close(struct gen *g, struct flow *f)
{
	enum way dir = rng_below(&g->rng, DIRS);

	if (f->proto != IPPROTO_TCP)
		return;
	switch (rng_below(&g->rng, 6)) {
	case 0:
	case 1:
		g->what = "FIN";
		close_fin(g, f, dir);
		break;
	case 2:
		g->what = "simultaneous close";
		close_both(g, f, dir);
		break;
	case 3:
		g->what = "RST";
		tcp_flags(g, f, dir, TCP_RST | TCP_ACK);
		break;
	case 4:
		g->what = "RST without ACK";
		tcp_flags(g, f, dir, TCP_RST);
		break;
	default:
		/* A SYN on a used tuple follows */
		break;
	}
	if (rng_percent(&g->rng, 50)) {
		g->what = "after the end";
		scene_data(g, f, dir, 100);
		tcp_flags(g, f, !dir, TCP_ACK);
	}
	f->open = false;
}
