// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the playing of a scenario, see play.h. A burst is done when it has been
 * written: the wire delivers before it returns. What a tunnel or a queue still
 * holds by then is waited for, but only while the routers differ.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compare.h"
#include "play.h"
#include "settle.h"
#include "stream.h"
#include "tunnel.h"

#define PATIENCE_MS	2000
#define FAR_MS		1000	/* for the far side, unless nothing gets through */
#define FAR_AGAIN_MS	3
#define FAR_FIRST_MS	20000	/* a tunnel may have to try twice */

static struct stream streams[2];
static u8 *batch;
static size_t batch_room;

/**
 * play_init - get ready
 * @pair: routers, without devices
 */
void play_init(struct router *pair)
{
	stream_open(&streams[0]);
	stream_open(&streams[1]);
	router_rules(pair);
}

static void sleep_ms(u32 ms)
{
	usleep(ms * 1000);
}

static size_t batch_add(size_t used, const struct frame *frame)
{
	size_t size = (sizeof(frame->rec) + frame->rec.len + FTWIRE_ALIGN - 1)
		      & ~(size_t)(FTWIRE_ALIGN - 1);

	if (used + size > batch_room) {
		batch_room = (used + size) * 2;
		batch = grow(batch, batch_room, 1);
	}
	memcpy(batch + used, &frame->rec, sizeof(frame->rec));
	memcpy(batch + used + sizeof(frame->rec), frame->bytes,
	       frame->rec.len);
	return used + size;
}

static void batch_write(const struct router *r, size_t size)
{
	if (size && write(r->wire, batch, size) != (ssize_t)size)
		die("injection: %s", strerror(errno));
}

/* Once in vain, the way is blocked, until the next burst */
static void wait_far(struct router *r, struct stream *s, u32 *patience)
{
	if (!settle(r, s, *patience))
		*patience = FAR_AGAIN_MS;
}

/* All at once, but for those that come in by a tun device, and where the near
 * side answers the far one
 */
static u32 inject(struct router *r, const struct step *step, struct stream *s)
{
	u32 flags = r->topology->flags, i, frames = 0, patience = FAR_MS;
	const struct frame *frame;
	bool was_far = false, far;
	size_t used = 0;

	for (i = 0; i < step->frames; i++) {
		frame = &step->frame[i];
		if (frame->off)
			continue;
		frames++;
		far = frame->rec.port == PORT_WAN;
		if (flags & TOPO_TUN && far) {
			batch_write(r, used);
			used = 0;
			tunnel_send(r, frame);
			continue;
		}
		if (flags & TOPO_FAR && was_far && !far) {
			batch_write(r, used);
			used = 0;
			wait_far(r, s, &patience);
		}
		was_far = far;
		used = batch_add(used, frame);
	}
	batch_write(r, used);
	if (flags & TOPO_FAR)
		wait_far(r, s, &patience);
	return frames;
}

static bool play_compare(struct play *p)
{
	u32 waited, i;

	for (waited = 0;; waited = waited * 2 + 2) {
		for (i = 0; i < 2; i++) {
			stream_capture(&streams[i], p->pair[i].wire);
			tunnel_capture(&p->pair[i], &streams[i]);
			stream_sort(&streams[i]);
		}
		if (compare(&streams[0], &streams[1], &p->key))
			return true;
		if (waited > PATIENCE_MS)
			return false;
		sleep_ms(waited);
	}
}

static void play_burst(struct play *p, const struct step *step)
{
	u32 i, frames = 0;

	for (i = 0; i < 2; i++) {
		stream_clear(&streams[i]);
		frames = inject(&p->pair[i], step, &streams[i]);
	}
	p->in += frames;
	if (!play_compare(p)) {
		p->different = true;
		if (p->loud)
			compare_show(&streams[0], &streams[1]);
	}
	p->out += streams[0].count;
}

static void play_event(struct play *p, const struct step *step)
{
	char *text = strdup(step->event), *line, *save;
	u32 ms, i;

	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (sscanf(line, "wait %u", &ms) == 1) {
			sleep_ms(ms);
			continue;
		}
		for (i = 0; i < 2; i++)
			p->refused += !router_do(&p->pair[i], line);
	}
	free(text);
}

/**
 * play - carry out a scenario until the routers differ
 * @p: pair and loud are set, the rest is filled
 * @s: scenario
 */
void play(struct play *p, const struct scenario *s)
{
	u32 i;

	p->different = false;
	p->in = 0;
	p->out = 0;
	p->refused = 0;
	for (i = 0; i < 2; i++) {
		router_reset(&p->pair[i]);
		router_setup(&p->pair[i], s->topology);
		/* Nothing of the scenario before */
		stream_clear(&streams[i]);
		stream_capture(&streams[i], p->pair[i].wire);
		stream_clear(&streams[i]);
		if (s->topology->flags & TOPO_FAR &&
		    !settle(&p->pair[i], &streams[i], FAR_FIRST_MS))
			die("router %s: nothing arrives from the far side",
			    p->pair[i].name);
	}
	for (i = 0; i < s->steps && !p->different; i++) {
		p->step = i;
		if (s->step[i].off)
			continue;
		if (!s->step[i].event) {
			play_burst(p, &s->step[i]);
			continue;
		}
		play_event(p, &s->step[i]);
	}
}
