/* SPDX-License-Identifier: GPL-2.0 */
/* Owns the prototypes of diag.c: messages to stderr and checked memory. */
#ifndef FTCTL_DIAG_H
#define FTCTL_DIAG_H

#include <stddef.h>

#define __printf(a, b)	__attribute((format(printf, a, b)))

__printf(2, 3) int fail(int code, const char *fmt, ...);
__printf(1, 2) void note(const char *fmt, ...);
void diag_catch(char *text, size_t size);
void *xrealloc(void *old, size_t count, size_t size);

#endif /* FTCTL_DIAG_H */
