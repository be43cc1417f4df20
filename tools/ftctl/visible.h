/* SPDX-License-Identifier: GPL-2.0 */
/* Owns the prototypes of visible.c: what of a text a terminal may see. */
#ifndef FTCTL_VISIBLE_H
#define FTCTL_VISIBLE_H

#include <stddef.h>

/* Bytes that one byte of text can become. */
#define VISIBLE_MAX	4

size_t utf8_length(const char *text);
char *visible(char *to, const char *text);

#endif /* FTCTL_VISIBLE_H */
