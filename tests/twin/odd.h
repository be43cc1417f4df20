/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the list of oddities by file: fragment.c, oddtcp.c, oddicmp.c; the
 * others are in odd.c, which chooses.
 */
#ifndef TWIN_ODD_H
#define TWIN_ODD_H

#include "gen.h"

void odd_fragments(struct gen *g, struct flow *f, enum way dir);
void odd_tcp(struct gen *g, struct flow *f, enum way dir);
void odd_icmp(struct gen *g, struct flow *f, enum way dir);
void odd_noise(struct gen *g, struct flow *f, enum way dir);

#endif /* TWIN_ODD_H */
