/* SPDX-License-Identifier: GPL-2.0 */
/* Owns the interface of the writer: commands say once what there is to show
 * and get text, a table or JSON. Keys are the names of the YAML spec
 * and of RouterOS; in JSON they are stable, and more may be added.
 *
 *	show_begin(show);
 *	show_number(show, "table-limit", 65536);	one record
 *	show_list_begin(show, "reasons", columns, count);
 *		show_row_begin(show);			any number of rows
 *		show_word(show, "reason", "lease");
 *		show_row_end(show);
 *	show_list_end(show);
 *	show_end(show);
 *
 * JSON units: packets, bytes and counts are numbers; timeouts are seconds and
 * lease and idle times milliseconds, as on the wire; yes and no are booleans.
 * What the kernel does not tell has no key.
 */
#ifndef FTCTL_SHOW_H
#define FTCTL_SHOW_H

#include "ftctl.h"

/**
 * enum show_mode - How to write.
 * @SHOW_TEXT: Records as "name: value", lists as tables.
 * @SHOW_JSON: JSON.
 */
enum show_mode {
	SHOW_TEXT,
	SHOW_JSON,
};

/**
 * struct show_column - Column of a table.
 * @key: Key of the value that goes into it.
 * @right: Align to the right, for numbers.
 */
struct show_column {
	const char *key;
	bool right;
};

struct show;

struct show *show_open(enum show_mode mode, bool pretty);
void show_close(struct show *show);
void show_begin(struct show *show);
void show_end(struct show *show);
void show_group_begin(struct show *show, const char *key);
void show_group_end(struct show *show);
void show_list_begin(struct show *show, const char *key,
		     const struct show_column *columns, size_t count);
void show_list_end(struct show *show);
void show_row_begin(struct show *show);
void show_row_end(struct show *show);
void show_word(struct show *show, const char *key, const char *word);
void show_number(struct show *show, const char *key, u64 number);
void show_yes_no(struct show *show, const char *key, bool yes);
void show_seconds(struct show *show, const char *key, u64 seconds);
void show_ms(struct show *show, const char *key, u64 ms);
void show_used(struct show *show, const char *key, u64 used, u64 most);
void show_percent(struct show *show, const char *key, double percent);

#endif /* FTCTL_SHOW_H */
