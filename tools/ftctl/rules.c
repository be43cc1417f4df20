// SPDX-License-Identifier: GPL-2.0
/* Owns the way to the text of the firewall's rules: iptables' own programs of
 * both back ends. Must not know what the text means.
 *
 * A table of the legacy back end is only asked for if it is there: asking for
 * it would make it, and with it hooks that cost every packet. Asking for one of
 * the other back end would load nf_tables.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "buf.h"
#include "ruleset.h"

extern char **environ;

/* What a rule set may be long, in bytes: about a million rules. */
#define TEXT_MAX	(128u << 20)

/* Runs a program; its output is appended. */
static int run(const char *program, const char *table, struct buf *buf)
{
	/* posix_spawn() takes what it does not change as if it did. */
	char * const argv[] = {
		(char *)program, "-t", (char *)table, NULL,
	};
	posix_spawn_file_actions_t actions;
	int pipefd[2], status, err;
	ssize_t len;
	pid_t pid;

	if (pipe2(pipefd, O_CLOEXEC))
		return -errno;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, pipefd[1], STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null",
					 O_WRONLY, 0);
	err = posix_spawnp(&pid, program, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(pipefd[1]);
	if (err) {
		close(pipefd[0]);
		return -err;
	}
	do {
		len = read(pipefd[0], buf_reserve(buf, 65536), 65536);
		if (len > 0)
			buf->used += len;
	} while (len > 0 && buf->used < TEXT_MAX);
	close(pipefd[0]);
	if (waitpid(pid, &status, 0) != pid)
		return -errno;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -EIO;
}

/* Is the table of the legacy back end there? */
static bool has_legacy(u8 family, const char *table)
{
	const char *path = family == AF_INET ? "/proc/net/ip_tables_names" :
					       "/proc/net/ip6_tables_names";
	FILE *file = fopen(path, "re");
	char line[64];
	bool found = false;

	if (!file)
		return false;
	while (!found && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		found = !strcmp(line, table);
	}
	fclose(file);
	return found;
}

static void look(struct rules *rules, const char *program, const char *table,
		 const char *backend)
{
	enum ruleset_verdict verdict;
	struct buf buf = { 0 };
	int err;

	err = run(program, table, &buf);
	/* A back end that is not installed has no rules either. */
	if (!err)
		rules->known = true;
	buf_char(&buf, '\0');
	verdict = err ? RULESET_NONE : ruleset_judge(buf.text);
	buf_free(&buf);
	if (verdict == RULESET_NONE || rules->verdict > verdict)
		return;
	rules->verdict = verdict;
	rules->backend = backend;
}

/**
 * rules_read() - Look at the rules of one family.
 * @family: AF_INET or AF_INET6.
 * @nft: nf_tables is there, and with it there may be rules of that back end.
 * @rules: Filled.
 */
void rules_read(u8 family, bool nft, struct rules *rules)
{
	static const char * const tables[] = { "filter", "mangle" };
	bool four = family == AF_INET;
	size_t i;

	memset(rules, 0, sizeof(*rules));
	for (i = 0; i < ARRAY_SIZE(tables); i++) {
		if (nft)
			look(rules, four ? "iptables-nft-save" :
					   "ip6tables-nft-save", tables[i],
			     "nft");
		if (has_legacy(family, tables[i]))
			look(rules, four ? "iptables-legacy-save" :
					   "ip6tables-legacy-save", tables[i],
			     "legacy");
	}
}
