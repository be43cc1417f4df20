/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the making up of a scenario from a seed: the mix of scenes, and how a
 * packet becomes a frame. scene.c, odd*.c and event.c have the scenes. Must not
 * know a router.
 */
#ifndef TWIN_GEN_H
#define TWIN_GEN_H

#include "flow.h"
#include "rng.h"
#include "scenario.h"
#include "topology.h"

/**
 * struct gen - a scenario in the making
 * @rng: random numbers
 * @s: the scenario
 * @t: its topology
 * @flow: connections
 * @flows: their number
 * @delivery: of the burst in the making
 * @shape: likewise
 * @csum: likewise, for packets whose checksum is right
 * @group: likewise
 * @dir: of its last frame
 * @hold: an event is going on
 * @what: what is special about the frames that follow
 */
struct gen {
	struct rng rng;
	struct scenario *s;
	const struct topology *t;
	struct flow *flow;
	u16 flows;
	u8 delivery;
	u8 shape;
	u8 csum;
	u16 group;
	enum way dir;
	bool hold;
	const char *what;
};

void gen_scenario(struct scenario *s, u32 seed, u32 packets,
		  const struct topology *t);

/* frames */
void gen_burst(struct gen *g);
struct frame *gen_packet(struct gen *g, struct flow *f, enum way dir,
			 const struct packet *p);
struct frame *gen_bytes(struct gen *g, struct flow *f, enum way dir,
			enum side port, const u8 *ip, u32 len);
struct flow *gen_flow(struct gen *g);
u32 gen_mtu(const struct gen *g);

/* scene.c: connections as they should be, more or less */
void scene_revive(struct gen *g, struct flow *f);
void scene_open(struct gen *g, struct flow *f);
void scene_bulk(struct gen *g, struct flow *f, u32 count);
void scene_close(struct gen *g, struct flow *f);
void scene_data(struct gen *g, struct flow *f, enum way dir, u32 size);

/* odd.c, fragment.c: packets as they should not be */
void odd_scene(struct gen *g, struct flow *f);

/* event.c: what is done to the routers meanwhile */
void event_scene(struct gen *g, void (*traffic)(struct gen *g));

#endif /* TWIN_GEN_H */
