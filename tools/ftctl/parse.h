/* SPDX-License-Identifier: GPL-2.0 */
/* Owns the prototypes of parse_time.c and parse_value.c: words of the
 * command line to values.
 */
#ifndef FTCTL_PARSE_H
#define FTCTL_PARSE_H

#include "ftctl.h"

/* Room for any time that format_time() can make. */
#define TIME_SIZE	48

int parse_time(const char *text, u64 *ms);
const char *format_time(u64 ms, char *text);
int parse_number(const char *text, u64 *number);
int parse_amount(const char *text, u64 *amount);
int parse_yes_no(const char *text, bool *yes);
const char *parse_assignment(const char *word, const char *name);
size_t parse_name_length(const char *word);

#endif /* FTCTL_PARSE_H */
