/* SPDX-License-Identifier: GPL-2.0 */
/* Owns the prototypes of netns.c: the network namespace of the process. */
#ifndef FTCTL_NETNS_H
#define FTCTL_NETNS_H

int netns_enter(const char *name);

#endif /* FTCTL_NETNS_H */
