/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns a long-lived "ip -batch" in a namespace: starting it costs as much as
 * thousands of packets. Must not know what its commands mean.
 */
#ifndef TWIN_CONSOLE_H
#define TWIN_CONSOLE_H

#include <stdio.h>

#include "twin.h"

/**
 * struct console - one ip
 * @in: its standard input
 * @out: its standard output and error
 * @pid: process
 */
struct console {
	FILE *in;
	FILE *out;
	int pid;
};

void console_open(struct console *c, int ns, bool six);
void console_close(struct console *c);
void console_send(struct console *c, const char *lines);
bool console_wait(struct console *c, char *errors, size_t size);

#endif /* TWIN_CONSOLE_H */
