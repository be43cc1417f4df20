/* SPDX-License-Identifier: GPL-2.0 */
/* Owns the prototypes of tuple.c: words that name one connection. */
#ifndef FTCTL_TUPLE_H
#define FTCTL_TUPLE_H

#include "fasttrack.h"

#define TUPLE_ERROR_SIZE	160

int tuple_parse(struct ft_key *key, int argc, char **argv, char *error);
const char *tuple_word(size_t i);

#endif /* FTCTL_TUPLE_H */
