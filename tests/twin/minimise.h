/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the shrinking of a scenario that shows a difference. Must not know what
 * its steps mean.
 */
#ifndef TWIN_MINIMISE_H
#define TWIN_MINIMISE_H

#include "play.h"
#include "scenario.h"

u32 minimise(const struct play *game, struct scenario *s, u32 seconds);

#endif /* TWIN_MINIMISE_H */
