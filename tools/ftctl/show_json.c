// SPDX-License-Identifier: GPL-2.0
/* Owns the writing of JSON, with libcjson, whose names are not in kernel
 * style. An array at the top is written element by element, so that a list
 * of a million rows needs the memory of one. Must not know any command.
 */
#include <stdlib.h>
#include <string.h>
#include <cjson/cJSON.h>

#include "diag.h"
#include "out.h"
#include "show_back.h"

#define MAX_DEPTH	8
#define ROW_SIZE	1024

/**
 * struct show_json - Writer.
 * @node: Open objects and arrays, the innermost last.
 * @depth: How many.
 * @pretty: Indent.
 * @streaming: The outermost is an array whose elements are written at once.
 * @written: Elements of it so far.
 */
struct show_json {
	struct cJSON *node[MAX_DEPTH];
	size_t depth;
	bool pretty;
	bool streaming;
	u64 written;
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
	/* Inner nodes belong to outer ones, but for those of a stream. */
	if (json->depth)
		cJSON_Delete(json->node[0]);
	free(json);
}

static void write_node(const struct show_json *json, const cJSON *node)
{
	char *text = cJSON_PrintBuffered(node, ROW_SIZE, json->pretty);

	if (!text)
		exit(fail(EXIT_KERNEL, "out of memory"));
	out_text(text);
	cJSON_free(text);
}

static void add(struct show_json *json, const char *key, cJSON *node)
{
	cJSON *parent;
	cJSON_bool added;

	if (!node)
		exit(fail(EXIT_KERNEL, "out of memory"));
	if (!json->depth)
		return;
	parent = json->node[json->depth - 1];
	/* Keys are constants, which cJSON need not copy. */
	if (key)
		added = cJSON_AddItemToObjectCS(parent, key, node);
	else
		added = cJSON_AddItemToArray(parent, node);
	if (!added)
		exit(fail(EXIT_KERNEL, "out of memory"));
}

static void push(struct show_json *json, const char *key, cJSON *node)
{
	add(json, key, node);
	if (json->depth == MAX_DEPTH)
		abort();
	json->node[json->depth++] = node;
}

/**
 * json_object_begin() - Begin an object.
 * @json: Writer.
 * @key: Key in the enclosing object, or NULL.
 */
void json_object_begin(struct show_json *json, const char *key)
{
	push(json, key, cJSON_CreateObject());
}

/**
 * json_array_begin() - Begin an array.
 * @json: Writer.
 * @key: Key in the enclosing object, or NULL at the top.
 */
void json_array_begin(struct show_json *json, const char *key)
{
	if (json->depth) {
		push(json, key, cJSON_CreateArray());
		return;
	}
	json->streaming = true;
	out_text("[");
}

static void end_element(struct show_json *json, cJSON *node)
{
	out_text(json->written++ ? ",\n" : "\n");
	write_node(json, node);
}

/**
 * json_end() - End the innermost object or array.
 * @json: Writer.
 */
void json_end(struct show_json *json)
{
	cJSON *node;

	if (!json->depth) {
		out_text(json->written ? "\n]\n" : "]\n");
		json->streaming = false;
		return;
	}
	node = json->node[--json->depth];
	if (json->depth)
		return;
	if (json->streaming) {
		end_element(json, node);
	} else {
		write_node(json, node);
		out_text("\n");
	}
	cJSON_Delete(node);
}

/**
 * json_string() - Add a string.
 * @json: Writer.
 * @key: Key.
 * @value: String.
 */
void json_string(struct show_json *json, const char *key, const char *value)
{
	add(json, key, cJSON_CreateString(value));
}

/**
 * json_raw() - Add what is JSON already.
 * @json: Writer.
 * @key: Key.
 * @value: Number, true or false. cJSON's own numbers are floating point,
 *	which a byte counter outgrows.
 */
void json_raw(struct show_json *json, const char *key, const char *value)
{
	add(json, key, cJSON_CreateRaw(value));
}
