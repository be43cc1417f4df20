// SPDX-License-Identifier: GPL-2.0
/* Owns "connection release" and "connection delete": which connections, and
 * how many it were. Must not know how messages are coded.
 *
 * JSON key: released or deleted, a number.
 */
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>

#include "command.h"
#include "diag.h"
#include "show.h"
#include "walk.h"

/**
 * struct catch - Connections that a walk has found.
 * @conn: Conntrack's part of them.
 * @count: How many.
 * @room: How many there is room for.
 * @fast_only: Only those that are in the fast table.
 */
struct catch {
	struct ct_conn *conn;
	size_t count;
	size_t room;
	bool fast_only;
};

static int see_conn(const struct conn *conn, void *data)
{
	struct catch *catch = data;

	if (catch->fast_only && !conn->ft)
		return 0;
	if (catch->count == catch->room) {
		catch->room = catch->room ? catch->room * 2 : 64;
		catch->conn = xrealloc(catch->conn, catch->room,
				       sizeof(*catch->conn));
	}
	catch->conn[catch->count] = *conn->ct;
	/* It points into the message. */
	catch->conn[catch->count++].helper = NULL;
	return 0;
}

static void forget(void *data)
{
	struct catch *catch = data;

	catch->count = 0;
}

static int find_all(const struct filter *filter, const char *what,
		    struct catch *catch)
{
	struct walk walk = {
		.what = what,
		.filter = *filter,
		.see = see_conn,
		.restart = forget,
		.data = catch,
	};
	int ret;

	ret = walk_begin(&walk);
	if (!ret)
		ret = walk_run(&walk);
	walk_end(&walk);
	return ret;
}

static int parse(struct filter *filter, const struct ftctl *ftctl,
		 const char *what, int argc, char **argv)
{
	char error[FILTER_ERROR_SIZE];
	int i, ret;

	filter_init(filter);
	for (i = 0; i < argc; i++) {
		ret = filter_word(filter, argv[i], error);
		if (ret == -ENOENT)
			return fail(EXIT_USAGE, "%s: unknown word '%s'", what,
				    argv[i]);
		if (ret)
			return fail(EXIT_USAGE, "%s", error);
	}
	if (filter_end(filter, ftctl->family, error) ||
	    filter_resolve(filter, if_nametoindex, error))
		return fail(EXIT_USAGE, "%s", error);
	if (!filter->given)
		return fail(EXIT_USAGE, "%s: NAME=VALUE is missing", what);
	if (filter_has(filter, FILTER_MIN_RATE))
		return fail(EXIT_USAGE,
			    "%s: min-rate needs time (see: ftctl help connection list)",
			    what);
	return EXIT_OK;
}

static int report_count(const struct ftctl *ftctl, const char *key, u64 count)
{
	struct show *show;

	show = show_open(ftctl->json ? SHOW_JSON : SHOW_TEXT, ftctl->pretty);
	show_begin(show);
	show_number(show, key, count);
	show_end(show);
	show_close(show);
	return EXIT_OK;
}

/* One by one, for what the engine's own filter does not know. */
static int release_each(struct ft *ft, const struct filter *filter,
			u32 *count)
{
	struct catch catch = { .fast_only = true };
	struct ft_key key;
	size_t i;
	int ret;

	*count = 0;
	ret = find_all(filter, "connection release", &catch);
	if (ret) {
		free(catch.conn);
		return ret;
	}
	for (i = 0; !ret && i < catch.count; i++) {
		ct_key(&catch.conn[i], &key);
		ret = ft_release(ft, &key, count);
		/* It has gone by itself meanwhile. */
		if (ret == -ENOENT)
			ret = 0;
	}
	free(catch.conn);
	return ret ? ft_report(ft, ret, "connection release") : EXIT_OK;
}

static int release_matching(struct ft *ft, const struct filter *filter,
			    u32 *count)
{
	int ret;

	if (filter->given & ~FILTER_KERNEL)
		return release_each(ft, filter, count);
	ret = ft_release_all(ft, filter, count);
	return ret ? ft_report(ft, ret, "connection release") : EXIT_OK;
}

/**
 * cmd_connection_release() - Send connections back to the slow path.
 * @ftctl: Options.
 * @argc: How many words follow.
 * @argv: Words.
 *
 * Return: Exit code; none that matches is no failure.
 */
int cmd_connection_release(const struct ftctl *ftctl, int argc, char **argv)
{
	struct filter filter;
	u32 count = 0;
	struct ft ft;
	int ret;

	if (parse(&filter, ftctl, "connection release", argc, argv))
		return EXIT_USAGE;
	ret = ft_open(&ft);
	if (ret)
		ret = ft_report(&ft, ret, "connection release");
	else
		ret = release_matching(&ft, &filter, &count);
	ft_close(&ft);
	return ret ?: report_count(ftctl, "released", count);
}

static int delete_each(const struct catch *catch, u64 *count)
{
	struct nl *nl = nl_open(NETLINK_NETFILTER);
	int ret = 0;
	size_t i;

	if (!nl)
		return ct_report(NULL, -errno, "connection delete");
	for (i = 0; !ret && i < catch->count; i++) {
		ret = ct_delete(nl, &catch->conn[i]);
		if (!ret)
			++*count;
		else if (ret == -ENOENT)
			ret = 0;
	}
	if (ret)
		ret = ct_report(nl, ret, "connection delete");
	nl_close(nl);
	return ret;
}

/**
 * cmd_connection_delete() - Delete conntrack entries.
 * @ftctl: Options.
 * @argc: How many words follow.
 * @argv: Words.
 *
 * Return: Exit code; none that matches is no failure.
 */
int cmd_connection_delete(const struct ftctl *ftctl, int argc, char **argv)
{
	struct catch catch = { .fast_only = false };
	struct filter filter;
	u64 count = 0;
	int ret;

	if (parse(&filter, ftctl, "connection delete", argc, argv))
		return EXIT_USAGE;
	ret = find_all(&filter, "connection delete", &catch);
	if (!ret)
		ret = delete_each(&catch, &count);
	free(catch.conn);
	return ret ?: report_count(ftctl, "deleted", count);
}
