// SPDX-License-Identifier: GPL-2.0
/* Owns stderr and the end of the run when memory is out. Must not know
 * stdout, netlink or any command.
 */
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "diag.h"
#include "ftctl.h"
#include "visible.h"

/* Room for the longest path and what is said of it. */
#define MESSAGE_SIZE	(PATH_MAX + 512)

/* Where messages go instead of stderr while something else owns the terminal,
 * or NULL.
 */
static char *caught;
static size_t caught_size;

/* One line, whatever the words in it are. A very long word is cut: memory may
 * be out when there is something to say.
 */
__printf(1, 0) static void say(const char *fmt, va_list args)
{
	char text[MESSAGE_SIZE], line[MESSAGE_SIZE * VISIBLE_MAX];

	vsnprintf(text, sizeof(text), fmt, args);
	visible(line, text);
	if (caught)
		snprintf(caught, caught_size, "%s", line);
	else
		fprintf(stderr, "ftctl: %s\n", line);
}

/**
 * fail() - Say on stderr what went wrong.
 * @code: Exit code, handed back so that a caller can return it.
 * @fmt: One line, without name and newline.
 *
 * Return: @code.
 */
int fail(int code, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(fmt, args);
	va_end(args);
	return code;
}

/**
 * note() - Say something on stderr that is no failure.
 * @fmt: One line, without name and newline.
 */
void note(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(fmt, args);
	va_end(args);
}

/**
 * diag_catch() - Catch messages.
 * @text: Where the latest one goes, or NULL for stderr again.
 * @size: Bytes there.
 */
void diag_catch(char *text, size_t size)
{
	caught = text;
	caught_size = size;
}

/**
 * xrealloc() - Resize an array, or end the run.
 * @old: Array so far, or NULL.
 * @count: Elements wanted, more than none.
 * @size: Bytes of one element.
 *
 * Return: The array, never NULL.
 */
void *xrealloc(void *old, size_t count, size_t size)
{
	void *new = NULL;

	if (count <= SIZE_MAX / size)
		new = realloc(old, count * size);
	if (!new)
		exit(fail(EXIT_KERNEL, "out of memory"));
	return new;
}
