// SPDX-License-Identifier: GPL-2.0
/* Owns the table of commands, the search in it and the help made of it. Must
 * not know what a command does.
 */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "conn.h"
#include "diag.h"
#include "filter.h"
#include "listing.h"
#include "out.h"
#include "tuple.h"

static int cmd_help(const struct ftctl *ftctl, int argc, char **argv)
{
	(void)ftctl;
	return command_help(argc, argv, true);
}

static const struct command commands[] = {
	{
		.name = "status",
		.help = "what is fast, what is missing for it, and reasons",
		.family = true,
		.run = cmd_status,
	}, {
		.name = "connection list",
		.args = "[FILTER] [sort KEY] [reverse] [limit N] [detail]",
		.help = "connections, and why one is not fast",
		.word = listing_word,
		.family = true,
		.props = true,
		.run = cmd_connection_list,
	}, {
		.name = "connection show",
		.args = "FILTER",
		.help = "all that is known of the connections named",
		.word = listing_word,
		.family = true,
		.props = true,
		.run = cmd_connection_show,
	}, {
		.name = "connection watch",
		.args = "[FILTER] [sort KEY] [reverse] [limit N]\n"
			"              [interval=TIME] [count=N]",
		.help = "connections and their rates, live",
		.word = watch_word,
		.family = true,
		.props = true,
		.run = cmd_connection_watch,
	}, {
		.name = "connection why",
		.args = "PROTOCOL SOURCE:PORT DESTINATION:PORT",
		.help = "why one connection is not fast, or what was",
		.word = tuple_word,
		.family = true,
		.run = cmd_connection_why,
	}, {
		.name = "connection release",
		.args = "FILTER",
		.help = "send connections back to the slow path",
		.word = filter_name,
		.family = true,
		.run = cmd_connection_release,
	}, {
		.name = "connection delete",
		.args = "FILTER",
		.help = "delete conntrack entries",
		.word = filter_name,
		.family = true,
		.run = cmd_connection_delete,
	}, {
		.name = "monitor",
		.args = "[event=fast,released,closed] [FILTER] [buffer=SIZE]",
		.help = "events as they come: fast, released, closed",
		.word = monitor_word,
		.family = true,
		.run = cmd_monitor,
	}, {
		.name = "tracking show",
		.help = "settings of connection tracking",
		.run = cmd_tracking_show,
	}, {
		.name = "tracking set",
		.args = "NAME=VALUE ...",
		.help = "change settings of connection tracking",
		.word = tracking_word,
		.run = cmd_tracking_set,
	}, {
		.name = "tracking reset",
		.args = "routeros|linux",
		.help = "set all of them to a family of defaults",
		.word = tracking_family_word,
		.run = cmd_tracking_reset,
	}, {
		.name = "tracking save",
		.args = "FILE",
		.help = "write them to a file, - for stdout",
		.file = true,
		.run = cmd_tracking_save,
	}, {
		.name = "tracking load",
		.args = "FILE",
		.help = "set all of a file or, if a line is wrong, nothing",
		.file = true,
		.run = cmd_tracking_load,
	}, {
		.name = "settings",
		.help = "settings of the engine",
		.run = cmd_settings,
	}, {
		.name = "set",
		.args = "NAME=VALUE ...",
		.help = "change settings of the engine",
		.word = setting_word,
		.run = cmd_set,
	}, {
		.name = "reasons",
		.help = "reasons for the slow path, and how often",
		.run = cmd_reasons,
	}, {
		.name = "metrics",
		.help = "all counters in OpenMetrics text",
		.family = true,
		.run = cmd_metrics,
	}, {
		.name = "flush",
		.help = "send every connection back to the slow path",
		.run = cmd_flush,
	}, {
		.name = "help",
		.args = "[COMMAND]",
		.help = "this, or help on a command",
		.run = cmd_help,
	}, {
		.name = "completion",
		.run = cmd_completion,
	},
};

/**
 * command_at() - Commands for people, in the order of the help.
 * @i: Number.
 *
 * Return: Command, or NULL behind the last.
 */
const struct command *command_at(size_t i)
{
	return i < ARRAY_SIZE(commands) && commands[i].help ? &commands[i] :
							      NULL;
}

/**
 * command_name() - Their names.
 * @i: Number.
 *
 * Return: Name, or NULL behind the last.
 */
const char *command_name(size_t i)
{
	const struct command *command = command_at(i);

	return command ? command->name : NULL;
}

/* How many words of @name the command line begins with; all or none. */
static int match(const char *name, int argc, char **argv)
{
	int used = 0;

	while (used < argc) {
		size_t len = strcspn(name, " ");

		if (strlen(argv[used]) != len || strncmp(name, argv[used], len))
			return 0;
		used++;
		if (!name[len])
			return used;
		name += len + 1;
	}
	return 0;
}

/* Does any command of two words begin with this one? */
static bool is_group(const char *word)
{
	size_t i, len = strlen(word);

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strncmp(commands[i].name, word, len) &&
		    commands[i].name[len] == ' ')
			return true;
	return false;
}

static void complain(int argc, char **argv)
{
	if (!is_group(argv[0]))
		fail(EXIT_USAGE, "unknown command '%s' (see: ftctl help)",
		     argv[0]);
	else if (argc < 2)
		fail(EXIT_USAGE,
		     "%s: a command is missing (see: ftctl help %s)", argv[0], argv[0]);
	else
		fail(EXIT_USAGE, "%s: unknown command '%s' (see: ftctl help %s)",
		     argv[0], argv[1], argv[0]);
}

/**
 * command_find() - Find the command that the words name.
 * @argc: How many words, at least one.
 * @argv: Words.
 * @used: Filled with the number of words of its name.
 *
 * Return: Command, or NULL after a message.
 */
const struct command *command_find(int argc, char **argv, int *used)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		*used = match(commands[i].name, argc, argv);
		if (*used)
			return &commands[i];
	}
	complain(argc, argv);
	return NULL;
}

static void help_line(const struct command *command)
{
	out_printf("  ftctl %s%s%s\n        %s\n", command->name,
		   command->args ? " " : "", command->args ?: "",
		   command->help);
}

/* First words of the commands that take a family, each once. */
static void help_family(void)
{
	const char *last = "";
	size_t i;

	out_text("  -4, -6     only IPv4, only IPv6; with");
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		const char *name = commands[i].name;
		int len = strcspn(name, " ");

		if (!commands[i].family || !strncmp(name, last, len + 1))
			continue;
		out_printf(" %.*s", len, name);
		last = name;
	}
	out_text("\n");
}

static void help_options(void)
{
	out_text("\nOptions:\n");
	help_family();
	out_text("  -N NAME    in the network namespace of that name\n"
		 "  -d         all properties of each connection\n"
		 "  -j         JSON\n"
		 "  -p         indent the JSON\n"
		 "  -n         numbers of protocols and devices, not names\n"
		 "  -V         version\n"
		 "  -h         help\n"
		 "\nExit: 0 done, 1 usage, 2 kernel, permission or file,\n"
		 "      3 module not loaded\n");
}

/* How many words name a command or a group, as many as can be. What follows a
 * group should have been a command of it.
 */
static int help_length(int argc, char **argv)
{
	int used, most = argc == 1 && is_group(argv[0]);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		used = commands[i].help ? match(commands[i].name, argc, argv) :
					  0;
		if (used > most)
			most = used;
	}
	return most;
}

/* Is the command the one named, or of the group named? */
static bool help_wanted(const struct command *command, int argc, char **argv)
{
	size_t len;

	if (!command->help)
		return false;
	if (!argc)
		return true;
	if (match(command->name, argc, argv) == argc)
		return true;
	len = strlen(argv[0]);
	return argc == 1 && !strncmp(command->name, argv[0], len) &&
	       command->name[len] == ' ';
}

static void help_words(const struct command *command)
{
	size_t i;

	if (!command->word)
		return;
	out_text("        Names:");
	for (i = 0; command->word(i); i++)
		out_printf("%s %s", i % 3 || !i ? "" : "\n              ",
			   command->word(i));
	out_text("\n");
}

static void help_props(void)
{
	size_t i;

	out_text("        Properties:\n");
	for (i = 0; i < PROPS; i++)
		out_printf("          %-23s %s\n", conn_props[i].key,
			   conn_props[i].help);
}

/**
 * command_help() - Print the help.
 * @argc: How many words, 0 for the whole help.
 * @argv: Words of a command or group.
 * @alone: No other words may follow those.
 *
 * Return: Exit code.
 */
int command_help(int argc, char **argv, bool alone)
{
	int used = argc ? help_length(argc, argv) : 0;
	size_t i;

	if (argc && !used) {
		complain(argc, argv);
		return EXIT_USAGE;
	}
	if (alone && no_words(argc - used, argv + used))
		return EXIT_USAGE;
	argc = used;
	if (!argc)
		out_text("Usage: ftctl [OPTIONS] COMMAND\n\n");
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		if (!help_wanted(&commands[i], argc, argv))
			continue;
		help_line(&commands[i]);
		if (argc)
			help_words(&commands[i]);
		if (argc > 1 && commands[i].props)
			help_props();
	}
	if (!argc)
		help_options();
	return EXIT_OK;
}

/**
 * no_words() - Refuse words behind a command that takes none.
 * @argc: How many words.
 * @argv: Words.
 *
 * Return: EXIT_OK, or EXIT_USAGE after a message.
 */
int no_words(int argc, char **argv)
{
	if (!argc)
		return EXIT_OK;
	return fail(EXIT_USAGE, "unexpected word '%s'", argv[0]);
}
