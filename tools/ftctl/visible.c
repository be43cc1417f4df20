// SPDX-License-Identifier: GPL-2.0
/* Owns which bytes of a word that somebody typed are shown as they are: what
 * could end a line or command the terminal is not. Pure: must not know where
 * the text goes.
 */
#include <string.h>

#include "visible.h"

/**
 * utf8_length() - How long is the UTF-8 character at the head of a text?
 * @text: Text, ended by a NUL.
 *
 * Return: Bytes of a character of more than one byte; 0 if it is none, as an
 * overlong one, a surrogate or one behind U+10FFFF.
 */
size_t utf8_length(const char *text)
{
	const unsigned char *c = (const unsigned char *)text;
	size_t len = *c >= 0xf0 ? 4 : *c >= 0xe0 ? 3 : 2;
	size_t i;

	if (*c < 0xc2 || *c > 0xf4)
		return 0;
	for (i = 1; i < len; i++)
		if ((c[i] & 0xc0) != 0x80)
			return 0;
	if ((*c == 0xe0 && c[1] < 0xa0) || (*c == 0xed && c[1] > 0x9f) ||
	    (*c == 0xf0 && c[1] < 0x90) || (*c == 0xf4 && c[1] > 0x8f))
		return 0;
	return len;
}

/* Bytes that may be shown as they are. U+0080 to U+009F are commands. */
static size_t printable_length(const char *text)
{
	unsigned char c = *text;

	if (c < 0x80)
		return c >= 0x20 && c != 0x7f;
	if (c == 0xc2 && (unsigned char)text[1] < 0xa0)
		return 0;
	return utf8_length(text);
}

static char *put_escape(char *to, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";

	*to++ = '\\';
	switch (c) {
	case '\n':
		*to++ = 'n';
		return to;
	case '\r':
		*to++ = 'r';
		return to;
	case '\t':
		*to++ = 't';
		return to;
	}
	*to++ = 'x';
	*to++ = hex[c >> 4];
	*to++ = hex[c & 15];
	return to;
}

/**
 * visible() - Write a text so that it is one line and nothing but text.
 * @to: Room for VISIBLE_MAX bytes for each of the text, and a NUL.
 * @text: Text. A backslash stays one: the line is for people.
 *
 * Return: @to.
 */
char *visible(char *to, const char *text)
{
	char *at = to;

	while (*text) {
		size_t len = printable_length(text);

		if (len) {
			memcpy(at, text, len);
			at += len;
			text += len;
		} else {
			at = put_escape(at, *text++);
		}
	}
	*at = '\0';
	return to;
}
