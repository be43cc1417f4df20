// SPDX-License-Identifier: GPL-2.0
/* Owns "ftctl tracking save" and "load": files of NAME=VALUE lines, where #
 * begins a comment. A load takes the whole file or nothing of it, a save
 * leaves the old file or the whole new one.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "diag.h"
#include "out.h"
#include "proc.h"
#include "tracking.h"

#define LINE_SIZE	256

/* One word, the file. */
static int take_file(int argc, char **argv, const char *what)
{
	if (!argc)
		return fail(EXIT_USAGE, "%s: FILE is missing", what);
	return no_words(argc - 1, argv + 1);
}

/* What this namespace may not set would make its own file useless there. */
static bool is_fixed(const struct tracking_row *row)
{
	return row->sysctl && sysctl_is_fixed(row->sysctl);
}

static int write_plan(FILE *file, const struct tracking_plan *plan)
{
	char text[LINE_SIZE];
	size_t i;

	fputs("# ftctl tracking\n", file);
	for (i = 0; i < TRACKING_ROWS; i++)
		if (tracking_format(plan, i, text, sizeof(text)))
			fprintf(file, "%s%s\n",
				is_fixed(&tracking_rows[i]) ? "# " : "", text);
	return fflush(file) || ferror(file) ? -EIO : 0;
}

static int report_file(const char *name, int err)
{
	return fail(EXIT_KERNEL, "%s: %s", name, strerror(err));
}

/* Beside the file, so that a rename puts it in place. */
static int save_file(const struct tracking_plan *plan, const char *name)
{
	char path[PATH_MAX];
	FILE *file;
	int fd, err = 0;

	if (snprintf(path, sizeof(path), "%s.XXXXXX", name) >=
	    (int)sizeof(path))
		return report_file(name, ENAMETOOLONG);
	fd = mkstemp(path);
	if (fd < 0)
		return report_file(name, errno);
	file = fdopen(fd, "w");
	if (!file || write_plan(file, plan) || fsync(fd) || fchmod(fd, 0644))
		err = errno ?: EIO;
	if (file ? fclose(file) : close(fd))
		err = err ?: errno;
	if (!err && rename(path, name))
		err = errno;
	if (!err)
		return EXIT_OK;
	unlink(path);
	return report_file(name, err);
}

static void save_stdout(const struct tracking_plan *plan)
{
	char text[LINE_SIZE];
	size_t i;

	out_text("# ftctl tracking\n");
	for (i = 0; i < TRACKING_ROWS; i++)
		if (tracking_format(plan, i, text, sizeof(text)))
			out_printf("%s%s\n",
				   is_fixed(&tracking_rows[i]) ? "# " : "",
				   text);
}

/**
 * cmd_tracking_save() - Write all values that can be set to a file.
 * @ftctl: Options.
 * @argc: How many words follow.
 * @argv: Words: the file, - for stdout.
 *
 * Return: Exit code.
 */
int cmd_tracking_save(const struct ftctl *ftctl, int argc, char **argv)
{
	struct tracking_plan plan;
	int ret;

	(void)ftctl;
	if (take_file(argc, argv, "tracking save"))
		return EXIT_USAGE;
	ret = tracking_read_settable(&plan, "tracking save");
	if (ret)
		return ret;
	if (strcmp(argv[0], "-"))
		return save_file(&plan, argv[0]);
	save_stdout(&plan);
	return EXIT_OK;
}

/* A complaint about a line is made one about the file. */
static int load_lines(struct tracking_plan *plan, FILE *file,
		      const char *name)
{
	char error[LINE_SIZE] = "";
	unsigned int number = 0;
	size_t room = 0;
	char *line = NULL;
	int ret = EXIT_OK;
	ssize_t len;

	while (!ret) {
		len = getline(&line, &room, file);
		if (len < 0)
			break;
		number++;
		diag_catch(error, sizeof(error));
		if (strlen(line) != (size_t)len)
			ret = fail(EXIT_USAGE, "a NUL in the line");
		else
			ret = tracking_plan_line(plan, line);
		diag_catch(NULL, 0);
	}
	free(line);
	if (ret)
		return fail(ret, "%s:%u: %s", name, number, error);
	return ferror(file) ? report_file(name, EIO) : EXIT_OK;
}

/**
 * cmd_tracking_load() - Set values from a file.
 * @ftctl: Options.
 * @argc: How many words follow.
 * @argv: Words: the file, - for stdin.
 *
 * A line that is wrong changes nothing.
 *
 * Return: Exit code.
 */
int cmd_tracking_load(const struct ftctl *ftctl, int argc, char **argv)
{
	struct tracking_plan plan;
	FILE *file = stdin;
	int ret;

	(void)ftctl;
	if (take_file(argc, argv, "tracking load"))
		return EXIT_USAGE;
	if (strcmp(argv[0], "-")) {
		file = fopen(argv[0], "re");
		if (!file)
			return report_file(argv[0], errno);
	}
	tracking_plan_init(&plan);
	ret = load_lines(&plan, file, argv[0]);
	if (file != stdin)
		fclose(file);
	return ret ?: tracking_apply(&plan, "tracking load");
}
