// SPDX-License-Identifier: GPL-2.0
/* Owns "ftctl tracking save" and "load": files of NAME=VALUE lines, where #
 * begins a comment. A load takes the whole file or nothing of it. Must not
 * know how a file is replaced.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "command.h"
#include "diag.h"
#include "file.h"
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

/* A value that can't be set here would make its own file useless here. */
static const char *why_not(const struct tracking_plan *plan, size_t i)
{
	const struct tracking_row *row = &tracking_rows[i];

	if (row->sysctl && sysctl_is_fixed(row->sysctl))
		return "for the first network namespace";
	return tracking_unfit(plan, i);
}

static void put_row(struct buf *buf, const struct tracking_plan *plan,
		    size_t i)
{
	const char *why = why_not(plan, i);
	char text[LINE_SIZE];

	if (!tracking_format(plan, i, text, sizeof(text)))
		return;
	if (why)
		buf_text(buf, "# ");
	buf_text(buf, text);
	if (why) {
		buf_text(buf, " is ");
		buf_text(buf, why);
	}
	buf_char(buf, '\n');
}

static void put_plan(struct buf *buf, const struct tracking_plan *plan)
{
	size_t i;

	buf_text(buf, "# ftctl tracking\n");
	for (i = 0; i < TRACKING_ROWS; i++)
		put_row(buf, plan, i);
}

static int report_file(const char *name, int err)
{
	return fail(EXIT_KERNEL, "%s: %s", name, strerror(err));
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
	struct buf buf = {};
	int ret;

	(void)ftctl;
	if (take_file(argc, argv, "tracking save"))
		return EXIT_USAGE;
	ret = tracking_read_settable(&plan, "tracking save");
	if (ret)
		return ret;
	put_plan(&buf, &plan);
	if (!strcmp(argv[0], "-") || file_is_stdout(argv[0]))
		buf_out(&buf);
	else
		ret = file_write(argv[0], buf.text, buf.used);
	buf_free(&buf);
	return ret ? report_file(argv[0], -ret) : EXIT_OK;
}

/* A complaint about a line is made one about the file. */
static int load_lines(struct tracking_plan *plan, FILE *file,
		      const char *name)
{
	char error[LINE_SIZE] = "";
	unsigned int number = 0;
	size_t room = 0;
	char *line = NULL;
	int err = 0, ret = EXIT_OK;
	ssize_t len;

	while (!ret) {
		len = getline(&line, &room, file);
		if (len < 0) {
			err = errno;
			break;
		}
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
	return ferror(file) ? report_file(name, err) : EXIT_OK;
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
