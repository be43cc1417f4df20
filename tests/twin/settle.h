/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the waiting for what came in behind the far router to have passed the
 * twin. Must not know scenarios.
 */
#ifndef TWIN_SETTLE_H
#define TWIN_SETTLE_H

#include "router.h"
#include "stream.h"

bool settle(struct router *r, struct stream *s, u32 ms);

#endif /* TWIN_SETTLE_H */
