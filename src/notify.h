/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Prototypes of notify.c: news for listeners and tracepoints.
 */
#ifndef _FASTTRACK_NOTIFY_H
#define _FASTTRACK_NOTIFY_H

#include "fasttrack.h"

void ft_notify(struct fasttrack_flow *flow, u8 cmd,
	       enum fasttrack_reason reason);
void ft_notify_start(void);
void ft_notify_stop(void);

#endif /* _FASTTRACK_NOTIFY_H */
