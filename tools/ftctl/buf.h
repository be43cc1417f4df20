/* SPDX-License-Identifier: GPL-2.0 */
/* Owns the prototypes of buf.c: bytes that grow, and what numbers, addresses
 * and JSON strings look like in them.
 */
#ifndef FTCTL_BUF_H
#define FTCTL_BUF_H

#include <string.h>

#include "ftctl.h"

/**
 * struct buf - Bytes. All zero is an empty one.
 * @text: They, not ended by a NUL.
 * @used: How many.
 * @room: How many there is room for.
 */
struct buf {
	char *text;
	size_t used;
	size_t room;
};

void buf_grow(struct buf *buf, size_t more);
void buf_free(struct buf *buf);

/**
 * buf_reserve() - Get room without using it.
 * @buf: Buffer.
 * @more: Bytes that will be written.
 *
 * Return: Where to write.
 */
static inline char *buf_reserve(struct buf *buf, size_t more)
{
	if (buf->room - buf->used < more)
		buf_grow(buf, more);
	return buf->text + buf->used;
}

/**
 * buf_put() - Append bytes.
 * @buf: Buffer.
 * @text: Bytes.
 * @len: How many.
 */
static inline void buf_put(struct buf *buf, const char *text, size_t len)
{
	memcpy(buf_reserve(buf, len), text, len);
	buf->used += len;
}

/**
 * buf_char() - Append one byte.
 * @buf: Buffer.
 * @c: Byte.
 */
static inline void buf_char(struct buf *buf, char c)
{
	*buf_reserve(buf, 1) = c;
	buf->used++;
}

/**
 * buf_text() - Append a string.
 * @buf: Buffer.
 * @text: String.
 */
static inline void buf_text(struct buf *buf, const char *text)
{
	buf_put(buf, text, strlen(text));
}

void buf_pad(struct buf *buf, size_t count);
void buf_number(struct buf *buf, u64 number);
void buf_seconds(struct buf *buf, u64 seconds);
void buf_address(struct buf *buf, u8 family, const u8 *address);
void buf_endpoint(struct buf *buf, u8 family, const u8 *address,
		  const u16 *port);
void buf_scaled(struct buf *buf, u64 number, const char *unit);
void buf_json_string(struct buf *buf, const char *text);
void buf_out(struct buf *buf);

#endif /* FTCTL_BUF_H */
