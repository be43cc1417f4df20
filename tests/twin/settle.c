// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the waiting for the far side, see settle.h. A tunnel or a pair takes
 * packets on when it likes, after the write has returned, but keeps their
 * order: a packet of no connection is sent behind them, and when it has come
 * out at the LAN, so have they. Otherwise an acknowledgment that is injected at
 * the LAN might overtake the data that it is about.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "packet.h"
#include "settle.h"

#define TAIL	8	/* bytes of payload, which name the packet */

/* Record and frame as /dev/ftwire wants them */
struct marker {
	struct ftwire_frame rec;
	u8 bytes[128];
};

static void marker_make(struct marker *m, const struct topology *t, u32 number)
{
	static const u8 from[] = { 10, 20, 0, 250 }, to[] = { 10, 1, 0, 11 };
	struct packet p = {
		.family = 4, .proto = IPPROTO_UDP, .sport = 9, .dport = 9,
		.ttl = 61, .payload = TAIL,
	};
	u8 tail[TAIL] = "mark";
	u32 head;

	memset(m, 0, sizeof(*m));
	memcpy(p.src, from, sizeof(from));
	memcpy(p.dst, to, sizeof(to));
	put32(tail + 4, number);
	p.body = tail;
	head = topology_wrap(t, PORT_WAN, 4, m->bytes);
	m->rec.len = head + packet_write(&p, m->bytes + head);
	m->rec.port = PORT_WAN;
}

static u64 now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ull + t.tv_nsec / 1000000;
}

/**
 * settle - wait until the far side's packets have arrived
 * @r: router with a far side
 * @s: its capture; what comes out meanwhile is added
 * @ms: how long, because no packet may get through
 *
 * Return: whether they have.
 */
bool settle(struct router *r, struct stream *s, u32 ms)
{
	size_t size, from = s->used;
	u64 end = now_ms() + ms;
	struct marker m;

	marker_make(&m, r->topology, ++r->marks);
	size = (sizeof(m.rec) + m.rec.len + FTWIRE_ALIGN - 1) &
	       ~(size_t)(FTWIRE_ALIGN - 1);
	if (write(r->wire, &m, size) != (ssize_t)size)
		die("injection: %s", strerror(errno));
	for (;;) {
		stream_capture(s, r->wire);
		if (stream_has(s, from, m.bytes + m.rec.len - TAIL, TAIL)) {
			r->passed++;
			return true;
		}
		if (now_ms() > end)
			return false;
		usleep(200);
	}
}
