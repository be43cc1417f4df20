// SPDX-License-Identifier: GPL-2.0
/* Owns the options and the way from the command line to a command. Must not
 * know what any command does.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "command.h"
#include "diag.h"
#include "out.h"

#ifndef FTCTL_VERSION
#define FTCTL_VERSION	"0"
#endif

/**
 * struct request - What the options ask for.
 * @ftctl: Options for the commands.
 * @help: -h was given.
 * @version: -V was given.
 */
struct request {
	struct ftctl ftctl;
	bool help;
	bool version;
};

static int take_family(struct request *request, u8 family)
{
	if (request->ftctl.family && request->ftctl.family != family)
		return fail(EXIT_USAGE, "-4 and -6 exclude each other");
	request->ftctl.family = family;
	return EXIT_OK;
}

static int take_letter(struct request *request, char letter)
{
	switch (letter) {
	case '4':
		return take_family(request, AF_INET);
	case '6':
		return take_family(request, AF_INET6);
	case 'j':
		request->ftctl.json = true;
		return EXIT_OK;
	case 'p':
		request->ftctl.pretty = true;
		return EXIT_OK;
	case 'V':
		request->version = true;
		return EXIT_OK;
	case 'h':
		request->help = true;
		return EXIT_OK;
	}
	return fail(EXIT_USAGE, "unknown option -%c (see: ftctl help)", letter);
}

static int take_option(struct request *request, const char *word)
{
	if (!strcmp(word, "--help"))
		return take_letter(request, 'h');
	if (!strcmp(word, "--version"))
		return take_letter(request, 'V');
	if (word[1] == '-')
		return fail(EXIT_USAGE, "unknown option %s (see: ftctl help)",
			    word);
	while (*++word)
		if (take_letter(request, *word))
			return EXIT_USAGE;
	return EXIT_OK;
}

/* Options may stand anywhere; words are moved to the front of argv. */
static int take_options(struct request *request, int *argc, char **argv)
{
	int i, words = 0;

	for (i = 1; i < *argc; i++) {
		if (argv[i][0] == '-' && argv[i][1]) {
			if (take_option(request, argv[i]))
				return EXIT_USAGE;
		} else {
			argv[words++] = argv[i];
		}
	}
	*argc = words;
	return EXIT_OK;
}

static int run(int argc, char **argv)
{
	const struct command *command;
	struct request request;
	int used;

	memset(&request, 0, sizeof(request));
	if (take_options(&request, &argc, argv))
		return EXIT_USAGE;
	if (request.version) {
		out_printf("ftctl %s\n", FTCTL_VERSION);
		return EXIT_OK;
	}
	if (request.help)
		return command_help(argc, argv);
	if (!argc)
		return fail(EXIT_USAGE, "no command (see: ftctl help)");
	command = command_find(argc, argv, &used);
	if (!command)
		return EXIT_USAGE;
	return command->run(&request.ftctl, argc - used, argv + used);
}

int main(int argc, char **argv)
{
	out_guard();
	return out_close(run(argc, argv));
}
