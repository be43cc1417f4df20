/* SPDX-License-Identifier: GPL-2.0 */
/* Owns the prototypes of present.c: what the kernel has without being asked
 * for it, since asking would load it.
 */
#ifndef FTCTL_PRESENT_H
#define FTCTL_PRESENT_H

#include "ftctl.h"

/**
 * enum present - Is a part of the kernel there?
 * @PRESENT_NO: No: there is nothing in it.
 * @PRESENT_YES: Yes, as a module or built in.
 * @PRESENT_UNKNOWN: That can't be told.
 */
enum present {
	PRESENT_NO,
	PRESENT_YES,
	PRESENT_UNKNOWN,
};

enum present present_bus(const char *root, int bus);
enum present present_file(const char *root, const char *name);
enum present present_module(const char *root, const char *release,
			    const char *name, const char *symbol);

#endif /* FTCTL_PRESENT_H */
