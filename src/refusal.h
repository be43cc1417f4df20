/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where the last refusal of a connection stands, and prototypes of refusal.c.
 */
#ifndef _FASTTRACK_REFUSAL_H
#define _FASTTRACK_REFUSAL_H

#include "fasttrack.h"

#define FT_REFUSAL_SHIFT	FASTTRACK_CT_STATUS_REASON_SHIFT
#define FT_REFUSAL_MASK		(0xffUL << FT_REFUSAL_SHIFT)

bool ft_refusal_stays(enum fasttrack_reason reason);
void ft_refusal_set(struct nf_conn *ct, enum fasttrack_reason reason);

/* Last refusal as the status of an entry that has no flow tells */
static inline enum fasttrack_reason ft_refusal_get(unsigned long status)
{
	u8 reason = (status & FT_REFUSAL_MASK) >> FT_REFUSAL_SHIFT;

	if (!reason && status & BIT(FT_CT_SEEN_BIT))
		return FASTTRACK_REASON_FIRST_HIT;
	return reason;
}

#endif /* _FASTTRACK_REFUSAL_H */
