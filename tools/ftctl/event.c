// SPDX-License-Identifier: GPL-2.0
/* Owns what an event looks like as a line of text and as a JSON object, with
 * the list's names for all that it has of a connection. Pure: must not know
 * netlink or stdout.
 *
 * JSON keys: event (fast, released, closed), timestamp (seconds since 1970),
 * and those properties below that the connection has. What the list asks
 * conntrack for, as timeout and helper, is not in an event.
 */
#include <stdio.h>
#include <string.h>

#include "event.h"

static const char * const names[] = {
	[FT_EVENT_FAST] = "fast",
	[FT_EVENT_RELEASED] = "released",
	[FT_EVENT_CLOSED] = "closed",
};

static const u8 props[] = {
	PROP_EXPECTED, PROP_SEEN_REPLY, PROP_ASSURED, PROP_CONFIRMED,
	PROP_DYING, PROP_FASTTRACK, PROP_SRCNAT, PROP_DSTNAT,
	PROP_PROTOCOL, PROP_SRC_ADDRESS, PROP_SRC_PORT, PROP_DST_ADDRESS,
	PROP_DST_PORT, PROP_REPLY_SRC_ADDRESS, PROP_REPLY_SRC_PORT,
	PROP_REPLY_DST_ADDRESS, PROP_REPLY_DST_PORT, PROP_CONNECTION_MARK,
	PROP_ZONE, PROP_WHY_NOT, PROP_ORIG_PACKETS, PROP_ORIG_BYTES,
	PROP_REPL_PACKETS, PROP_REPL_BYTES, PROP_ORIG_FASTTRACK_PACKETS,
	PROP_ORIG_FASTTRACK_BYTES, PROP_REPL_FASTTRACK_PACKETS,
	PROP_REPL_FASTTRACK_BYTES, PROP_ORIG_IN_DEVICE,
	PROP_ORIG_OUT_DEVICE, PROP_REPL_IN_DEVICE, PROP_REPL_OUT_DEVICE,
	PROP_ID,
};

/**
 * event_name() - Kinds of events.
 * @i: Number.
 *
 * Return: Name, or NULL behind the last.
 */
const char *event_name(size_t i)
{
	return i < ARRAY_SIZE(names) ? names[i] : NULL;
}

/**
 * event_find() - Find a kind of event by its name.
 * @name: Name, not ended by a NUL.
 * @len: Its length.
 *
 * Return: enum ft_event_kind, or -1.
 */
int event_find(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (strlen(names[i]) == len && !memcmp(names[i], name, len))
			return i;
	return -1;
}

/* What a line has in another form, or that says nothing there. */
static bool is_json_only(const struct conn *conn, enum conn_prop prop)
{
	switch (conn_props[prop].kind) {
	case CONN_FLAG:
	case CONN_PORT:
		return true;
	default:
		break;
	}
	if (prop == PROP_REPLY_SRC_ADDRESS)
		return !ct_nat_differs(conn->ct, DIR_ORIG);
	if (prop == PROP_REPLY_DST_ADDRESS)
		return !ct_nat_differs(conn->ct, DIR_REPLY);
	return prop == PROP_ZONE && !conn->ct->zone;
}

static void put_time(struct buf *buf, const struct timespec *when)
{
	char text[32];
	struct tm tm;
	size_t len;

	len = localtime_r(&when->tv_sec, &tm) ?
	      strftime(text, sizeof(text), "%H:%M:%S", &tm) : 0;
	snprintf(text + len, sizeof(text) - len, ".%06ld",
		 (long)when->tv_nsec / 1000);
	buf_text(buf, text);
}

/**
 * event_text() - Write an event as a line.
 * @buf: Where to.
 * @kind: What happened.
 * @conn: Connection.
 * @when: Time of day when it was heard of.
 */
void event_text(struct buf *buf, enum ft_event_kind kind,
		const struct conn *conn, const struct timespec *when)
{
	size_t i, mark;

	put_time(buf, when);
	buf_char(buf, ' ');
	buf_text(buf, names[kind]);
	for (i = 0; i < ARRAY_SIZE(props); i++) {
		if (is_json_only(conn, props[i]))
			continue;
		mark = buf->used;
		buf_char(buf, ' ');
		buf_text(buf, conn_props[props[i]].key);
		buf_char(buf, '=');
		if (!conn_text(conn, props[i], buf))
			buf->used = mark;
	}
	buf_char(buf, '\n');
}

/**
 * event_json() - Write an event as a JSON object and a newline.
 * @buf: Where to.
 * @kind: What happened.
 * @conn: Connection.
 * @when: Time of day when it was heard of.
 * @pretty: Indent.
 */
void event_json(struct buf *buf, enum ft_event_kind kind,
		const struct conn *conn, const struct timespec *when,
		bool pretty)
{
	const char *gap = pretty ? "\n  " : "";
	char text[80];
	size_t i, mark;

	snprintf(text, sizeof(text),
		 "{%s\"event\":\"%s\",%s\"timestamp\":%lld.%06ld", gap,
		 names[kind], gap, (long long)when->tv_sec,
		 (long)when->tv_nsec / 1000);
	buf_text(buf, text);
	for (i = 0; i < ARRAY_SIZE(props); i++) {
		mark = buf->used;
		buf_char(buf, ',');
		buf_text(buf, gap);
		if (!conn_json(conn, props[i], buf))
			buf->used = mark;
	}
	buf_text(buf, pretty ? "\n}\n" : "}\n");
}
