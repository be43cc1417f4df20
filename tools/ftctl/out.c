// SPDX-License-Identifier: GPL-2.0
/* Owns stdout: every byte of data goes through here, and every failed write
 * is remembered. Must not know what is written.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ftctl.h"
#include "out.h"

/* What goes to a file or pipe at once. */
#define BUFFER_SIZE	65536

/* The first write error, after which nothing more is written. */
static int error;

/**
 * out_guard() - Make the standard descriptors safe to use.
 *
 * A descriptor that the caller closed would be given to the next socket, and
 * data or messages would be sent into that. Opened for reading, /dev/null
 * lets writes to it fail as they should. A reader that goes away shall end
 * the run by an error and not by a signal.
 */
void out_guard(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) < 0)
			return;
	signal(SIGPIPE, SIG_IGN);
	if (!isatty(STDOUT_FILENO))
		setvbuf(stdout, NULL, _IOFBF, BUFFER_SIZE);
}

/**
 * out_write() - Write bytes.
 * @text: Bytes.
 * @len: How many.
 */
void out_write(const char *text, size_t len)
{
	if (!error && len && fwrite(text, 1, len, stdout) != len)
		error = errno ? errno : EIO;
}

/**
 * out_text() - Write a string.
 * @text: String.
 */
void out_text(const char *text)
{
	out_write(text, strlen(text));
}

/**
 * out_printf() - Write formatted text.
 * @fmt: Format.
 */
void out_printf(const char *fmt, ...)
{
	va_list args;

	if (error)
		return;
	va_start(args, fmt);
	if (vprintf(fmt, args) < 0)
		error = errno ? errno : EIO;
	va_end(args);
}

/**
 * out_flush() - Let the reader see what was written so far.
 */
void out_flush(void)
{
	if (fflush(stdout) && !error)
		error = errno ? errno : EIO;
}

/**
 * out_error() - Did a write fail?
 *
 * Return: 0 or a negative errno, which a netlink callback can return.
 */
int out_error(void)
{
	return -error;
}

/**
 * out_close() - Write what is still buffered and judge the output.
 * @code: Exit code so far.
 *
 * Return: Exit code. A reader that went away, as head does, has all it
 * wanted; any other error means that data was lost. What failed before that
 * stays the failure.
 */
int out_close(int code)
{
	if (fclose(stdout) && !error)
		error = errno ? errno : EIO;
	if (!error || error == EPIPE)
		return code;
	fail(EXIT_KERNEL, "cannot write: %s", strerror(error));
	return code ?: EXIT_KERNEL;
}
