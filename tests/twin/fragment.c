// SPDX-License-Identifier: GPL-2.0
/*
 * Owns fragments of every kind, see gen.h: whole and incomplete datagrams, in
 * order and not, overlapping, tiny, with DF, one fragment alone.
 */
#include <netinet/in.h>
#include <string.h>

#include "gen.h"

#define PIECES	16

/**
 * struct datagram - a datagram to be cut
 * @ip: from the IP header on
 * @head: bytes that each fragment repeats
 * @len: bytes of all
 * @proto: of the transport
 * @id: identification
 * @df: IPv4: fragments have DF
 * @piece: start and end of each fragment, from the transport header on
 * @pieces: their number
 */
struct datagram {
	u8 ip[PACKET_MAX + 1024];
	u32 head;
	u32 len;
	u8 proto;
	u32 id;
	bool df;
	struct {
		u32 start;
		u32 end;
		bool last;
	} piece[PIECES];
	u32 pieces;
};

static void cut(struct datagram *d, u32 start, u32 end)
{
	u32 all = d->len - d->head;

	if (d->pieces == PIECES || start >= all)
		return;
	d->piece[d->pieces].start = start & ~7u;
	d->piece[d->pieces].end = min(end, all);
	d->piece[d->pieces].last = end >= all;
	d->pieces++;
}

/* All of it, in pieces of @size */
static void cut_all(struct datagram *d, u32 size)
{
	u32 all = d->len - d->head, at;

	size = max(size & ~7u, ((all / PIECES) | 7u) + 1);
	for (at = 0; at < all; at += size)
		cut(d, at, at + size);
}

static void send_piece4(struct gen *g, struct flow *f, enum way dir,
			struct datagram *d, u32 i)
{
	u32 start = d->piece[i].start, len = d->piece[i].end - start;
	u8 out[PACKET_MAX];

	memcpy(out, d->ip, d->head);
	memcpy(out + d->head, d->ip + d->head + start, len);
	put16(out + 2, d->head + len);
	put16(out + 4, d->id);
	put16(out + 6, start / 8 | (d->piece[i].last ? 0 : IP4_MF) |
	      (d->df ? IP4_DF : 0));
	packet_sum4(out);
	gen_bytes(g, f, dir, f->port[dir], out, d->head + len);
}

static void send_piece6(struct gen *g, struct flow *f, enum way dir,
			struct datagram *d, u32 i)
{
	u32 start = d->piece[i].start, len = d->piece[i].end - start;
	u8 out[PACKET_MAX];

	memcpy(out, d->ip, 40);
	put16(out + 4, len + 8);
	out[6] = IPPROTO_FRAGMENT;
	out[40] = d->proto;
	out[41] = 0;
	put16(out + 42, start | !d->piece[i].last);
	put32(out + 44, d->id);
	memcpy(out + 48, d->ip + 40 + start, len);
	gen_bytes(g, f, dir, f->port[dir], out, 48 + len);
}

static void send_pieces(struct gen *g, struct flow *f, enum way dir,
			struct datagram *d, bool backwards)
{
	u32 i, j;

	for (i = 0; i < d->pieces; i++) {
		j = backwards ? d->pieces - 1 - i : i;
		if (f->family == 4)
			send_piece4(g, f, dir, d, j);
		else
			send_piece6(g, f, dir, d, j);
	}
}

/* What is cut: UDP and TCP alike, as large as one likes */
static void datagram_make(struct gen *g, struct flow *f, enum way dir,
			  struct datagram *d)
{
	struct packet p;

	flow_packet(f, dir, &p);
	p.payload = rng_percent(&g->rng, 30) ? rng_below(&g->rng, 3000) :
					       rng_range(&g->rng, 32, 600);
	p.frag = 0;
	d->len = packet_write(&p, d->ip);
	d->head = packet_l4(&p);
	d->proto = f->proto;
	d->id = f->family == 4 ? p.id : rng_next(&g->rng);
	d->pieces = 0;
	d->df = rng_percent(&g->rng, 15);
	if (f->proto == IPPROTO_TCP)
		f->next[dir] += p.payload;
}

static bool cut_oddly(struct gen *g, struct datagram *d)
{
	u32 all = d->len - d->head;

	switch (rng_below(&g->rng, 8)) {
	case 0:
		g->what = "first fragment alone";
		cut(d, 0, all / 2 & ~7u);
		return true;
	case 1:
		g->what = "last fragment alone";
		cut(d, all / 2, all);
		return true;
	case 2:
		g->what = "tiny fragments";
		cut(d, 0, 8);
		cut(d, 8, all);
		return true;
	case 3:
		g->what = "overlapping fragments";
		cut(d, 0, 24);
		cut(d, 16, all);
		return true;
	case 4:
		g->what = "fragment twice";
		cut(d, 0, 16);
		cut(d, 0, 16);
		cut(d, 16, all);
		return true;
	case 5:
		g->what = "atomic fragment";
		cut(d, 0, all);
		return true;
	default:
		g->what = "fragments";
		return false;
	}
}

/**
 * odd_fragments - a datagram in fragments, in one way or another
 * @g: scenario in the making
 * @f: connection
 * @dir: direction
 */
void odd_fragments(struct gen *g, struct flow *f, enum way dir)
{
	static struct datagram d;

	datagram_make(g, f, dir, &d);
	if (!cut_oddly(g, &d))
		cut_all(&d, rng_range(&g->rng, 8, 1400));
	send_pieces(g, f, dir, &d, rng_percent(&g->rng, 25));
}
