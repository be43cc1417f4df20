// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the conversation with "ip -batch", see console.h. The end of an answer
 * is known by what ip prints for a last command of our own.
 */
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>
#include <sys/wait.h>

#include "console.h"

#define CONSOLE_LAST	"link show dev lo\n"

/**
 * console_open - start ip in a namespace
 * @c: filled
 * @ns: namespace
 * @six: without an address in it a command means IPv6
 */
void console_open(struct console *c, int ns, bool six)
{
	int in[2], out[2];

	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
		die("no pipe");
	c->pid = fork();
	if (c->pid < 0)
		die("no process");
	if (!c->pid) {
		if (setns(ns, CLONE_NEWNET))
			_exit(126);
		dup2(in[0], 0);
		dup2(out[1], 1);
		dup2(out[1], 2);
		if (six)
			execlp("ip", "ip", "-6", "-force", "-batch", "-", NULL);
		execlp("ip", "ip", "-force", "-batch", "-", NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	c->in = fdopen(in[1], "w");
	c->out = fdopen(out[0], "r");
}

void console_close(struct console *c)
{
	if (!c->pid)
		return;
	fclose(c->in);
	fclose(c->out);
	waitpid(c->pid, NULL, 0);
	c->pid = 0;
}

static void console_died(struct console *c, const char *errors)
{
	int status = 0;

	waitpid(c->pid, &status, 0);
	die("ip is gone: status %x %s", status, errors);
}

/**
 * console_send - give commands to ip
 * @c: console
 * @lines: commands
 *
 * They run while the caller does other things; console_wait() must follow.
 */
void console_send(struct console *c, const char *lines)
{
	fputs(lines, c->in);
	fputs("\n" CONSOLE_LAST, c->in);
	fflush(c->in);
}

/**
 * console_wait - wait until ip has carried out its commands
 * @c: console
 * @errors: what it complained of
 * @size: room there
 *
 * Return: whether it had no complaint.
 */
bool console_wait(struct console *c, char *errors, size_t size)
{
	size_t used = 0;
	char line[1024];

	errors[0] = 0;
	for (;;) {
		if (!fgets(line, sizeof(line), c->out))
			console_died(c, errors);
		if (!strncmp(line, "1: lo:", 6))
			break;
		if (used < size)
			used += snprintf(errors + used, size - used, "%s",
					 line);
	}
	/* Its second line */
	if (!fgets(line, sizeof(line), c->out))
		console_died(c, errors);
	return !used;
}
