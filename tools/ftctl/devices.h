/* SPDX-License-Identifier: GPL-2.0 */
/* Owns the prototypes of devices.c: names of network devices. */
#ifndef FTCTL_DEVICES_H
#define FTCTL_DEVICES_H

#include "ftctl.h"

const char *device_name(u32 ifindex);
void devices_forget(void);

#endif /* FTCTL_DEVICES_H */
