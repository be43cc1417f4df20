/* SPDX-License-Identifier: GPL-2.0 */
/* Owns the properties of a connection: one table from which the list, its
 * details, JSON, sorting, the live view and the schema's test take names and
 * values. Prototypes of conn.c.
 */
#ifndef FTCTL_CONN_H
#define FTCTL_CONN_H

#include "buf.h"
#include "ctnetlink.h"
#include "names.h"

/**
 * struct conn - One connection, as far as anybody tells.
 * @ct: What conntrack tells.
 * @ft: What the fast table tells, or NULL.
 * @rate: Bits per second by direction, valid with @has_rate.
 * @has_rate: It was sampled twice.
 * @flags: conn_flag_set() of both.
 */
struct conn {
	const struct ct_conn *ct;
	const struct ft_conn *ft;
	u32 flags;
	u64 rate[DIR_COUNT];
	bool has_rate;
};

/**
 * enum conn_kind - What a value is, and so how it is written and sorted.
 * @CONN_FLAG: Yes or no; text has it as a letter of "flags".
 * @CONN_LETTERS: The flags as letters, text only.
 * @CONN_WORD: Word.
 * @CONN_NUMBER: Number.
 * @CONN_BITS: Bit mask; hexadecimal in text.
 * @CONN_SECONDS: Time; JSON has seconds.
 * @CONN_MS: Short time; JSON has milliseconds.
 * @CONN_RATE: Bits per second.
 * @CONN_YES_NO: Yes or no in every form.
 * @CONN_ADDRESS: Address; text appends its port.
 * @CONN_PORT: Port; text has it with the address.
 */
enum conn_kind {
	CONN_FLAG,
	CONN_LETTERS,
	CONN_WORD,
	CONN_NUMBER,
	CONN_BITS,
	CONN_SECONDS,
	CONN_MS,
	CONN_RATE,
	CONN_YES_NO,
	CONN_ADDRESS,
	CONN_PORT,
};

/**
 * enum conn_prop - All properties, in the order in which they are shown.
 * The first ones are the flags, in the order of conn_flags.
 */
enum conn_prop {
	PROP_EXPECTED,
	PROP_SEEN_REPLY,
	PROP_ASSURED,
	PROP_CONFIRMED,
	PROP_DYING,
	PROP_FASTTRACK,
	PROP_SRCNAT,
	PROP_DSTNAT,
	PROP_HW_OFFLOAD,
	PROP_OFFLOAD,
	PROP_FLAGS,
	PROP_PROTOCOL,
	PROP_SRC_ADDRESS,
	PROP_SRC_PORT,
	PROP_DST_ADDRESS,
	PROP_DST_PORT,
	PROP_REPLY_SRC_ADDRESS,
	PROP_REPLY_SRC_PORT,
	PROP_REPLY_DST_ADDRESS,
	PROP_REPLY_DST_PORT,
	PROP_ICMP_TYPE,
	PROP_ICMP_CODE,
	PROP_ICMP_ID,
	PROP_GRE_KEY,
	PROP_STATE,
	PROP_TCP_STATE,
	PROP_TIMEOUT,
	PROP_CONNECTION_MARK,
	PROP_ZONE,
	PROP_ORIG_ZONE,
	PROP_REPLY_ZONE,
	PROP_CONNECTION_TYPE,
	PROP_ORIG_PACKETS,
	PROP_ORIG_BYTES,
	PROP_REPL_PACKETS,
	PROP_REPL_BYTES,
	PROP_ORIG_RATE,
	PROP_REPL_RATE,
	PROP_FASTTRACK_STATE,
	PROP_ORIG_FASTTRACK,
	PROP_ORIG_FASTTRACK_STATE,
	PROP_ORIG_FASTTRACK_PACKETS,
	PROP_ORIG_FASTTRACK_BYTES,
	PROP_ORIG_REASON,
	PROP_ORIG_IN_DEVICE,
	PROP_ORIG_OUT_DEVICE,
	PROP_ORIG_LEASE,
	PROP_ORIG_IDLE,
	PROP_REPL_FASTTRACK,
	PROP_REPL_FASTTRACK_STATE,
	PROP_REPL_FASTTRACK_PACKETS,
	PROP_REPL_FASTTRACK_BYTES,
	PROP_REPL_REASON,
	PROP_REPL_IN_DEVICE,
	PROP_REPL_OUT_DEVICE,
	PROP_REPL_LEASE,
	PROP_REPL_IDLE,
	PROP_WHY_NOT,
	PROP_ID,
	PROPS,
};

/**
 * struct conn_prop_info - One property.
 * @key: Its name, in every form.
 * @help: One line about it.
 * @kind: What its value is.
 */
struct conn_prop_info {
	const char *key;
	const char *help;
	enum conn_kind kind;
};

extern const struct conn_prop_info conn_props[PROPS];

/**
 * struct conn_value - One value.
 * @number: It, or 0 and 1 for no and yes.
 * @word: Word.
 * @address: Address.
 * @port: Port of the address, or NULL.
 * @spare: Room for a word that is a number.
 */
struct conn_value {
	u64 number;
	const char *word;
	const u8 *address;
	const u16 *port;
	char spare[NAME_SIZE];
};

int conn_prop_find(const char *key, size_t len);
bool conn_get(const struct conn *conn, enum conn_prop prop,
	      struct conn_value *value);
bool conn_text(const struct conn *conn, enum conn_prop prop, struct buf *buf);
bool conn_json(const struct conn *conn, enum conn_prop prop, struct buf *buf);
bool conn_is_right(enum conn_prop prop);
void conn_numeric(bool numeric);
int conn_compare(const struct conn *a, const struct conn *b,
		 enum conn_prop prop);

#endif /* FTCTL_CONN_H */
