/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns requests to conntrack: deletion of one entry or of all. Must not know
 * why.
 */
#ifndef TWIN_CONNTRACK_H
#define TWIN_CONNTRACK_H

#include "twin.h"

struct nl;

bool conntrack_do(struct nl *nl, const char *line);

#endif /* TWIN_CONNTRACK_H */
