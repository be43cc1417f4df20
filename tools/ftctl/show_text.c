// SPDX-License-Identifier: GPL-2.0
/* Owns the writing of text: records as "name: value", lists as tables whose
 * columns fit. Must not know any command.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "out.h"
#include "show_back.h"

/* Rows looked at before they are written, so that columns fit them. */
#define BATCH		256

/**
 * struct pool - Strings, one after the other.
 * @text: They and their NULs.
 * @used: Bytes.
 * @room: Bytes there is room for.
 */
struct pool {
	char *text;
	size_t used;
	size_t room;
};

/**
 * struct show_text - Writer.
 * @group: Prefix of the keys of the group that is open, or NULL.
 * @pool: All strings that wait to be written.
 * @line: Pairs of offsets of name and value, of a record.
 * @lines: How many.
 * @columns: Columns of the table that is open, or NULL.
 * @count: How many.
 * @width: Their widths so far; they only grow.
 * @cell: Offsets of BATCH rows of @count cells, 0 where empty.
 * @rows: Rows in @cell.
 * @in_row: A row is open.
 * @headed: The head of the table is written.
 * @separate: Something is above, so a list begins with an empty line.
 */
struct show_text {
	const char *group;
	struct pool pool;
	size_t (*line)[2];
	size_t lines;
	const struct show_column *columns;
	size_t count;
	size_t *width;
	size_t *cell;
	size_t rows;
	bool in_row;
	bool headed;
	bool separate;
};

static void pool_clear(struct pool *pool)
{
	/* Offset 0 stands for "no string". */
	pool->used = 1;
}

static void pool_put(struct pool *pool, const char *text, size_t len)
{
	if (pool->used + len > pool->room) {
		pool->room = (pool->used + len) * 2;
		pool->text = xrealloc(pool->text, pool->room, 1);
	}
	memcpy(pool->text + pool->used, text, len);
	pool->used += len;
}

static size_t pool_add(struct pool *pool, const char *text)
{
	size_t at = pool->used;

	pool_put(pool, text, strlen(text) + 1);
	return at;
}

static void pad(size_t count)
{
	static const char blanks[] = "                                ";
	size_t part;

	for (; count; count -= part) {
		part = count < sizeof(blanks) ? count : sizeof(blanks) - 1;
		out_write(blanks, part);
	}
}

/**
 * text_open() - Make a writer.
 *
 * Return: Writer.
 */
struct show_text *text_open(void)
{
	struct show_text *text = xrealloc(NULL, 1, sizeof(*text));

	memset(text, 0, sizeof(*text));
	pool_clear(&text->pool);
	return text;
}

/**
 * text_close() - Free a writer.
 * @text: Writer.
 */
void text_close(struct show_text *text)
{
	free(text->pool.text);
	free(text->line);
	free(text->width);
	free(text->cell);
	free(text);
}

/* Names end in one column, as RouterOS prints records. */
static void flush_record(struct show_text *text)
{
	size_t i, len, width = 0;
	const char *name;

	for (i = 0; i < text->lines; i++) {
		len = strlen(text->pool.text + text->line[i][0]);
		if (len > width)
			width = len;
	}
	for (i = 0; i < text->lines; i++) {
		name = text->pool.text + text->line[i][0];
		pad(width - strlen(name) + 2);
		out_printf("%s: %s\n", name,
			   text->pool.text + text->line[i][1]);
		text->separate = true;
	}
	text->lines = 0;
	pool_clear(&text->pool);
}

/**
 * text_record_end() - End a record.
 * @text: Writer.
 */
void text_record_end(struct show_text *text)
{
	flush_record(text);
}

/**
 * text_group() - Begin or end a group.
 * @text: Writer.
 * @key: Prefix of the keys that follow, or NULL.
 */
void text_group(struct show_text *text, const char *key)
{
	text->group = key;
}

static void record_value(struct show_text *text, const char *key,
			 const char *value)
{
	size_t name = text->pool.used;

	if (text->group) {
		pool_put(&text->pool, text->group, strlen(text->group));
		pool_put(&text->pool, "-", 1);
	}
	pool_add(&text->pool, key);
	text->line = xrealloc(text->line, text->lines + 1,
			      sizeof(*text->line));
	text->line[text->lines][0] = name;
	text->line[text->lines++][1] = pool_add(&text->pool, value);
}

/**
 * text_list_begin() - Begin a list.
 * @text: Writer.
 * @key: Its name, or NULL if it is all there is.
 * @columns: Columns of the table.
 * @count: How many.
 */
void text_list_begin(struct show_text *text, const char *key,
		     const struct show_column *columns, size_t count)
{
	size_t i;

	flush_record(text);
	if (text->separate)
		out_text("\n");
	if (key)
		out_printf("%s:\n", key);
	text->columns = columns;
	text->count = count;
	text->rows = 0;
	text->headed = false;
	text->separate = true;
	text->width = xrealloc(text->width, count, sizeof(*text->width));
	text->cell = xrealloc(text->cell, BATCH * count, sizeof(*text->cell));
	for (i = 0; i < count; i++)
		text->width[i] = strlen(columns[i].key);
}

/* @title: The cells are titles, and go in capitals. */
static void write_cell(const struct show_text *text, size_t column,
		       const char *cell, size_t *owed, bool title)
{
	size_t len = strlen(cell), room = text->width[column];
	size_t blanks = room > len ? room - len : 0;

	/* Blanks are only written in front of something. */
	if (text->columns[column].right)
		*owed += blanks;
	if (len) {
		pad(*owed);
		*owed = 0;
	}
	if (title)
		for (; *cell; cell++)
			out_printf("%c", toupper((unsigned char)*cell));
	else
		out_write(cell, len);
	if (!text->columns[column].right)
		*owed += blanks;
	*owed += 2;
}

static void write_head(struct show_text *text)
{
	size_t i, owed = 0;

	if (text->headed)
		return;
	text->headed = true;
	for (i = 0; i < text->count; i++)
		write_cell(text, i, text->columns[i].key, &owed, true);
	out_text("\n");
}

static void flush_rows(struct show_text *text)
{
	const size_t *cell = text->cell;
	size_t i, row, owed;

	for (i = 0; i < text->rows * text->count; i++) {
		size_t *width = &text->width[i % text->count];
		size_t len = cell[i] ? strlen(text->pool.text + cell[i]) : 0;

		if (len > *width)
			*width = len;
	}
	write_head(text);
	for (row = 0; row < text->rows; row++) {
		owed = 0;
		for (i = 0; i < text->count; i++, cell++)
			write_cell(text, i,
				   *cell ? text->pool.text + *cell : "",
				   &owed, false);
		out_text("\n");
	}
	text->rows = 0;
	pool_clear(&text->pool);
}

/**
 * text_list_end() - End a list.
 * @text: Writer.
 */
void text_list_end(struct show_text *text)
{
	flush_rows(text);
	text->columns = NULL;
}

/**
 * text_row_begin() - Begin a row.
 * @text: Writer.
 */
void text_row_begin(struct show_text *text)
{
	text->in_row = true;
	memset(text->cell + text->rows * text->count, 0,
	       text->count * sizeof(*text->cell));
}

/**
 * text_row_end() - End a row.
 * @text: Writer.
 */
void text_row_end(struct show_text *text)
{
	text->in_row = false;
	if (++text->rows == BATCH)
		flush_rows(text);
}

static void row_value(struct show_text *text, const char *key,
		      const char *value)
{
	size_t i;

	for (i = 0; i < text->count; i++)
		if (!strcmp(text->columns[i].key, key))
			text->cell[text->rows * text->count + i] =
				pool_add(&text->pool, value);
}

/**
 * text_value() - Show a value.
 * @text: Writer.
 * @key: Key.
 * @value: Value.
 */
void text_value(struct show_text *text, const char *key, const char *value)
{
	if (!text->in_row)
		record_value(text, key, value);
	else
		row_value(text, key, value);
}
