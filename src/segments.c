// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit: TCP segments made up at random, with options.
 * Knows what both hosts have sent and granted, and neither conntrack nor the
 * engine.
 */
#include <linux/tcp.h>
#include <linux/unaligned.h>
#include <net/tcp.h>

#include "testbed.h"

/* Options in the making */
struct ts_options {
	u8		*bytes;
	unsigned int	len;
};

static u16 ts_window(void)
{
	switch (tb_below(12)) {
	case 0:
		return 0;
	case 1:
		return tb_below(4);
	default:
		return 200 + tb_below(60000);
	}
}

static void ts_option(struct ts_options *o, u8 kind, u8 len)
{
	o->bytes[o->len] = kind;
	o->bytes[o->len + 1] = len;
	tb_bytes(o->bytes + o->len + 2, len - 2);
	o->len += len;
}

static void ts_nops(struct ts_options *o, unsigned int n)
{
	memset(o->bytes + o->len, TCPOPT_NOP, n);
	o->len += n;
}

/* Blocks above the plain acknowledgment, some of them below or beyond what was
 * sent, with a length that may lie
 */
static void ts_blocks(struct ts_options *o, u32 ack, u32 sent)
{
	unsigned int blocks = 1 + tb_below(3), i;
	u8 *p = o->bytes + o->len + 2;
	u32 at, size;

	if (o->len + 4 + blocks * 8 > MAX_TCP_OPTION_SPACE)
		return;
	ts_nops(o, 2);
	p += 2;
	ts_option(o, TCPOPT_SACK, TCPOLEN_SACK_BASE + blocks * 8);
	for (i = 0; i < blocks; i++) {
		at = ack + (after(sent, ack) ? tb_below(sent - ack) : 0);
		if (!tb_below(20))
			at = sent + tb_below(3000) - 1000;
		size = after(sent, at) ? sent - at : 1000;
		put_unaligned_be32(at, p + i * 8);
		put_unaligned_be32(at + 1 + tb_below(size), p + i * 8 + 4);
	}
	if (!tb_below(20))
		p[-1] += tb_below(5) - 2;
}

/* Most segments have the usual time stamps or nothing */
static void ts_choose(struct ts_options *o, u32 ack, u32 sent)
{
	o->len = 0;
	switch (tb_below(6)) {
	case 0:
		return;
	case 1:
		ts_nops(o, 2);
		ts_option(o, TCPOPT_TIMESTAMP, TCPOLEN_TIMESTAMP);
		return;
	case 2:
		ts_option(o, TCPOPT_TIMESTAMP, TCPOLEN_TIMESTAMP);
		ts_nops(o, 2);
		break;
	case 3:
		ts_nops(o, 4 * tb_below(3));
		break;
	}
	ts_blocks(o, ack, sent);
	if (tb_below(8) || o->len + 4 > MAX_TCP_OPTION_SPACE)
		return;
	o->bytes[o->len] = tb_below(2) ? TCPOPT_EOL : TCPOPT_SACK;
	o->bytes[o->len + 1] = tb_below(4);
	o->len += 4;
}

/**
 * tb_segment - the next segment of a host, mostly sane, sometimes not at all
 * @me: host
 * @peer: the one it talks to
 * @p: filled
 * @opt: for the options of @p, MAX_TCP_OPTION_SPACE bytes
 *
 * Context: any.
 */
void tb_segment(const struct tb_end *me, const struct tb_end *peer,
		struct tb_packet *p, u8 *opt)
{
	struct ts_options o = { .bytes = opt };

	memset(p, 0, sizeof(*p));
	p->flags = TCPHDR_ACK | (tb_below(3) ? 0 : TCPHDR_PSH);
	p->win = ts_window();
	p->seq = me->next;
	p->ack = peer->next - (tb_below(3) ? 0 : tb_below(3000));
	p->len = tb_below(2) ? tb_below(1400) : 0;
	switch (tb_below(24)) {
	case 0:	/* retransmission */
		p->seq -= tb_below(5000);
		break;
	case 1:	/* a hole in front of it */
		p->seq += tb_below(3000);
		break;
	case 2:	/* just over the edge, or across it */
		p->seq = me->edge + tb_below(3) - tb_below(1400);
		break;
	case 3:	/* far over the edge */
		p->seq = me->edge + 1 + tb_below(100000);
		break;
	case 4:	/* acknowledges what was never sent */
		p->ack = peer->next + 1 + tb_below(2000);
		break;
	case 5:	/* a very old one */
		p->seq -= 60000 + tb_below(200000);
		break;
	case 6:	/* a very old acknowledgment */
		p->ack -= 60000 + tb_below(200000);
		break;
	case 7:	/* keepalive */
		p->seq--;
		p->len = tb_below(2);
		break;
	case 8:
		p->seq = tb_random();
		p->ack = tb_random();
		break;
	}
	ts_choose(&o, p->ack, peer->next);
	p->opt = opt;
	p->optlen = o.len;
}
