/* SPDX-License-Identifier: GPL-2.0 */
/* Owns the prototypes of cttimeout.c: the default timeouts of conntrack. */
#ifndef FTCTL_CTTIMEOUT_H
#define FTCTL_CTTIMEOUT_H

#include "nl.h"

/* Of all protocols TCP has the most timeouts, 11, numbered from 1. */
#define CTT_MAX		16

/**
 * struct ctt_values - Timeouts of one protocol.
 * @l3proto: AF_INET or AF_INET6.
 * @l4proto: IPPROTO_*, or CTT_GENERIC.
 * @has: Bit (1 << attribute) for each that is told or changed.
 * @seconds: By attribute.
 */
struct ctt_values {
	u16 l3proto;
	u8 l4proto;
	u32 has;
	u32 seconds[CTT_MAX];
};

/* Conntrack's number for all protocols it has no module for. */
#define CTT_GENERIC	255

int ctt_get(struct nl *nl, struct ctt_values *values);
int ctt_set(struct nl *nl, const struct ctt_values *values);
int ctt_report(const struct nl *nl, int err, const char *what);
int ctt_decode(const struct nlmsghdr *nlh, struct ctt_values *values);
struct nlmsghdr *ctt_build_set(struct nl *nl, const struct ctt_values *values);

#endif /* FTCTL_CTTIMEOUT_H */
