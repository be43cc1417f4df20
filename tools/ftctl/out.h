/* SPDX-License-Identifier: GPL-2.0 */
/* Owns the prototypes of out.c: stdout. */
#ifndef FTCTL_OUT_H
#define FTCTL_OUT_H

#include <stddef.h>

#include "diag.h"

void out_guard(void);
void out_write(const char *text, size_t len);
void out_text(const char *text);
__printf(1, 2) void out_printf(const char *fmt, ...);
void out_flush(void);
int out_error(void);
int out_close(int code);

#endif /* FTCTL_OUT_H */
