// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the shrinking of a scenario by delta debugging, see minimise.h: first
 * whole connections, then steps, then single frames are left out, in halves
 * that become smaller, as long as the routers still differ.
 */
#include <stdio.h>
#include <time.h>

#include "minimise.h"

/**
 * struct shrink - a scenario being shrunk
 * @pair: routers
 * @s: scenario
 * @key: stream that has to differ, or else it is another matter
 * @end: when to give up
 * @tries: games played
 * @item: what may be left out, in order
 * @items: their number
 */
struct shrink {
	struct router *pair;
	struct scenario *s;
	u64 key;
	time_t end;
	u32 tries;
	struct item {
		u32 step;
		u32 frame;	/* NO_FRAME: the whole step */
		u16 flow;	/* NO_FLOW: not by flow */
	} *item;
	u32 items;
};

#define NO_FRAME	0xffffffff

static void item_set(struct shrink *m, const struct item *item, bool off)
{
	struct step *step;
	u32 i, j;

	if (item->flow == NO_FLOW) {
		step = &m->s->step[item->step];
		if (item->frame == NO_FRAME)
			step->off = off;
		else
			step->frame[item->frame].off = off;
		return;
	}
	for (i = 0; i < m->s->steps; i++) {
		step = &m->s->step[i];
		for (j = 0; j < step->frames; j++)
			if (step->frame[j].flow == item->flow)
				step->frame[j].off = off;
	}
}

static bool still_different(struct shrink *m)
{
	struct play p = { .pair = m->pair };

	m->tries++;
	play(&p, m->s);
	return p.different && p.key == m->key;
}

/* Leave out items @from to @to for good if the difference stays */
static bool leave_out(struct shrink *m, u32 from, u32 to)
{
	u32 i;

	for (i = from; i < to; i++)
		item_set(m, &m->item[i], true);
	if (still_different(m)) {
		for (i = from; i < to; i++)
			m->item[i].step = m->s->steps;
		return true;
	}
	for (i = from; i < to; i++)
		item_set(m, &m->item[i], false);
	return false;
}

static void forget_left_out(struct shrink *m)
{
	u32 i, n = 0;

	for (i = 0; i < m->items; i++)
		if (m->item[i].step != m->s->steps)
			m->item[n++] = m->item[i];
	m->items = n;
}

static void shrink_items(struct shrink *m)
{
	u32 size = (m->items + 1) / 2, i;
	bool gone;

	while (m->items && size) {
		gone = false;
		for (i = 0; i < m->items && time(NULL) < m->end; i += size)
			gone |= leave_out(m, i, min(i + size, m->items));
		forget_left_out(m);
		if (time(NULL) >= m->end)
			return;
		if (!gone || size >= m->items)
			size = size == 1 && gone ? 1 : size / 2;
	}
}

static struct item *item_new(struct shrink *m)
{
	if (!(m->items & (m->items - 1)))
		m->item = grow(m->item, m->items ? m->items * 2 : 1,
			       sizeof(*m->item));
	m->item[m->items].frame = NO_FRAME;
	m->item[m->items].flow = NO_FLOW;
	m->item[m->items].step = 0;
	return &m->item[m->items++];
}

static void items_flows(struct shrink *m)
{
	u16 flow;

	m->items = 0;
	for (flow = 0; flow < m->s->flows; flow++)
		item_new(m)->flow = flow;
	shrink_items(m);
}

static void items_steps(struct shrink *m)
{
	u32 i;

	m->items = 0;
	for (i = 0; i < m->s->steps; i++)
		if (!m->s->step[i].off)
			item_new(m)->step = i;
	shrink_items(m);
}

static void items_frames(struct shrink *m)
{
	const struct step *step;
	struct item *item;
	u32 i, j;

	m->items = 0;
	for (i = 0; i < m->s->steps; i++) {
		step = &m->s->step[i];
		for (j = 0; j < step->frames && !step->off; j++) {
			if (step->frame[j].off)
				continue;
			item = item_new(m);
			item->step = i;
			item->frame = j;
		}
	}
	shrink_items(m);
}

/* A burst of which nothing is left */
static void drop_empty(struct scenario *s)
{
	struct step *step;
	u32 i, j, live;

	for (i = 0; i < s->steps; i++) {
		step = &s->step[i];
		for (j = 0, live = 0; j < step->frames; j++)
			live += !step->frame[j].off;
		if (!step->event && !live)
			step->off = true;
	}
}

/**
 * minimise - shrink a scenario
 * @s: scenario; what is not needed is marked off
 * @game: in which the routers differed
 * @seconds: how long to try
 *
 * Return: how many games were played, 0 if the difference did not come again.
 */
u32 minimise(const struct play *game, struct scenario *s, u32 seconds)
{
	struct shrink m = { .pair = game->pair, .s = s, .key = game->key };
	struct router *pair = game->pair;
	u32 i;

	m.end = time(NULL) + seconds;
	for (i = game->step + 1; i < s->steps; i++)
		s->step[i].off = true;
	pair[0].quiet = true;
	pair[1].quiet = true;
	if (!still_different(&m) && !still_different(&m)) {
		m.tries = 0;
		goto out;
	}
	items_flows(&m);
	drop_empty(s);
	items_steps(&m);
	items_frames(&m);
	drop_empty(s);
	items_steps(&m);
	if (still_different(&m)) {
		struct play p = { .pair = pair, .loud = true };

		printf("# what differs now:\n");
		play(&p, s);
	}
out:
	pair[0].quiet = false;
	pair[1].quiet = false;
	return m.tries;
}
