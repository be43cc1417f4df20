/* SPDX-License-Identifier: GPL-2.0 */
/* Owns the prototypes of proc.c: sysctls. */
#ifndef FTCTL_PROC_H
#define FTCTL_PROC_H

#include "ftctl.h"

#define SYSCTL_CT	"net/netfilter/nf_conntrack_"

int sysctl_read(const char *name, u64 *value);
int sysctl_open(const char *name);
int sysctl_write(int fd, u64 value);
bool sysctl_is_fixed(const char *name);

#endif /* FTCTL_PROC_H */
