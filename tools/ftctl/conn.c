// SPDX-License-Identifier: GPL-2.0
/* Owns what each property of a connection is, from what conntrack and the
 * fast table tell, and what its value looks like. Must not know netlink,
 * commands or the shape of a list. What the kernel does not tell is left out.
 *
 * GRE: conntrack keeps the call ids of PPTP's enhanced GRE, and 0 for any
 * other; it tells neither version nor protocol, so neither is shown.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <linux/fasttrack.h>

#include "conn.h"
#include "devices.h"
#include "flags.h"
#include "parse.h"

/* Numbers in place of names of protocols and devices. */
static bool numbers;

const struct conn_prop_info conn_props[PROPS] = {
	[PROP_EXPECTED] = { "expected",
		"child that a helper expected", CONN_FLAG },
	[PROP_SEEN_REPLY] = { "seen-reply",
		"packets went both ways", CONN_FLAG },
	[PROP_ASSURED] = { "assured",
		"not dropped when the table is full", CONN_FLAG },
	[PROP_CONFIRMED] = { "confirmed",
		"its first packet has left", CONN_FLAG },
	[PROP_DYING] = { "dying", "deleted or timed out", CONN_FLAG },
	[PROP_FASTTRACK] = { "fasttrack",
		"its packets go fast, see orig- and repl-fasttrack",
		CONN_FLAG },
	[PROP_SRCNAT] = { "srcnat", "went through source NAT", CONN_FLAG },
	[PROP_DSTNAT] = { "dstnat", "went through destination NAT",
		CONN_FLAG },
	[PROP_HW_OFFLOAD] = { "hw-offload",
		"offloaded to hardware by an nft flowtable", CONN_FLAG },
	[PROP_OFFLOAD] = { "offload", "offloaded by an nft flowtable or tc",
		CONN_FLAG },
	[PROP_FLAGS] = { "flags", "the flags as letters", CONN_LETTERS },
	[PROP_PROTOCOL] = { "protocol", "IP protocol", CONN_WORD },
	[PROP_SRC_ADDRESS] = { "src-address",
		"source, as the originator sent it", CONN_ADDRESS },
	[PROP_SRC_PORT] = { "src-port", "its port", CONN_PORT },
	[PROP_DST_ADDRESS] = { "dst-address",
		"destination, as the originator sent it", CONN_ADDRESS },
	[PROP_DST_PORT] = { "dst-port", "its port", CONN_PORT },
	[PROP_REPLY_SRC_ADDRESS] = { "reply-src-address",
		"where replies come from", CONN_ADDRESS },
	[PROP_REPLY_SRC_PORT] = { "reply-src-port", "its port", CONN_PORT },
	[PROP_REPLY_DST_ADDRESS] = { "reply-dst-address",
		"where replies are sent to", CONN_ADDRESS },
	[PROP_REPLY_DST_PORT] = { "reply-dst-port", "its port", CONN_PORT },
	[PROP_ICMP_TYPE] = { "icmp-type", "ICMP type", CONN_NUMBER },
	[PROP_ICMP_CODE] = { "icmp-code", "ICMP code", CONN_NUMBER },
	[PROP_ICMP_ID] = { "icmp-id", "ICMP id", CONN_NUMBER },
	[PROP_GRE_KEY] = { "gre-key", "PPTP call id towards the destination",
		CONN_NUMBER },
	[PROP_STATE] = { "state",
		"what its next packet would be: new, established, related",
		CONN_WORD },
	[PROP_TCP_STATE] = { "tcp-state", "state of TCP", CONN_WORD },
	[PROP_TIMEOUT] = { "timeout", "time until the entry goes",
		CONN_SECONDS },
	[PROP_CONNECTION_MARK] = { "connection-mark", "connection mark",
		CONN_BITS },
	[PROP_ZONE] = { "zone", "conntrack zone", CONN_NUMBER },
	[PROP_ORIG_ZONE] = { "orig-zone",
		"zone of the original direction, if that alone has one",
		CONN_NUMBER },
	[PROP_REPLY_ZONE] = { "reply-zone",
		"zone of the reply, if that alone has one", CONN_NUMBER },
	[PROP_CONNECTION_TYPE] = { "connection-type",
		"helper at work, empty if none", CONN_WORD },
	[PROP_ORIG_PACKETS] = { "orig-packets",
		"packets of the originator, fast ones included", CONN_NUMBER },
	[PROP_ORIG_BYTES] = { "orig-bytes",
		"bytes of the originator, fast ones included", CONN_NUMBER },
	[PROP_REPL_PACKETS] = { "repl-packets",
		"packets of the replier, fast ones included", CONN_NUMBER },
	[PROP_REPL_BYTES] = { "repl-bytes",
		"bytes of the replier, fast ones included", CONN_NUMBER },
	[PROP_ORIG_RATE] = { "orig-rate", "bits per second of the originator",
		CONN_RATE },
	[PROP_REPL_RATE] = { "repl-rate", "bits per second of the replier",
		CONN_RATE },
	[PROP_FASTTRACK_STATE] = { "fasttrack-state",
		"candidate, active or closing", CONN_WORD },
	[PROP_ORIG_FASTTRACK] = { "orig-fasttrack",
		"is the direction armed: do its packets go fast", CONN_YES_NO },
	[PROP_ORIG_FASTTRACK_STATE] = { "orig-fasttrack-state",
		"unarmed, armed or held", CONN_WORD },
	[PROP_ORIG_FASTTRACK_PACKETS] = { "orig-fasttrack-packets",
		"packets that went fast", CONN_NUMBER },
	[PROP_ORIG_FASTTRACK_BYTES] = { "orig-fasttrack-bytes",
		"bytes that went fast", CONN_NUMBER },
	[PROP_ORIG_REASON] = { "orig-reason",
		"why its last slow packet was slow", CONN_WORD },
	[PROP_ORIG_IN_DEVICE] = { "orig-in-device",
		"learned ingress device", CONN_WORD },
	[PROP_ORIG_OUT_DEVICE] = { "orig-out-device",
		"learned egress device", CONN_WORD },
	[PROP_ORIG_LEASE] = { "orig-lease",
		"time until the slow path has to prove it", CONN_MS },
	[PROP_ORIG_IDLE] = { "orig-idle",
		"time since its last fast packet", CONN_MS },
	[PROP_REPL_FASTTRACK] = { "repl-fasttrack",
		"is the direction armed: do its packets go fast", CONN_YES_NO },
	[PROP_REPL_FASTTRACK_STATE] = { "repl-fasttrack-state",
		"unarmed, armed or held", CONN_WORD },
	[PROP_REPL_FASTTRACK_PACKETS] = { "repl-fasttrack-packets",
		"packets that went fast", CONN_NUMBER },
	[PROP_REPL_FASTTRACK_BYTES] = { "repl-fasttrack-bytes",
		"bytes that went fast", CONN_NUMBER },
	[PROP_REPL_REASON] = { "repl-reason",
		"why its last slow packet was slow", CONN_WORD },
	[PROP_REPL_IN_DEVICE] = { "repl-in-device",
		"learned ingress device", CONN_WORD },
	[PROP_REPL_OUT_DEVICE] = { "repl-out-device",
		"learned egress device", CONN_WORD },
	[PROP_REPL_LEASE] = { "repl-lease",
		"time until the slow path has to prove it", CONN_MS },
	[PROP_REPL_IDLE] = { "repl-idle",
		"time since its last fast packet", CONN_MS },
	[PROP_WHY_NOT] = { "why-not", "why it is not fast", CONN_WORD },
	[PROP_ID] = { "id", "conntrack id", CONN_NUMBER },
};

/**
 * conn_numeric() - Choose between names and numbers.
 * @numeric: Show protocols and devices by number.
 */
void conn_numeric(bool numeric)
{
	numbers = numeric;
}

/**
 * conn_prop_find() - Find a property by its key.
 * @key: Key, not ended by a NUL.
 * @len: Its length.
 *
 * Return: enum conn_prop, or -1.
 */
int conn_prop_find(const char *key, size_t len)
{
	int i;

	for (i = 0; i < PROPS; i++)
		if (strlen(conn_props[i].key) == len &&
		    !memcmp(conn_props[i].key, key, len))
			return i;
	return -1;
}

static bool give_word(struct conn_value *value, const char *word)
{
	value->word = word;
	return true;
}

static bool give_number(struct conn_value *value, u64 number)
{
	value->number = number;
	return true;
}

static bool give_reason(struct conn_value *value, u32 reason)
{
	if (!reason)
		return false;
	snprintf(value->spare, sizeof(value->spare), "%u", reason);
	return give_word(value, reason_name(reason) ?: value->spare);
}

static bool give_address(struct conn_value *value,
			 const struct ct_tuple *tuple, const u8 *address,
			 const u16 *port)
{
	value->address = address;
	value->port = tuple->has_ports ? port : NULL;
	return true;
}

static bool give_port(struct conn_value *value, const struct ct_tuple *tuple,
		      u16 port)
{
	value->number = port;
	return tuple->has_ports;
}

static bool give_protocol(struct conn_value *value, u8 protocol)
{
	if (!numbers)
		return give_word(value, protocol_name(protocol, value->spare));
	snprintf(value->spare, sizeof(value->spare), "%u", protocol);
	return give_word(value, value->spare);
}

static bool give_device(struct conn_value *value, u32 ifindex)
{
	if (!ifindex)
		return false;
	snprintf(value->spare, sizeof(value->spare), "%u", ifindex);
	return give_word(value, numbers ? value->spare :
			 device_name(ifindex) ?: value->spare);
}

static bool get_tuple(const struct ct_conn *ct, enum conn_prop prop,
		      struct conn_value *value)
{
	const struct ct_tuple *orig = &ct->tuple[DIR_ORIG];
	const struct ct_tuple *reply = &ct->tuple[DIR_REPLY];

	switch (prop) {
	case PROP_PROTOCOL:
		return give_protocol(value, orig->protocol);
	case PROP_SRC_ADDRESS:
		return give_address(value, orig, orig->src, &orig->src_port);
	case PROP_SRC_PORT:
		return give_port(value, orig, orig->src_port);
	case PROP_DST_ADDRESS:
		return give_address(value, orig, orig->dst, &orig->dst_port);
	case PROP_DST_PORT:
		return give_port(value, orig, orig->dst_port);
	case PROP_REPLY_SRC_ADDRESS:
		return give_address(value, reply, reply->src,
				    &reply->src_port);
	case PROP_REPLY_SRC_PORT:
		return give_port(value, reply, reply->src_port);
	case PROP_REPLY_DST_ADDRESS:
		return give_address(value, reply, reply->dst,
				    &reply->dst_port);
	case PROP_REPLY_DST_PORT:
		return give_port(value, reply, reply->dst_port);
	case PROP_ICMP_TYPE:
		return give_number(value, orig->icmp_type) && orig->has_icmp;
	case PROP_ICMP_CODE:
		return give_number(value, orig->icmp_code) && orig->has_icmp;
	case PROP_ICMP_ID:
		return give_number(value, orig->icmp_id) && orig->has_icmp;
	default:
		return give_number(value, orig->gre_key) && orig->gre_key;
	}
}

static bool get_counter(const struct conn *conn, enum conn_prop prop,
			struct conn_value *value)
{
	const struct ct_count *count = conn->ct->count;

	switch (prop) {
	case PROP_ORIG_PACKETS:
		value->number = count[DIR_ORIG].packets;
		break;
	case PROP_ORIG_BYTES:
		value->number = count[DIR_ORIG].bytes;
		break;
	case PROP_REPL_PACKETS:
		value->number = count[DIR_REPLY].packets;
		break;
	case PROP_REPL_BYTES:
		value->number = count[DIR_REPLY].bytes;
		break;
	case PROP_ORIG_RATE:
		value->number = conn->rate[DIR_ORIG];
		return conn->has_rate;
	default:
		value->number = conn->rate[DIR_REPLY];
		return conn->has_rate;
	}
	return conn->ct->has & CT_HAS_COUNTERS;
}

/* The kernel leaves the default zone out. */
static bool get_zone(const struct ct_conn *ct, enum conn_prop prop,
		     struct conn_value *value)
{
	const u16 *zone = ct->dir_zone;

	switch (prop) {
	case PROP_ZONE:
		value->number = ct->zone;
		return !zone[DIR_ORIG] && !zone[DIR_REPLY];
	case PROP_ORIG_ZONE:
		return give_number(value, zone[DIR_ORIG]) && zone[DIR_ORIG];
	default:
		return give_number(value, zone[DIR_REPLY]) && zone[DIR_REPLY];
	}
}

static bool get_conntrack(const struct ct_conn *ct, enum conn_prop prop,
			  struct conn_value *value)
{
	switch (prop) {
	case PROP_STATE:
		return give_word(value, conn_state(ct));
	case PROP_TCP_STATE:
		value->word = tcp_state_name(ct->tcp_state, value->spare);
		return ct->has & CT_HAS_TCP_STATE;
	case PROP_TIMEOUT:
		value->number = ct->timeout;
		return ct->has & CT_HAS_TIMEOUT;
	case PROP_CONNECTION_MARK:
		value->number = ct->mark;
		return ct->has & CT_HAS_MARK;
	case PROP_ZONE ... PROP_REPLY_ZONE:
		return get_zone(ct, prop, value);
	case PROP_CONNECTION_TYPE:
		return give_word(value, ct->helper ?: "");
	default:
		value->number = ntohl(ct->id);
		return ct->has & CT_HAS_ID;
	}
}

static bool get_dir(const struct ft_dir *dir, unsigned int prop,
		    struct conn_value *value)
{
	switch (prop + PROP_ORIG_FASTTRACK) {
	case PROP_ORIG_FASTTRACK:
		/* A held direction is armed and waits for its turn. */
		return give_number(value, dir->state !=
				   FASTTRACK_DIR_STATE_UNARMED);
	case PROP_ORIG_FASTTRACK_STATE:
		return give_word(value, dir_state_name(dir->state,
						       value->spare));
	case PROP_ORIG_FASTTRACK_PACKETS:
		return give_number(value, dir->packets);
	case PROP_ORIG_FASTTRACK_BYTES:
		return give_number(value, dir->bytes);
	case PROP_ORIG_REASON:
		return give_reason(value, dir->reason);
	case PROP_ORIG_IN_DEVICE:
		return give_device(value, dir->ifindex_in);
	case PROP_ORIG_OUT_DEVICE:
		return give_device(value, dir->ifindex_out);
	case PROP_ORIG_LEASE:
		value->number = dir->lease;
		return dir->state != FASTTRACK_DIR_STATE_UNARMED;
	default:
		value->number = dir->idle;
		return dir->has_idle;
	}
}

static bool get_fast(const struct conn *conn, enum conn_prop prop,
		     struct conn_value *value)
{
	if (!conn->ft)
		return false;
	if (prop == PROP_FASTTRACK_STATE)
		return give_word(value, flow_state_name(conn->ft->state,
							value->spare));
	if (prop < PROP_REPL_FASTTRACK)
		return get_dir(&conn->ft->dir[DIR_ORIG],
			       prop - PROP_ORIG_FASTTRACK, value);
	return get_dir(&conn->ft->dir[DIR_REPLY], prop - PROP_REPL_FASTTRACK,
		       value);
}

/**
 * conn_get() - Get the value of a property.
 * @conn: Connection.
 * @prop: Property.
 * @value: Filled as the property's kind says; it may point into @conn.
 *
 * Return: False if it has none.
 */
bool conn_get(const struct conn *conn, enum conn_prop prop,
	      struct conn_value *value)
{
	switch (prop) {
	case PROP_EXPECTED ... PROP_FLAGS:
		value->number = conn->flags;
		if (prop < PROP_FLAGS)
			value->number = value->number >> prop & 1;
		return true;
	case PROP_PROTOCOL ... PROP_GRE_KEY:
		return get_tuple(conn->ct, prop, value);
	case PROP_STATE ... PROP_CONNECTION_TYPE:
	case PROP_ID:
		return get_conntrack(conn->ct, prop, value);
	case PROP_ORIG_PACKETS ... PROP_REPL_RATE:
		return get_counter(conn, prop, value);
	case PROP_FASTTRACK_STATE ... PROP_REPL_IDLE:
		return get_fast(conn, prop, value);
	case PROP_WHY_NOT:
		return give_reason(value, conn_why_not(conn->ct, conn->ft));
	case PROPS:
		break;
	}
	return false;
}

static void put_letters(struct buf *buf, u32 set)
{
	size_t i;

	for (i = 0; i < CONN_FLAGS; i++)
		if (set & BIT(i))
			buf_char(buf, conn_flags[i].letter);
}

static void put_bits(struct buf *buf, u64 bits)
{
	char text[24];

	snprintf(text, sizeof(text), bits ? "0x%llx" : "0", bits);
	buf_text(buf, text);
}

/**
 * conn_text() - Write a property as text.
 * @conn: Connection.
 * @prop: Property.
 * @buf: Where to.
 *
 * Return: False if it has no value; nothing is written then.
 */
bool conn_text(const struct conn *conn, enum conn_prop prop, struct buf *buf)
{
	struct conn_value value;
	char time[TIME_SIZE];

	if (!conn_get(conn, prop, &value))
		return false;
	switch (conn_props[prop].kind) {
	case CONN_LETTERS:
		put_letters(buf, value.number);
		break;
	case CONN_FLAG:
	case CONN_YES_NO:
		buf_text(buf, value.number ? "yes" : "no");
		break;
	case CONN_WORD:
		buf_text(buf, value.word);
		break;
	case CONN_NUMBER:
	case CONN_PORT:
		buf_number(buf, value.number);
		break;
	case CONN_BITS:
		put_bits(buf, value.number);
		break;
	case CONN_SECONDS:
		buf_seconds(buf, value.number);
		break;
	case CONN_MS:
		buf_text(buf, format_time(value.number, time));
		break;
	case CONN_RATE:
		buf_scaled(buf, value.number, "bps");
		break;
	case CONN_ADDRESS:
		buf_endpoint(buf, conn->ct->family, value.address, value.port);
		break;
	}
	return true;
}

/* A long list is mostly keys: each is made once. */
static void put_key(struct buf *buf, enum conn_prop prop)
{
	static char text[PROPS][32];
	static u8 length[PROPS];

	if (!length[prop])
		length[prop] = snprintf(text[prop], sizeof(text[prop]),
					"\"%s\":", conn_props[prop].key);
	buf_put(buf, text[prop], length[prop]);
}

/**
 * conn_json() - Write a property as a member of a JSON object.
 * @conn: Connection.
 * @prop: Property.
 * @buf: Where to; nothing is written if it has no value.
 *
 * Return: True if it was written.
 */
bool conn_json(const struct conn *conn, enum conn_prop prop, struct buf *buf)
{
	enum conn_kind kind = conn_props[prop].kind;
	struct conn_value value;

	if (kind == CONN_LETTERS || !conn_get(conn, prop, &value))
		return false;
	put_key(buf, prop);
	switch (kind) {
	case CONN_FLAG:
	case CONN_YES_NO:
		buf_text(buf, value.number ? "true" : "false");
		break;
	case CONN_WORD:
		buf_json_string(buf, value.word);
		break;
	case CONN_ADDRESS:
		buf_char(buf, '"');
		buf_address(buf, conn->ct->family, value.address);
		buf_char(buf, '"');
		break;
	default:
		buf_number(buf, value.number);
		break;
	}
	return true;
}

/**
 * conn_is_right() - Are the values of a property aligned to the right?
 * @prop: Property.
 *
 * Return: True for numbers.
 */
bool conn_is_right(enum conn_prop prop)
{
	switch (conn_props[prop].kind) {
	case CONN_NUMBER:
	case CONN_PORT:
	case CONN_SECONDS:
	case CONN_MS:
	case CONN_RATE:
		return true;
	default:
		return false;
	}
}

/* What has no port comes before what has one: were it equal to all of them, two
 * ports would be equal to it and not to each other, and that is no order.
 */
static int compare_address(const struct conn *a, const struct conn *b,
			   const struct conn_value *va,
			   const struct conn_value *vb)
{
	int ret = a->ct->family - b->ct->family;

	if (!ret)
		ret = memcmp(va->address, vb->address, 16);
	if (!ret)
		ret = (va->port ? *va->port : -1) - (vb->port ? *vb->port : -1);
	return ret;
}

/**
 * conn_compare() - Compare two connections by a property.
 * @a: One.
 * @b: Another one.
 * @prop: Property.
 *
 * Numbers sort largest first, words and addresses in their order, and what
 * has no value comes last.
 *
 * Return: Negative if @a comes first, positive if @b does, 0 if neither.
 */
int conn_compare(const struct conn *a, const struct conn *b,
		 enum conn_prop prop)
{
	struct conn_value va, vb;
	bool has_a = conn_get(a, prop, &va);
	bool has_b = conn_get(b, prop, &vb);

	if (!has_a || !has_b)
		return has_b - has_a;
	switch (conn_props[prop].kind) {
	case CONN_WORD:
		return strcmp(va.word, vb.word);
	case CONN_ADDRESS:
		return compare_address(a, b, &va, &vb);
	case CONN_PORT:
		return (va.number > vb.number) - (va.number < vb.number);
	default:
		return (va.number < vb.number) - (va.number > vb.number);
	}
}
