/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the playing of a scenario to both routers, and the comparison of what
 * comes out. Must not know how the scenario was made.
 */
#ifndef TWIN_PLAY_H
#define TWIN_PLAY_H

#include "router.h"
#include "scenario.h"

/**
 * struct play - a game
 * @pair: the routers, the slow one first
 * @step: step of the first difference
 * @different: there was one
 * @key: stream in which it was
 * @refused: control events that could not be carried out
 * @in: frames that went in
 * @out: frames that came out of the slow router
 * @loud: show the difference
 */
struct play {
	struct router *pair;
	u32 step;
	bool different;
	u64 key;
	u32 refused;
	u32 in;
	u32 out;
	bool loud;
};

void play_init(struct router *pair);
void play(struct play *p, const struct scenario *s);

#endif /* TWIN_PLAY_H */
