// SPDX-License-Identifier: GPL-2.0
/* Owns the options and the way from the command line to a command. Must not
 * know what any command does.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "command.h"
#include "conn.h"
#include "diag.h"
#include "netns.h"
#include "out.h"

#ifndef FTCTL_VERSION
#define FTCTL_VERSION	"0"
#endif

/**
 * struct request - What the options ask for.
 * @ftctl: Options for the commands.
 * @netns: Network namespace of -N, or NULL.
 * @help: -h was given.
 * @version: -V was given.
 */
struct request {
	struct ftctl ftctl;
	const char *netns;
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
	case 'd':
		request->ftctl.detail = true;
		return EXIT_OK;
	case 'n':
		request->ftctl.numeric = true;
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

/* -N takes the rest of its word, or the next one. Returns how many words
 * were used, 0 after a message.
 */
static int take_netns(struct request *request, const char *rest,
		      const char *next)
{
	if (request->netns) {
		fail(EXIT_USAGE, "-N is given twice");
		return 0;
	}
	request->netns = *rest ? rest : next;
	if (!request->netns || !*request->netns) {
		fail(EXIT_USAGE, "-N: the name of a namespace is missing");
		return 0;
	}
	return *rest ? 1 : 2;
}

/* Returns how many words were used, 0 after a message. */
static int take_option(struct request *request, const char *word,
		       const char *next)
{
	if (!strcmp(word, "--help"))
		word = "-h";
	if (!strcmp(word, "--version"))
		word = "-V";
	if (word[1] == '-') {
		fail(EXIT_USAGE, "unknown option %s (see: ftctl help)", word);
		return 0;
	}
	while (*++word) {
		if (*word == 'N')
			return take_netns(request, word + 1, next);
		if (take_letter(request, *word))
			return 0;
	}
	return 1;
}

/* Options may stand anywhere; words are moved to the front of argv. */
static int take_options(struct request *request, int *argc, char **argv)
{
	int i, used, words = 0;

	for (i = 1; i < *argc; i += used) {
		used = 1;
		if (argv[i][0] != '-' || !argv[i][1]) {
			argv[words++] = argv[i];
			continue;
		}
		/* The last word is followed by the NULL behind argv. */
		used = take_option(request, argv[i], argv[i + 1]);
		if (!used)
			return EXIT_USAGE;
	}
	*argc = words;
	return EXIT_OK;
}

static int run(int argc, char **argv)
{
	const struct command *command;
	struct request request;
	int used, ret;

	memset(&request, 0, sizeof(request));
	if (take_options(&request, &argc, argv))
		return EXIT_USAGE;
	if (request.version) {
		out_printf("ftctl %s\n", FTCTL_VERSION);
		return EXIT_OK;
	}
	if (request.help)
		return command_help(argc, argv, false);
	if (!argc)
		return fail(EXIT_USAGE, "no command (see: ftctl help)");
	command = command_find(argc, argv, &used);
	if (!command)
		return EXIT_USAGE;
	if (request.ftctl.family && !command->family)
		return fail(EXIT_USAGE, "%s does not take -%c (see: ftctl help)",
			    command->name,
			    request.ftctl.family == AF_INET ? '4' : '6');
	if (request.netns) {
		ret = netns_enter(request.netns);
		if (ret)
			return ret;
	}
	conn_numeric(request.ftctl.numeric);
	return command->run(&request.ftctl, argc - used, argv + used);
}

int main(int argc, char **argv)
{
	out_guard();
	return out_close(run(argc, argv));
}
