/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The part of a namespace that ctmode.c owns, and its prototypes.
 */
#ifndef _FASTTRACK_CTMODE_H
#define _FASTTRACK_CTMODE_H

#include <linux/mutex.h>
#include <linux/netfilter.h>
#include <uapi/linux/fasttrack.h>

struct fasttrack_net;

#define FT_CTMODE_HOOKS	4

/**
 * struct ft_ctmode - what keeps connection tracking of a namespace on
 * @lock: changes of the below; process context. Taken outside conntrack's
 *	own mutexes, inside nothing of ours.
 * @mode: the setting, written under @lock
 * @ops: hooks of FASTTRACK_TRACKING_NO; under @lock
 */
struct ft_ctmode {
	struct mutex		lock;	/* the setting */
	u32			mode;
	struct nf_hook_ops	ops[FT_CTMODE_HOOKS];
};

void ft_ctmode_init(struct fasttrack_net *fn);
void ft_ctmode_exit(struct fasttrack_net *fn);
int ft_ctmode_set(struct fasttrack_net *fn, enum fasttrack_tracking mode,
		  u32 portid);

#endif /* _FASTTRACK_CTMODE_H */
