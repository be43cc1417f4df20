/* SPDX-License-Identifier: GPL-2.0 */
/* Owns the prototypes of event.c: what an event looks like. */
#ifndef FTCTL_EVENT_H
#define FTCTL_EVENT_H

#include <time.h>

#include "conn.h"

const char *event_name(size_t i);
int event_find(const char *name, size_t len);
void event_text(struct buf *buf, enum ft_event_kind kind,
		const struct conn *conn, const struct timespec *when);
void event_json(struct buf *buf, enum ft_event_kind kind,
		const struct conn *conn, const struct timespec *when,
		bool pretty);

#endif /* FTCTL_EVENT_H */
