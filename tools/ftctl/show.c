// SPDX-License-Identifier: GPL-2.0
/* Owns what one value looks like in text and in JSON, and hands it to the
 * writer in use. Must not know any command or message.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "parse.h"
#include "show_back.h"

/**
 * struct show - One of the two writers.
 * @text: Writer of text, or NULL.
 * @json: Writer of JSON, or NULL.
 */
struct show {
	struct show_text *text;
	struct show_json *json;
};

/**
 * show_open() - Make a writer to stdout.
 * @mode: How to write.
 * @pretty: Indent JSON.
 *
 * Return: Writer.
 */
struct show *show_open(enum show_mode mode, bool pretty)
{
	struct show *show = xrealloc(NULL, 1, sizeof(*show));

	memset(show, 0, sizeof(*show));
	if (mode == SHOW_JSON)
		show->json = json_open(pretty);
	else
		show->text = text_open();
	return show;
}

/**
 * show_close() - Free a writer.
 * @show: Writer. What is begun and not ended is not written, so that what an
 *	error cut short does not look whole.
 */
void show_close(struct show *show)
{
	if (show->json)
		json_close(show->json);
	else
		text_close(show->text);
	free(show);
}

/**
 * show_begin() - Begin a record.
 * @show: Writer.
 */
void show_begin(struct show *show)
{
	if (show->json)
		json_object_begin(show->json, NULL);
}

/**
 * show_end() - End a record.
 * @show: Writer.
 */
void show_end(struct show *show)
{
	if (show->json)
		json_end(show->json);
	else
		text_record_end(show->text);
}

/**
 * show_group_begin() - Begin a record inside of the record.
 * @show: Writer.
 * @key: Its key; in text it goes in front of the keys inside.
 */
void show_group_begin(struct show *show, const char *key)
{
	if (show->json)
		json_object_begin(show->json, key);
	else
		text_group(show->text, key);
}

/**
 * show_group_end() - End the record inside of the record.
 * @show: Writer.
 */
void show_group_end(struct show *show)
{
	if (show->json)
		json_end(show->json);
	else
		text_group(show->text, NULL);
}

/**
 * show_list_begin() - Begin a list.
 * @show: Writer.
 * @key: Its key in the record, or NULL if it is all there is; then its rows
 *	are written as they come.
 * @columns: Keys shown in the table, others only in JSON.
 * @count: Number of columns.
 */
void show_list_begin(struct show *show, const char *key,
		     const struct show_column *columns, size_t count)
{
	if (show->json)
		json_array_begin(show->json, key);
	else
		text_list_begin(show->text, key, columns, count);
}

/**
 * show_list_end() - End a list.
 * @show: Writer.
 */
void show_list_end(struct show *show)
{
	if (show->json)
		json_end(show->json);
	else
		text_list_end(show->text);
}

/**
 * show_row_begin() - Begin a row of a list.
 * @show: Writer.
 */
void show_row_begin(struct show *show)
{
	if (show->json)
		json_object_begin(show->json, NULL);
	else
		text_row_begin(show->text);
}

/**
 * show_row_end() - End a row of a list.
 * @show: Writer.
 */
void show_row_end(struct show *show)
{
	if (show->json)
		json_end(show->json);
	else
		text_row_end(show->text);
}

/**
 * show_word() - Show a word.
 * @show: Writer.
 * @key: Key.
 * @word: Value.
 */
void show_word(struct show *show, const char *key, const char *word)
{
	if (show->json)
		json_string(show->json, key, word);
	else
		text_value(show->text, key, word);
}

/* @json is a JSON token already. */
static void show_both(struct show *show, const char *key, const char *text,
		      const char *json)
{
	if (show->json)
		json_raw(show->json, key, json);
	else
		text_value(show->text, key, text);
}

/**
 * show_number() - Show a number.
 * @show: Writer.
 * @key: Key.
 * @number: Value, exact in JSON too.
 */
void show_number(struct show *show, const char *key, u64 number)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", number);
	show_both(show, key, text, text);
}

/**
 * show_yes_no() - Show yes or no.
 * @show: Writer.
 * @key: Key.
 * @yes: Value.
 */
void show_yes_no(struct show *show, const char *key, bool yes)
{
	show_both(show, key, yes ? "yes" : "no", yes ? "true" : "false");
}

/**
 * show_seconds() - Show a time.
 * @show: Writer.
 * @key: Key.
 * @seconds: Value, in JSON a number of seconds.
 */
void show_seconds(struct show *show, const char *key, u64 seconds)
{
	char text[TIME_SIZE], json[24];

	snprintf(json, sizeof(json), "%llu", seconds);
	show_both(show, key, format_time(seconds * 1000, text), json);
}

/**
 * show_ms() - Show a short time.
 * @show: Writer.
 * @key: Key.
 * @ms: Value, in JSON a number of milliseconds.
 */
void show_ms(struct show *show, const char *key, u64 ms)
{
	char text[TIME_SIZE], json[24];

	snprintf(json, sizeof(json), "%llu", ms);
	show_both(show, key, format_time(ms, text), json);
}

/**
 * show_percent() - Show a share.
 * @show: Writer.
 * @key: Key.
 * @percent: Value.
 */
void show_percent(struct show *show, const char *key, double percent)
{
	char text[32], json[32];

	snprintf(text, sizeof(text), "%.1f%%", percent);
	snprintf(json, sizeof(json), "%.1f", percent);
	show_both(show, key, text, json);
}

/**
 * show_used() - Show a share of max-entries, in text only.
 * @show: Writer.
 * @key: Key.
 * @used: So much.
 * @most: Of so much.
 */
void show_used(struct show *show, const char *key, u64 used, u64 most)
{
	char text[64];

	if (!show->text)
		return;
	snprintf(text, sizeof(text), "%.1f%% of max-entries",
		 100.0 * used / most);
	text_value(show->text, key, text);
}
