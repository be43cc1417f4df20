/* SPDX-License-Identifier: GPL-2.0 */
/* Owns the shape of a command and of an option, and the prototypes of
 * command.c. A new command is one row in command.c and one function.
 */
#ifndef FTCTL_COMMAND_H
#define FTCTL_COMMAND_H

#include "ftctl.h"

/* Runs a command with the words after its name; returns an exit code. */
typedef int (*command_run)(const struct ftctl *ftctl, int argc, char **argv);

/**
 * struct command - One command.
 * @name: One or two words.
 * @args: What may follow, for the help.
 * @help: One line, or NULL for a command that is not for people.
 * @word: Word number i that may follow, for help and completion, or NULL when
 *	there are no more; NULL if nothing may follow.
 * @file: A file may follow, for completion.
 * @family: It does something else with -4 and -6; the others refuse them.
 * @props: Its help has the properties of a connection.
 * @run: What does it.
 */
struct command {
	const char *name;
	const char *args;
	const char *help;
	const char *(*word)(size_t i);
	bool file;
	bool family;
	bool props;
	command_run run;
};

const struct command *command_find(int argc, char **argv, int *used);
const struct command *command_at(size_t i);
const char *command_name(size_t i);
int command_help(int argc, char **argv, bool alone);
int no_words(int argc, char **argv);

/* The commands, by file. */
int cmd_connection_list(const struct ftctl *ftctl, int argc, char **argv);
int cmd_connection_show(const struct ftctl *ftctl, int argc, char **argv);
int cmd_connection_release(const struct ftctl *ftctl, int argc, char **argv);
int cmd_connection_delete(const struct ftctl *ftctl, int argc, char **argv);
int cmd_connection_why(const struct ftctl *ftctl, int argc, char **argv);
int cmd_monitor(const struct ftctl *ftctl, int argc, char **argv);
const char *monitor_word(size_t i);
int cmd_connection_watch(const struct ftctl *ftctl, int argc, char **argv);
const char *watch_word(size_t i);
int cmd_tracking_show(const struct ftctl *ftctl, int argc, char **argv);
int cmd_tracking_set(const struct ftctl *ftctl, int argc, char **argv);
int cmd_tracking_reset(const struct ftctl *ftctl, int argc, char **argv);
int cmd_tracking_save(const struct ftctl *ftctl, int argc, char **argv);
int cmd_tracking_load(const struct ftctl *ftctl, int argc, char **argv);
const char *tracking_family_word(size_t i);
const char *tracking_word(size_t i);
int cmd_settings(const struct ftctl *ftctl, int argc, char **argv);
int cmd_set(const struct ftctl *ftctl, int argc, char **argv);
const char *setting_word(size_t i);
int cmd_flush(const struct ftctl *ftctl, int argc, char **argv);
int cmd_status(const struct ftctl *ftctl, int argc, char **argv);
int cmd_metrics(const struct ftctl *ftctl, int argc, char **argv);
int cmd_completion(const struct ftctl *ftctl, int argc, char **argv);
int cmd_reasons(const struct ftctl *ftctl, int argc, char **argv);

#endif /* FTCTL_COMMAND_H */
