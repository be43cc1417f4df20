/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns WAN devices that ip cannot make: WireGuard's keys, a PPPoE session, the
 * file behind a tun device. Must not know what goes through them.
 */
#ifndef TWIN_TUNNEL_H
#define TWIN_TUNNEL_H

#include "router.h"
#include "stream.h"

struct frame;

void tunnel_make(struct router *r, const struct topology *t);
void tunnel_end(struct router *r);
void tunnel_send(struct router *r, const struct frame *frame);
void tunnel_capture(struct router *r, struct stream *s);

#endif /* TWIN_TUNNEL_H */
