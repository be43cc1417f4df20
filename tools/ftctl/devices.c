// SPDX-License-Identifier: GPL-2.0
/* Owns the names of network devices by number, asked of the kernel once per
 * device and not once per connection. Must not know what they are for.
 */
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>

#include "devices.h"
#include "diag.h"

/**
 * struct device - One device.
 * @ifindex: Its number.
 * @name: Its name, empty if the kernel has none.
 */
struct device {
	u32 ifindex;
	char name[IF_NAMESIZE];
};

/* A router has few devices in use, and the last ones asked for are asked for
 * again; so the slot is the number's remainder and a clash is asked anew.
 */
#define SLOTS	256

static struct device slot[SLOTS];

/**
 * device_name() - Name of a device.
 * @ifindex: Its number in this network namespace.
 *
 * Return: Name, good until the next call, or NULL if there is none.
 */
const char *device_name(u32 ifindex)
{
	struct device *device = &slot[ifindex % SLOTS];

	if (device->ifindex != ifindex) {
		device->ifindex = ifindex;
		if (!if_indextoname(ifindex, device->name))
			device->name[0] = '\0';
	}
	return device->name[0] ? device->name : NULL;
}

/**
 * devices_forget() - Ask again from now on, for what runs for long.
 */
void devices_forget(void)
{
	size_t i;

	for (i = 0; i < SLOTS; i++)
		slot[i].ifindex = 0;
}
