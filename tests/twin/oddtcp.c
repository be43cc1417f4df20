// SPDX-License-Identifier: GPL-2.0
/*
 * Owns TCP segments that do not fit their connection, see odd.h.
 */
#include <netinet/in.h>
#include <string.h>

#include "odd.h"

static void tcp_flags(struct gen *g, struct flow *f, struct packet *p)
{
	static const u16 flags[] = {
		0, TCP_SYN, TCP_SYN | TCP_ACK, TCP_SYN | TCP_FIN, TCP_PSH,
		TCP_ACK | TCP_URG, TCP_ACK | TCP_ECE, TCP_ACK | TCP_CWR,
		TCP_ACK | 0x100, TCP_ACK | 0xe00, 0xff, TCP_URG,
		TCP_FIN, TCP_FIN | TCP_PSH | TCP_URG, TCP_RST | TCP_SYN,
	};

	p->flags = flags[rng_below(&g->rng, ARRAY_SIZE(flags))];
	if (p->flags & TCP_URG)
		p->urgent = rng_below(&g->rng, 10);
	/* A SYN that gets through may end it */
	if (p->flags & TCP_SYN && rng_percent(&g->rng, 50))
		f->open = false;
}

/* Of data that was sent, behind a hole, or of what was never sent */
static void tcp_sack(struct gen *g, struct flow *f, enum way dir,
		     struct packet *p)
{
	u32 from = f->next[!dir] + 1000;
	u8 option[12] = { 1, 1, 5, 10 };

	if (rng_percent(&g->rng, 60)) {
		p->ack -= rng_range(&g->rng, 2001, 4000);
		from = f->next[!dir] - rng_range(&g->rng, 1000, 2000);
	}
	put32(option + 4, from);
	put32(option + 8, from + rng_range(&g->rng, 1, 1000));
	if (p->options + sizeof(option) > sizeof(p->option))
		return;
	memcpy(p->option + p->options, option, sizeof(option));
	p->options += sizeof(option);
}

/* Just inside or just outside of what conntrack takes for the window */
static void tcp_edges(struct gen *g, struct flow *f, struct packet *p)
{
	u32 window = (u32)f->window << f->scale;
	u32 by = rng_percent(&g->rng, 70);

	switch (rng_below(&g->rng, 4)) {
	case 0:
		p->seq += window - p->payload + by;
		break;
	case 1:
		p->seq -= window + p->payload + by;
		break;
	case 2:
		p->ack += by;
		break;
	default:
		p->ack -= max(window, 66000) + by;
		break;
	}
}

/* Sequence numbers: a bit off, far off */
static void tcp_numbers(struct gen *g, struct packet *p)
{
	static const u32 off[] = {
		1, -1, 1000, -1000, 65535, -65535, 66000, -66001, 70000,
		1 << 20, -(1 << 20), 1u << 31, (1u << 31) - 1,
	};
	u32 by = off[rng_below(&g->rng, ARRAY_SIZE(off))];

	if (rng_percent(&g->rng, 20))
		by = rng_next(&g->rng);
	if (rng_percent(&g->rng, 50))
		p->seq += by;
	else
		p->ack += by;
	if (rng_percent(&g->rng, 10))
		p->seq += by;
}

static void tcp_reset(struct gen *g, struct flow *f, enum way dir,
		      struct packet *p)
{
	p->flags = TCP_RST;
	p->payload = 0;
	switch (rng_below(&g->rng, 4)) {
	case 0:
		g->what = "blind RST";
		p->seq = rng_next(&g->rng);
		break;
	case 1:
		g->what = "RST in the window";
		p->seq = f->next[dir] + rng_range(&g->rng, 1, 1000);
		break;
	case 2:
		g->what = "RST with the last ack";
		p->seq = f->next[dir];
		break;
	default:
		g->what = "RST with an old number";
		p->seq = f->next[dir] - rng_range(&g->rng, 1, 1000);
		p->flags |= TCP_ACK;
		break;
	}
	if (rng_percent(&g->rng, 70))
		f->open = false;
}

/**
 * odd_tcp - a segment that does not fit
 * @g: scenario in the making
 * @f: connection; UDP has none
 * @dir: direction
 */
void odd_tcp(struct gen *g, struct flow *f, enum way dir)
{
	struct packet p;

	if (f->proto != IPPROTO_TCP)
		return;
	flow_packet(f, dir, &p);
	p.payload = rng_percent(&g->rng, 50) ? 0 : rng_below(&g->rng, 200);
	switch (rng_below(&g->rng, 12)) {
	case 0:
		g->what = "TCP flags";
		tcp_flags(g, f, &p);
		break;
	case 1:
		tcp_reset(g, f, dir, &p);
		break;
	case 2:
		g->what = "keepalive";
		p.seq--;
		p.payload = rng_below(&g->rng, 2);
		break;
	case 3:
	case 6:
		g->what = "SACK";
		tcp_sack(g, f, dir, &p);
		p.payload = 0;
		break;
	case 4:
		g->what = "window 0";
		p.window = 0;
		p.payload = 0;
		break;
	case 5:
		g->what = "numbers";
		tcp_numbers(g, &p);
		break;
	default:
		g->what = "edge of the window";
		tcp_edges(g, f, &p);
		break;
	}
	gen_packet(g, f, dir, &p);
}
