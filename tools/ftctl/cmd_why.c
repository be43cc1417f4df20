// SPDX-License-Identifier: GPL-2.0
/* Owns "connection why": all that says why one connection is fast or not, with
 * an explanation of each reason. Must not know how messages are coded.
 *
 * JSON keys: those of the list below, obstacle (what keeps the conntrack entry
 * from being fast whatever the rules say) and explanation.
 */
#include <errno.h>
#include <string.h>
#include <linux/fasttrack.h>

#include "command.h"
#include "diag.h"
#include "flags.h"
#include "found.h"
#include "out.h"
#include "tuple.h"

static const u8 props[] = {
	PROP_EXPECTED, PROP_SEEN_REPLY, PROP_ASSURED, PROP_CONFIRMED,
	PROP_DYING, PROP_FASTTRACK, PROP_SRCNAT, PROP_DSTNAT,
	PROP_HW_OFFLOAD, PROP_OFFLOAD, PROP_FLAGS,
	PROP_PROTOCOL, PROP_SRC_ADDRESS, PROP_SRC_PORT, PROP_DST_ADDRESS,
	PROP_DST_PORT, PROP_REPLY_SRC_ADDRESS, PROP_REPLY_SRC_PORT,
	PROP_REPLY_DST_ADDRESS, PROP_REPLY_DST_PORT, PROP_CONNECTION_MARK,
	PROP_ZONE, PROP_ID, PROP_ORIG_PACKETS, PROP_ORIG_BYTES,
	PROP_REPL_PACKETS, PROP_REPL_BYTES, PROP_FASTTRACK_STATE,
	PROP_ORIG_FASTTRACK, PROP_ORIG_FASTTRACK_STATE,
	PROP_ORIG_FASTTRACK_PACKETS, PROP_ORIG_FASTTRACK_BYTES,
	PROP_ORIG_REASON, PROP_ORIG_IN_DEVICE, PROP_ORIG_OUT_DEVICE,
	PROP_ORIG_LEASE, PROP_ORIG_IDLE,
	PROP_REPL_FASTTRACK, PROP_REPL_FASTTRACK_STATE,
	PROP_REPL_FASTTRACK_PACKETS, PROP_REPL_FASTTRACK_BYTES,
	PROP_REPL_REASON, PROP_REPL_IN_DEVICE, PROP_REPL_OUT_DEVICE,
	PROP_REPL_LEASE, PROP_REPL_IDLE,
	PROP_WHY_NOT,
};

/* What the shortest true answer is. */
static const char *explain(const struct conn *conn)
{
	u32 reason = conn_why_not(conn->ct, conn->ft);

	if (reason)
		return reason_text(reason) ?: "A reason of a newer kernel.";
	if (conn_is_fast(conn->ct, conn->ft))
		return "Its packets go fast.";
	if (conn->ft)
		return "It waits for a packet that teaches the way.";
	return "No FASTTRACK rule has matched it.";
}

/* The text behind a reason, or NULL. */
static const char *reason_of(const struct conn *conn, enum conn_prop prop)
{
	switch (prop) {
	case PROP_ORIG_REASON:
		return reason_text(conn->ft->dir[DIR_ORIG].reason);
	case PROP_REPL_REASON:
		return reason_text(conn->ft->dir[DIR_REPLY].reason);
	default:
		return NULL;
	}
}

static size_t name_width(void)
{
	size_t i, width = strlen("explanation");

	for (i = 0; i < ARRAY_SIZE(props); i++)
		if (strlen(conn_props[props[i]].key) > width)
			width = strlen(conn_props[props[i]].key);
	return width;
}

static void put_name(struct buf *buf, const char *name, size_t width)
{
	buf_pad(buf, width - strlen(name));
	buf_text(buf, name);
	buf_put(buf, ": ", 2);
}

static void put_text(struct buf *buf, const struct conn *conn, u32 obstacle)
{
	size_t i, mark, width = name_width();

	for (i = 0; i < ARRAY_SIZE(props); i++) {
		const char *text;

		if (conn_props[props[i]].kind == CONN_FLAG ||
		    conn_props[props[i]].kind == CONN_PORT)
			continue;
		mark = buf->used;
		put_name(buf, conn_props[props[i]].key, width);
		if (!conn_text(conn, props[i], buf)) {
			buf->used = mark;
			continue;
		}
		text = reason_of(conn, props[i]);
		if (text) {
			buf_put(buf, ": ", 2);
			buf_text(buf, text);
		}
		buf_char(buf, '\n');
	}
	if (obstacle) {
		put_name(buf, "obstacle", width);
		buf_text(buf, reason_name(obstacle) ?: "unknown");
		buf_put(buf, ": ", 2);
		buf_text(buf, reason_text(obstacle) ?: "");
		buf_char(buf, '\n');
	}
	put_name(buf, "explanation", width);
	buf_text(buf, explain(conn));
	buf_char(buf, '\n');
}

static void put_member(struct buf *buf, const char *gap, const char *key,
		       const char *value)
{
	buf_char(buf, ',');
	buf_text(buf, gap);
	buf_char(buf, '"');
	buf_text(buf, key);
	buf_put(buf, "\":", 2);
	buf_json_string(buf, value);
}

static void put_json(struct buf *buf, const struct conn *conn, u32 obstacle,
		     bool pretty)
{
	const char *gap = pretty ? "\n  " : "";
	size_t i, mark;
	char open = '{';

	for (i = 0; i < ARRAY_SIZE(props); i++) {
		mark = buf->used;
		buf_char(buf, open);
		buf_text(buf, gap);
		if (conn_json(conn, props[i], buf))
			open = ',';
		else
			buf->used = mark;
	}
	if (obstacle)
		put_member(buf, gap, "obstacle",
			   reason_name(obstacle) ?: "unknown");
	put_member(buf, gap, "explanation", explain(conn));
	buf_text(buf, pretty ? "\n}\n" : "}\n");
}

static void show(const struct ftctl *ftctl, const struct ft_found *found)
{
	struct buf buf = {};
	struct ct_conn ct;
	struct conn conn;

	found_conn(found, &ct, &conn);
	if (ftctl->json)
		put_json(&buf, &conn, found->obstacle, ftctl->pretty);
	else
		put_text(&buf, &conn, found->obstacle);
	buf_out(&buf);
	buf_free(&buf);
}

/**
 * cmd_connection_why() - Say why a connection is not fast.
 * @ftctl: Options.
 * @argc: How many words follow.
 * @argv: Words.
 *
 * Return: Exit code.
 */
int cmd_connection_why(const struct ftctl *ftctl, int argc, char **argv)
{
	char error[TUPLE_ERROR_SIZE];
	struct ft_found found;
	struct ft_key key;
	struct ft ft;
	int ret;

	if (tuple_parse(&key, argc, argv, error))
		return fail(EXIT_USAGE, "connection why: %s", error);
	if (ftctl->family && ftctl->family != key.family)
		return fail(EXIT_USAGE,
			    "connection why: src-address is no address of %s",
			    ftctl->family == AF_INET ? "ipv4" : "ipv6");
	ret = ft_open(&ft);
	if (!ret)
		ret = ft_find(&ft, &key, &found);
	if (ret)
		ret = ft_report(&ft, ret, "connection why");
	else
		show(ftctl, &found);
	ft_close(&ft);
	return ret;
}
