/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns a scenario: everything that happens to a pair of routers, written down
 * before it happens, so that it can be repeated in part. Must not know how it
 * was made up, nor how it is carried out.
 */
#ifndef TWIN_SCENARIO_H
#define TWIN_SCENARIO_H

#include "twin.h"
#include "wire/ftwire.h"

#define NO_FLOW		0xffff
#define EVENT_SIZE	512

struct topology;

/**
 * struct frame - one frame
 * @rec: how it is delivered
 * @bytes: from the link header on
 * @flow: number of its flow, or NO_FLOW
 * @off: left out by the minimiser
 * @what: what is special about it
 */
struct frame {
	struct ftwire_frame rec;
	u8 *bytes;
	u16 flow;
	bool off;
	const char *what;
};

/**
 * struct step - a burst of frames or a control event
 * @frame: frames, NULL for an event
 * @frames: their number
 * @event: lines for router_do()
 * @off: left out by the minimiser
 */
struct step {
	struct frame *frame;
	u32 frames;
	char *event;
	bool off;
};

/**
 * struct scenario - what happens
 * @seed: of which it was made
 * @topology: devices
 * @step: steps in order
 * @steps: their number
 * @flows: number of flows
 * @packets: number of frames
 */
struct scenario {
	u32 seed;
	const struct topology *topology;
	struct step *step;
	u32 steps;
	u32 flows;
	u32 packets;
};

struct step *scenario_burst(struct scenario *s);
struct frame *scenario_frame(struct scenario *s, const u8 *bytes, u32 len);
__printf(2, 3) void scenario_event(struct scenario *s, const char *fmt, ...);
void scenario_free(struct scenario *s);
void scenario_print(const struct scenario *s);
void scenario_print_until(const struct scenario *s, u32 last);
u32 scenario_live(const struct scenario *s);

#endif /* TWIN_SCENARIO_H */
