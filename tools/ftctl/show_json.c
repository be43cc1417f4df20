// SPDX-License-Identifier: GPL-2.0
/* Owns the writing of JSON. An array at the top is written element by
 * element, so that a long list needs the memory of one; anything else is
 * written when it is whole. Must not know any command.
 */
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "diag.h"
#include "out.h"
#include "show_back.h"

#define MAX_DEPTH	8

/**
 * struct show_json - Writer.
 * @buf: What is not whole yet.
 * @closer: What ends the open objects and arrays, the innermost last.
 * @depth: How many are open.
 * @members: By depth, how many they have so far.
 * @pretty: Indent.
 */
struct show_json {
	struct buf buf;
	char closer[MAX_DEPTH];
	size_t depth;
	u64 members[MAX_DEPTH + 1];
	bool pretty;
};

/**
 * json_open() - Make a writer.
 * @pretty: Indent.
 *
 * Return: Writer.
 */
struct show_json *json_open(bool pretty)
{
	struct show_json *json = xrealloc(NULL, 1, sizeof(*json));

	memset(json, 0, sizeof(*json));
	json->pretty = pretty;
	return json;
}

/**
 * json_close() - Free a writer.
 * @json: Writer.
 */
void json_close(struct show_json *json)
{
	buf_free(&json->buf);
	free(json);
}

/* Elements of a list at the top have a line each in any case. */
static void new_line(struct show_json *json)
{
	bool streams = json->depth == 1 && json->closer[0] == ']';

	if (json->pretty || streams)
		buf_char(&json->buf, '\n');
	if (json->pretty)
		buf_pad(&json->buf, json->depth * 2);
}

static void begin_member(struct show_json *json, const char *key)
{
	if (json->members[json->depth]++)
		buf_char(&json->buf, ',');
	if (json->depth)
		new_line(json);
	if (!key)
		return;
	buf_json_string(&json->buf, key);
	buf_char(&json->buf, ':');
	if (json->pretty)
		buf_char(&json->buf, ' ');
}

static void begin(struct show_json *json, const char *key, char opener,
		  char closer)
{
	if (json->depth == MAX_DEPTH)
		abort();
	begin_member(json, key);
	buf_char(&json->buf, opener);
	json->closer[json->depth++] = closer;
	json->members[json->depth] = 0;
}

/**
 * json_object_begin() - Begin an object.
 * @json: Writer.
 * @key: Key in the enclosing object, or NULL.
 */
void json_object_begin(struct show_json *json, const char *key)
{
	begin(json, key, '{', '}');
}

/**
 * json_array_begin() - Begin an array.
 * @json: Writer.
 * @key: Key in the enclosing object, or NULL at the top.
 */
void json_array_begin(struct show_json *json, const char *key)
{
	begin(json, key, '[', ']');
}

/**
 * json_end() - End the innermost object or array.
 * @json: Writer.
 */
void json_end(struct show_json *json)
{
	u64 members = json->members[json->depth--];
	char closer = json->closer[json->depth];

	if (members) {
		if (json->pretty || (!json->depth && closer == ']'))
			buf_char(&json->buf, '\n');
		if (json->pretty)
			buf_pad(&json->buf, json->depth * 2);
	}
	buf_char(&json->buf, closer);
	if (!json->depth) {
		buf_char(&json->buf, '\n');
		json->members[0] = 0;
		buf_out(&json->buf);
	} else if (json->depth == 1 && json->closer[0] == ']') {
		buf_out(&json->buf);
	}
}

/**
 * json_string() - Add a string.
 * @json: Writer.
 * @key: Key.
 * @value: String.
 */
void json_string(struct show_json *json, const char *key, const char *value)
{
	begin_member(json, key);
	buf_json_string(&json->buf, value);
}

/**
 * json_raw() - Add what is JSON already.
 * @json: Writer.
 * @key: Key.
 * @value: Number, true or false.
 */
void json_raw(struct show_json *json, const char *key, const char *value)
{
	begin_member(json, key);
	buf_text(&json->buf, value);
}
