// SPDX-License-Identifier: GPL-2.0
/* Owns "ftctl connection": what is asked for, the join of conntrack's table
 * with the fast table, and what of it is shown. Must not know how messages
 * are coded, nor how a table or JSON is written.
 *
 * Only the fast table is kept in memory; conntrack's streams through. JSON
 * keys of a connection, each left out when the kernel does not tell:
 *	expected seen-reply assured confirmed dying fasttrack srcnat dstnat
 *	protocol src-address src-port dst-address dst-port reply-src-address
 *	reply-src-port reply-dst-address reply-dst-port icmp-type icmp-code
 *	icmp-id tcp-state timeout connection-mark zone connection-type
 *	orig-packets orig-bytes repl-packets repl-bytes fasttrack-state
 *	orig-fasttrack orig-fasttrack-state orig-fasttrack-packets
 *	orig-fasttrack-bytes orig-reason repl-fasttrack repl-fasttrack-state
 *	repl-fasttrack-packets repl-fasttrack-bytes repl-reason why-not id
 * The states are those of the YAML spec: fasttrack-state candidate, active or
 * closing; that of a direction unarmed, armed or held.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <netinet/in.h>
#include <linux/fasttrack.h>

#include "command.h"
#include "ctnetlink.h"
#include "diag.h"
#include "flags.h"
#include "join.h"
#include "names.h"
#include "out.h"
#include "parse.h"
#include "proc.h"
#include "show.h"

/* How often a fast table that changes under the dump is read again. */
#define MAX_TRIES	5

/**
 * enum want - Answer to a filter.
 * @WANT_ANY: Not asked.
 * @WANT_NO: Only those that are not.
 * @WANT_YES: Only those that are.
 */
enum want {
	WANT_ANY,
	WANT_NO,
	WANT_YES,
};

/**
 * struct listing - One run of the list.
 * @family: Only this address family, or AF_UNSPEC.
 * @protocol: Only this protocol, or -1.
 * @fasttrack: Only fast ones, or only others.
 * @detail: Details instead of a table.
 * @join: The fast table.
 * @show: Writer.
 * @uncounted: An entry without counters was seen.
 */
struct listing {
	u8 family;
	int protocol;
	enum want fasttrack;
	bool detail;
	struct join *join;
	struct show *show;
	bool uncounted;
};

static const struct show_column columns[] = {
	{ .key = "flags" },
	{ .key = "protocol" },
	{ .key = "src-address" },
	{ .key = "dst-address" },
	{ .key = "reply-src" },
	{ .key = "reply-dst" },
	{ .key = "tcp-state" },
	{ .key = "timeout", .right = true },
	{ .key = "orig-packets", .right = true },
	{ .key = "orig-bytes", .right = true },
	{ .key = "repl-packets", .right = true },
	{ .key = "repl-bytes", .right = true },
	{ .key = "orig-fasttrack-packets", .right = true },
	{ .key = "orig-fasttrack-bytes", .right = true },
	{ .key = "repl-fasttrack-packets", .right = true },
	{ .key = "repl-fasttrack-bytes", .right = true },
	{ .key = "why-not" },
};

/**
 * connection_word() - Words that may follow "connection list".
 * @i: Number.
 *
 * Return: Word, or NULL behind the last.
 */
const char *connection_word(size_t i)
{
	static const char * const words[] = {
		"detail", "protocol=", "fasttrack=",
	};

	return i < ARRAY_SIZE(words) ? words[i] : NULL;
}

static int parse_protocol(const char *text, int *protocol)
{
	u64 number;

	*protocol = protocol_number(text);
	if (*protocol >= 0)
		return EXIT_OK;
	if (parse_number(text, &number) || number > 255)
		return fail(EXIT_USAGE, "protocol: unknown protocol '%s'",
			    text);
	*protocol = number;
	return EXIT_OK;
}

static int parse_word(const char *word, struct listing *listing)
{
	const char *value;
	bool yes;

	if (!strcmp(word, "detail")) {
		listing->detail = true;
		return EXIT_OK;
	}
	value = parse_assignment(word, "protocol");
	if (value)
		return parse_protocol(value, &listing->protocol);
	value = parse_assignment(word, "fasttrack");
	if (!value)
		return fail(EXIT_USAGE, "unknown word '%s'", word);
	if (parse_yes_no(value, &yes))
		return fail(EXIT_USAGE, "fasttrack: '%s' is not yes or no",
			    value);
	listing->fasttrack = yes ? WANT_YES : WANT_NO;
	return EXIT_OK;
}

static bool is_wanted(const struct listing *listing, const struct ct_conn *ct,
		      const struct ft_conn *ft)
{
	if (listing->protocol >= 0 &&
	    ct->tuple[DIR_ORIG].protocol != listing->protocol)
		return false;
	if (listing->fasttrack == WANT_ANY)
		return true;
	return conn_is_fast(ct, ft) == (listing->fasttrack == WANT_YES);
}

/* Text has the reply's addresses only where NAT makes them differ. */
static void show_reply(struct listing *listing, const struct ct_conn *ct,
		       bool json)
{
	const struct ct_tuple *reply = &ct->tuple[DIR_REPLY];

	if (json || ct_nat_differs(ct, DIR_ORIG))
		show_address(listing->show,
			     json ? "reply-src-address" : "reply-src",
			     "reply-src-port", ct->family, reply->src,
			     reply->has_ports ? &reply->src_port : NULL);
	if (json || ct_nat_differs(ct, DIR_REPLY))
		show_address(listing->show,
			     json ? "reply-dst-address" : "reply-dst",
			     "reply-dst-port", ct->family, reply->dst,
			     reply->has_ports ? &reply->dst_port : NULL);
}

static void show_tuples(struct listing *listing, const struct ct_conn *ct,
			bool json)
{
	const struct ct_tuple *orig = &ct->tuple[DIR_ORIG];
	struct show *show = listing->show;
	char number[NAME_SIZE];

	show_word(show, "protocol", protocol_name(orig->protocol, number));
	show_address(show, "src-address", "src-port", ct->family, orig->src,
		     orig->has_ports ? &orig->src_port : NULL);
	show_address(show, "dst-address", "dst-port", ct->family, orig->dst,
		     orig->has_ports ? &orig->dst_port : NULL);
	show_reply(listing, ct, json);
	if (!orig->has_icmp)
		return;
	show_number(show, "icmp-type", orig->icmp_type);
	show_number(show, "icmp-code", orig->icmp_code);
	show_number(show, "icmp-id", orig->icmp_id);
}

static void show_conntrack(struct listing *listing, const struct ct_conn *ct)
{
	struct show *show = listing->show;
	char number[NAME_SIZE];

	if (ct->has & CT_HAS_TCP_STATE)
		show_word(show, "tcp-state",
			  tcp_state_name(ct->tcp_state, number));
	if (ct->has & CT_HAS_TIMEOUT)
		show_seconds(show, "timeout", ct->timeout);
	if (ct->has & CT_HAS_MARK)
		show_number(show, "connection-mark", ct->mark);
	if (ct->has & CT_HAS_ZONE)
		show_number(show, "zone", ct->zone);
	if (ct->helper)
		show_word(show, "connection-type", ct->helper);
	if (!(ct->has & CT_HAS_COUNTERS)) {
		listing->uncounted = true;
		return;
	}
	show_number(show, "orig-packets", ct->count[DIR_ORIG].packets);
	show_number(show, "orig-bytes", ct->count[DIR_ORIG].bytes);
	show_number(show, "repl-packets", ct->count[DIR_REPLY].packets);
	show_number(show, "repl-bytes", ct->count[DIR_REPLY].bytes);
}

static void show_reason(struct show *show, const char *key, u32 reason)
{
	char number[NAME_SIZE];

	if (!reason)
		return;
	snprintf(number, sizeof(number), "%u", reason);
	show_word(show, key, reason_name(reason) ?: number);
}

/* Keys of one direction of the fast part. */
static const struct {
	const char *armed;
	const char *state;
	const char *packets;
	const char *bytes;
	const char *reason;
} dir_keys[DIR_COUNT] = {
	[DIR_ORIG] = { "orig-fasttrack", "orig-fasttrack-state",
		       "orig-fasttrack-packets", "orig-fasttrack-bytes",
		       "orig-reason" },
	[DIR_REPLY] = { "repl-fasttrack", "repl-fasttrack-state",
			"repl-fasttrack-packets", "repl-fasttrack-bytes",
			"repl-reason" },
};

static void show_fast(struct show *show, const struct ft_conn *ft)
{
	char number[NAME_SIZE];
	int dir;

	if (!ft)
		return;
	show_word(show, "fasttrack-state", flow_state_name(ft->state, number));
	for (dir = 0; dir < DIR_COUNT; dir++) {
		const struct ft_dir *half = &ft->dir[dir];

		/* A held direction is armed and waits for its turn. */
		show_yes_no(show, dir_keys[dir].armed,
			    half->state != FASTTRACK_DIR_STATE_UNARMED);
		show_word(show, dir_keys[dir].state,
			  dir_state_name(half->state, number));
		show_number(show, dir_keys[dir].packets, half->packets);
		show_number(show, dir_keys[dir].bytes, half->bytes);
		show_reason(show, dir_keys[dir].reason, half->reason);
	}
}

/* What ct_dump() calls for each entry, with the options of the run. */
struct visit {
	struct listing *listing;
	bool json;
};

static int see_conn(const struct ct_conn *ct, void *data)
{
	const struct visit *visit = data;
	struct listing *listing = visit->listing;
	struct show *show = listing->show;
	const struct ft_conn *ft;
	struct ft_key key;

	ct_key(ct, &key);
	ft = join_find(listing->join, &key);
	if (!is_wanted(listing, ct, ft))
		return 0;
	show_row_begin(show);
	show_flags(show, "flags", conn_flags, CONN_FLAGS,
		   conn_flag_set(ct, ft));
	show_tuples(listing, ct, visit->json);
	show_conntrack(listing, ct);
	show_fast(show, ft);
	show_reason(show, "why-not", conn_why_not(ct, ft));
	if (ct->has & CT_HAS_ID)
		show_number(show, "id", ntohl(ct->id));
	show_row_end(show);
	return out_error();
}

static int keep(const struct ft_conn *conn, void *data)
{
	join_add(data, conn);
	return 0;
}

/* A table that changed while it was read is read again; in the end a part of
 * it is better than nothing, and said to be one.
 */
static int read_table(struct listing *listing, struct ft *ft)
{
	u8 protocol = listing->protocol > 0 ? listing->protocol : 0;
	int ret = NL_INTERRUPTED;
	int tries;

	for (tries = 0; ret == NL_INTERRUPTED && tries < MAX_TRIES; tries++) {
		join_clear(listing->join);
		ret = ft_dump_connections(ft, listing->family, protocol, keep,
					  listing->join);
	}
	if (ret == NL_INTERRUPTED) {
		note("the fast table changed under the dump, some of it may be missing");
		return 0;
	}
	return ret;
}

/* The kernel refuses to look for what is never in the fast table. */
static bool may_be_fast(int protocol)
{
	return protocol < 0 || protocol == IPPROTO_TCP ||
	       protocol == IPPROTO_UDP;
}

static int collect(struct listing *listing)
{
	struct ft ft;
	int ret;

	ret = ft_open(&ft);
	if (!ret && may_be_fast(listing->protocol))
		ret = read_table(listing, &ft);
	if (ret)
		ret = ft_report(&ft, ret, "connection list");
	ft_close(&ft);
	return ret;
}

static void note_uncounted(const struct listing *listing)
{
	u64 on;

	if (listing->uncounted && !sysctl_read(SYSCTL_CT "acct", &on) && !on)
		note("no packet and byte counts: nf_conntrack_acct is off");
}

static int stream(const struct ftctl *ftctl, struct listing *listing)
{
	struct visit visit = { listing, ftctl->json };
	struct ct_filter filter = { .family = listing->family };
	struct nl *nl = nl_open(NETLINK_NETFILTER);
	int ret;

	if (!nl)
		return ct_report(NULL, -errno, "connection list");
	if (listing->fasttrack == WANT_YES)
		filter.status = CT_STATUS_FT;
	show_list_begin(listing->show, NULL, columns, ARRAY_SIZE(columns),
			conn_legend);
	ret = ct_dump(nl, &filter, see_conn, &visit);
	if (ret >= 0)
		show_list_end(listing->show);
	if (ret == NL_INTERRUPTED) {
		note("conntrack changed under the dump, some of it may be missing or twice");
		ret = 0;
	}
	if (ret && !out_error())
		ret = ct_report(nl, ret, "connection list");
	note_uncounted(listing);
	nl_close(nl);
	return ret < 0 ? EXIT_KERNEL : ret;
}

/**
 * cmd_connection_list() - List connections.
 * @ftctl: Options.
 * @argc: How many words follow.
 * @argv: Words.
 *
 * When conntrack's table changes while it streams, what was written can't be
 * taken back: that is said on stderr, and the exit code stays 0, for each
 * line is true by itself.
 *
 * Return: Exit code.
 */
int cmd_connection_list(const struct ftctl *ftctl, int argc, char **argv)
{
	struct listing listing = {
		.family = ftctl->family,
		.protocol = -1,
	};
	enum show_mode mode = SHOW_TEXT;
	int i, ret;

	for (i = 0; i < argc; i++)
		if (parse_word(argv[i], &listing))
			return EXIT_USAGE;
	if (ftctl->json)
		mode = SHOW_JSON;
	else if (listing.detail)
		mode = SHOW_DETAIL;
	listing.join = join_new();
	ret = collect(&listing);
	if (!ret) {
		listing.show = show_open(mode, ftctl->pretty);
		ret = stream(ftctl, &listing);
		show_close(listing.show);
	}
	join_free(listing.join);
	return ret;
}
