/* SPDX-License-Identifier: GPL-2.0 */
/* Owns the prototypes of nl.c: one netlink socket and its conversations. */
#ifndef FTCTL_NL_H
#define FTCTL_NL_H

#include <libmnl/libmnl.h>

#include "ftctl.h"

/* What nl_dump() returns when the table changed under it. */
#define NL_INTERRUPTED	1

struct nl;

/* Sees one message of an answer. Returns 0, or a negative errno to stop. */
typedef int (*nl_cb)(const struct nlmsghdr *nlh, void *data);

struct nl *nl_open(int bus);
void nl_close(struct nl *nl);
struct nlmsghdr *nl_request(struct nl *nl, u16 type);
struct nlmsghdr *nl_nfnl_request(struct nl *nl, u8 subsys, u8 msg, u8 family);
struct nlmsghdr *nl_genl_request(struct nl *nl, u16 id, u8 cmd, u8 version);
int nl_do(struct nl *nl, struct nlmsghdr *nlh, nl_cb cb, void *data);
int nl_dump(struct nl *nl, struct nlmsghdr *nlh, nl_cb cb, void *data);
int nl_report(const struct nl *nl, int err, const char *what);
int nl_genl_family(struct nl *nl, const char *name);
int nl_genl_listed(struct nl *nl, const char *name);
int nl_genl_group(struct nl *nl, const char *family, const char *group);
int nl_join(struct nl *nl, int group);
int nl_fd(const struct nl *nl);
int nl_receive(struct nl *nl, nl_cb cb, void *data);

#endif /* FTCTL_NL_H */
