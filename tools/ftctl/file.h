/* SPDX-License-Identifier: GPL-2.0 */
/* Owns the prototypes of file.c: writing to what a name stands for. */
#ifndef FTCTL_FILE_H
#define FTCTL_FILE_H

#include "ftctl.h"

bool file_is_stdout(const char *name);
int file_write(const char *name, const char *text, size_t len);

#endif /* FTCTL_FILE_H */
