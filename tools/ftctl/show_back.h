/* SPDX-License-Identifier: GPL-2.0 */
/* Owns the seam between show.c and its two writers, show_text.c and
 * show_json.c. Only those three include it.
 */
#ifndef FTCTL_SHOW_BACK_H
#define FTCTL_SHOW_BACK_H

#include "show.h"

struct show_text;
struct show_json;

struct show_text *text_open(void);
void text_close(struct show_text *text);
void text_record_end(struct show_text *text);
void text_group(struct show_text *text, const char *key);
void text_list_begin(struct show_text *text, const char *key,
		     const struct show_column *columns, size_t count);
void text_list_end(struct show_text *text);
void text_row_begin(struct show_text *text);
void text_row_end(struct show_text *text);
void text_value(struct show_text *text, const char *key, const char *value);

struct show_json *json_open(bool pretty);
void json_close(struct show_json *json);
void json_object_begin(struct show_json *json, const char *key);
void json_array_begin(struct show_json *json, const char *key);
void json_end(struct show_json *json);
void json_string(struct show_json *json, const char *key, const char *value);
void json_raw(struct show_json *json, const char *key, const char *value);

#endif /* FTCTL_SHOW_BACK_H */
