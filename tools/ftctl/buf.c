// SPDX-License-Identifier: GPL-2.0
/* Owns bytes on their way to stdout: a list of a million rows is made of
 * numbers and addresses, so they are written here without stdio. Must not
 * know what is written.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "buf.h"
#include "diag.h"
#include "out.h"
#include "visible.h"

/**
 * buf_grow() - Make room.
 * @buf: Buffer.
 * @more: Bytes wanted behind those used.
 */
void buf_grow(struct buf *buf, size_t more)
{
	buf->room = (buf->used + more) * 2;
	buf->text = xrealloc(buf->text, buf->room, 1);
}

/**
 * buf_free() - Free what a buffer holds.
 * @buf: Buffer, empty again.
 */
void buf_free(struct buf *buf)
{
	free(buf->text);
	memset(buf, 0, sizeof(*buf));
}

/**
 * buf_pad() - Append blanks.
 * @buf: Buffer.
 * @count: How many.
 */
void buf_pad(struct buf *buf, size_t count)
{
	memset(buf_reserve(buf, count), ' ', count);
	buf->used += count;
}

/**
 * buf_number() - Append a number.
 * @buf: Buffer.
 * @number: Number.
 */
void buf_number(struct buf *buf, u64 number)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = '0' + number % 10;
		number /= 10;
	} while (number);
	buf_put(buf, digits + at, sizeof(digits) - at);
}

/**
 * buf_seconds() - Append a time as RouterOS writes it: 4d23h59m58s.
 * @buf: Buffer.
 * @seconds: Seconds.
 */
void buf_seconds(struct buf *buf, u64 seconds)
{
	static const struct {
		u32 seconds;
		char name;
	} units[] = {
		{ 604800, 'w' }, { 86400, 'd' }, { 3600, 'h' }, { 60, 'm' },
		{ 1, 's' },
	};
	size_t i;

	if (!seconds) {
		buf_put(buf, "0s", 2);
		return;
	}
	for (i = 0; i < ARRAY_SIZE(units); i++) {
		if (seconds < units[i].seconds)
			continue;
		buf_number(buf, seconds / units[i].seconds);
		buf_char(buf, units[i].name);
		seconds %= units[i].seconds;
	}
}

static void put_ipv4(struct buf *buf, const u8 *address)
{
	int i;

	for (i = 0; i < 4; i++) {
		if (i)
			buf_char(buf, '.');
		buf_number(buf, address[i]);
	}
}

/**
 * buf_address() - Append an address.
 * @buf: Buffer.
 * @family: AF_INET or AF_INET6.
 * @address: Address.
 */
void buf_address(struct buf *buf, u8 family, const u8 *address)
{
	char *at;

	if (family == AF_INET) {
		put_ipv4(buf, address);
		return;
	}
	at = buf_reserve(buf, INET6_ADDRSTRLEN);
	if (inet_ntop(AF_INET6, address, at, INET6_ADDRSTRLEN))
		buf->used += strlen(at);
}

/**
 * buf_endpoint() - Append address:port or [address]:port.
 * @buf: Buffer.
 * @family: AF_INET or AF_INET6.
 * @address: Address.
 * @port: Port in host order, or NULL for the address alone.
 */
void buf_endpoint(struct buf *buf, u8 family, const u8 *address,
		  const u16 *port)
{
	bool brackets = port && family == AF_INET6;

	if (brackets)
		buf_char(buf, '[');
	buf_address(buf, family, address);
	if (brackets)
		buf_char(buf, ']');
	if (!port)
		return;
	buf_char(buf, ':');
	buf_number(buf, *port);
}

/**
 * buf_scaled() - Append a number that fits into a narrow column.
 * @buf: Buffer.
 * @number: Number; above 9999 it is rounded to a decimal multiple.
 * @unit: What is counted.
 */
void buf_scaled(struct buf *buf, u64 number, const char *unit)
{
	static const char prefixes[] = "\0kMGTPE";
	double value = number;
	size_t i = 0;
	char text[32];

	if (number < 10000) {
		buf_number(buf, number);
	} else {
		/* 999.96 would be printed as 1000.0 */
		for (; value >= 999.95; i++)
			value /= 1000;
		snprintf(text, sizeof(text), "%.1f%c", value, prefixes[i]);
		buf_text(buf, text);
	}
	buf_text(buf, unit);
}

static void put_escape(struct buf *buf, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";

	switch (c) {
	case '"':
	case '\\':
		buf_char(buf, '\\');
		buf_char(buf, c);
		return;
	case '\n':
		buf_put(buf, "\\n", 2);
		return;
	case '\t':
		buf_put(buf, "\\t", 2);
		return;
	}
	buf_put(buf, "\\u00", 4);
	buf_char(buf, hex[c >> 4]);
	buf_char(buf, hex[c & 15]);
}

/**
 * buf_json_string() - Append a string of JSON, quotes included.
 * @buf: Buffer.
 * @text: String. What is no UTF-8, which a device name may hold, is replaced
 *	by U+FFFD byte by byte.
 */
void buf_json_string(struct buf *buf, const char *text)
{
	const unsigned char *c = (const unsigned char *)text;
	size_t len;

	buf_char(buf, '"');
	while (*c) {
		len = 1;
		if (*c < 0x20 || *c == '"' || *c == '\\' || *c == 0x7f) {
			put_escape(buf, *c);
		} else if (*c < 0x80) {
			buf_char(buf, *c);
		} else {
			len = utf8_length((const char *)c);
			if (len)
				buf_put(buf, (const char *)c, len);
			else
				buf_put(buf, "\xef\xbf\xbd", 3);
			len = len ?: 1;
		}
		c += len;
	}
	buf_char(buf, '"');
}

/**
 * buf_out() - Write a buffer to stdout and empty it.
 * @buf: Buffer.
 */
void buf_out(struct buf *buf)
{
	out_write(buf->text, buf->used);
	buf->used = 0;
}
