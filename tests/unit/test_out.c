// SPDX-License-Identifier: GPL-2.0
/* Owns the tests of out.c: what exit code there is when stdout could not be
 * written. Each case is a process with a stdout of its own.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ftctl.h"
#include "ktap.h"
#include "out.h"

static int closed_pipe(void)
{
	int ends[2];

	if (pipe(ends))
		return -1;
	close(ends[0]);
	return ends[1];
}

static int full_disk(void)
{
	return open("/dev/full", O_WRONLY);
}

static int no_reader_needed(void)
{
	return open("/dev/null", O_WRONLY);
}

static const struct {
	const char *name;
	int (*open)(void);
	int code;
	int want;
} cases[] = {
	{ "written", no_reader_needed, EXIT_OK, EXIT_OK },
	{ "written, and failed", no_reader_needed, EXIT_MODULE, EXIT_MODULE },
	{ "reader has gone", closed_pipe, EXIT_OK, EXIT_OK },
	{ "reader has gone, and failed", closed_pipe, EXIT_MODULE,
	  EXIT_MODULE },
	{ "wrong, and reader has gone", closed_pipe, EXIT_USAGE, EXIT_USAGE },
	{ "disk is full", full_disk, EXIT_OK, EXIT_KERNEL },
	{ "disk is full, and failed", full_disk, EXIT_MODULE, EXIT_MODULE },
};

static int run(size_t i)
{
	int status, fd;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (!child) {
		fd = cases[i].open();
		if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0)
			_exit(99);
		out_guard();
		out_text("words\n");
		_exit(out_close(cases[i].code));
	}
	if (child < 0 || waitpid(child, &status, 0) < 0 || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

int main(void)
{
	size_t i;

	ktap_plan(ARRAY_SIZE(cases));
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		ktap_case(run(i) == cases[i].want, cases[i].name);
	return ktap_end();
}
