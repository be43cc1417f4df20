// SPDX-License-Identifier: GPL-2.0
/* Owns bash's completion, written from the table of commands and the names
 * that may follow them, when ftctl is built ("ftctl completion"). Must not
 * know what a command does.
 */
#include <string.h>

#include "command.h"
#include "conn.h"
#include "event.h"
#include "flags.h"
#include "names.h"
#include "out.h"

/* What stands around the lists. The line is cut at blanks here and not by
 * bash, which would also cut at "=" and ":". A reply must then not repeat
 * what stands in front of the last of those.
 */
static const char head[] =
	"# bash completion for ftctl -*- shell-script -*-\n"
	"# Made by \"ftctl completion\". Do not edit.\n"
	"\n"
	"_ftctl_values()\n"
	"{\n"
	"\tcase $1 in\n";

static const char middle[] =
	"\tesac\n"
	"}\n"
	"\n"
	"_ftctl_words()\n"
	"{\n"
	"\tcase $1 in\n";

static const char tail[] =
	"\tesac\n"
	"}\n"
	"\n"
	"_ftctl()\n"
	"{\n"
	"\tlocal line=${COMP_LINE:0:COMP_POINT} cur word last='' path='' list i\n"
	"\tlocal skip='' words\n"
	"\n"
	"\tread -r -a words <<<\"$line\"\n"
	"\tcur=''\n"
	"\t[[ $line == *[[:blank:]] ]] || { cur=${words[-1]}; unset 'words[-1]'; }\n"
	"\tfor word in \"${words[@]:1}\"; do\n"
	"\t\tlast=$word\n"
	"\t\tif [ -n \"$skip\" ]; then skip=''; continue; fi\n"
	"\t\tcase $word in\n"
	"\t\t-N) skip=1 ;;\n"
	"\t\t-*) ;;\n"
	"\t\t*)\n"
	"\t\t\t[ -z \"$(_ftctl_words \"${path:+$path }$word\")\" ] ||\n"
	"\t\t\t\tpath=${path:+$path }$word\n"
	"\t\t\t;;\n"
	"\t\tesac\n"
	"\tdone\n"
	"\tCOMPREPLY=()\n"
	"\tif [ \"$last\" = -N ]; then\n"
	"\t\tlist=$(ls /run/netns 2>/dev/null)\n"
	"\telif [[ $cur == -* ]]; then\n"
	"\t\tlist='-4 -6 -N -d -h -j -n -p -V'\n"
	"\telif [[ $cur == *=* ]]; then\n"
	"\t\tlist=$(_ftctl_values \"${cur%%=*}\" \"$path\")\n"
	"\t\tcur=${cur##*[=,]}\n"
	"\telif [ \"$last\" = sort ]; then\n"
	"\t\tlist=$(_ftctl_values sort \"$path\")\n"
	"\telse\n"
	"\t\tlist=$(_ftctl_words \"$path\")\n"
	"\t\t[ \"$list\" != FILE ] || { compopt -o default; return; }\n"
	"\tfi\n"
	"\tfor i in $list; do\n"
	"\t\t[[ $i != \"$cur\"* ]] || COMPREPLY+=(\"$i\")\n"
	"\tdone\n"
	"\t[[ ${COMPREPLY[0]:-} != *= ]] || compopt -o nospace 2>/dev/null\n"
	"} && complete -F _ftctl ftctl\n";

static void values_begin(const char *names)
{
	out_printf("\t%s)\n\t\techo", names);
}

static void values_end(void)
{
	out_text("\n\t\t;;\n");
}

static void put_values(void)
{
	char number[NAME_SIZE];
	const char *name;
	size_t i;

	values_begin("sort|columns");
	for (i = 0; i < PROPS; i++)
		out_printf(" %s", conn_props[i].key);
	values_end();
	values_begin("why-not");
	for (i = 1; (name = reason_name(i)); i++)
		out_printf(" %s", name);
	values_end();
	values_begin("protocol");
	for (i = 0; (name = protocol_word(i)); i++)
		out_printf(" %s", name);
	values_end();
	values_begin("tcp-state");
	for (i = 0; i < 16; i++) {
		name = tcp_state_name(i, number);
		if (name != number)
			out_printf(" %s", name);
	}
	values_end();
	values_begin("event");
	for (i = 0; (name = event_name(i)); i++)
		out_printf(" %s", name);
	values_end();
	values_begin("family");
	out_text(" ipv4 ipv6");
	values_end();
	values_begin("state");
	out_text(" new established related");
	values_end();
	out_text("\tdevice|in-device|out-device)\n"
		 "\t\tls /sys/class/net\n"
		 "\t\t;;\n");
	for (i = 0; i < CONN_FLAGS; i++)
		out_printf("%s%s", i ? "|" : "\t", conn_flags[i].key);
	out_text("|loose-tcp-tracking|liberal-tcp-tracking)\n"
		 "\t\techo yes no\n"
		 "\t\t;;\n"
		 "\tingress)\n"
		 "\t\techo yes no auto\n"
		 "\t\t;;\n"
		 "\tenabled)\n"
		 "\t\t[ \"$2\" = set ] || echo auto\n"
		 "\t\techo yes no\n"
		 "\t\t;;\n");
}

/* First words of the commands, each once, and second words of a group. */
static void put_group(const char *group)
{
	size_t i, len = strlen(group);
	const char *name;

	out_printf("\t'%s')\n\t\techo", group);
	for (i = 0; (name = command_name(i)); i++) {
		size_t first = strcspn(name, " ");

		if (len && (first != len || strncmp(name, group, len)))
			continue;
		if (len)
			out_printf(" %s", name + len + 1);
		else if (!i || strncmp(command_name(i - 1), name, first + 1))
			out_printf(" %.*s", (int)first, name);
	}
	values_end();
}

static void put_groups(void)
{
	const char *name;
	size_t i, first;
	char group[32];

	put_group("");
	for (i = 0; (name = command_name(i)); i++) {
		first = strcspn(name, " ");
		if (!name[first] || first >= sizeof(group) ||
		    (i && !strncmp(command_name(i - 1), name, first + 1)))
			continue;
		memcpy(group, name, first);
		group[first] = '\0';
		put_group(group);
	}
}

static void put_commands(void)
{
	const struct command *command;
	size_t i, word;

	for (i = 0; (command = command_at(i)); i++) {
		if (!command->word && !command->file)
			continue;
		out_printf("\t'%s')\n\t\techo", command->name);
		if (command->file)
			out_text(" FILE");
		for (word = 0; command->word && command->word(word); word++)
			out_printf(" %s", command->word(word));
		values_end();
	}
}

/**
 * cmd_completion() - Print the completion script.
 * @ftctl: Options.
 * @argc: How many words follow.
 * @argv: Words.
 *
 * Return: Exit code.
 */
int cmd_completion(const struct ftctl *ftctl, int argc, char **argv)
{
	(void)ftctl;
	if (no_words(argc, argv))
		return EXIT_USAGE;
	out_text(head);
	put_values();
	out_text(middle);
	put_groups();
	put_commands();
	out_text(tail);
	return EXIT_OK;
}
