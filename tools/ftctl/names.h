/* SPDX-License-Identifier: GPL-2.0 */
/* Owns the prototypes of names.c and reasons.c: numbers to words. */
#ifndef FTCTL_NAMES_H
#define FTCTL_NAMES_H

#include "ftctl.h"

/* Room for any number that has no name. */
#define NAME_SIZE	16

const char *tcp_state_name(u8 state, char *number);
const char *protocol_name(u8 protocol, char *number);
const char *protocol_word(size_t i);
int protocol_number(const char *name);
const char *flow_state_name(u32 state, char *number);
const char *dir_state_name(u32 state, char *number);
const char *reason_name(u32 reason);
const char *reason_text(u32 reason);

#endif /* FTCTL_NAMES_H */
