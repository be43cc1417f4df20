// SPDX-License-Identifier: GPL-2.0
/* Owns the tests of the writer: what the same calls make in text and
 * JSON. Writes into a file in place of stdout and compares.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ktap.h"
#include "show.h"

static const struct show_column columns[] = {
	{ .key = "flags" },
	{ .key = "src" },
	{ .key = "count", .right = true },
	{ .key = "why-not" },
};

static void show_row(struct show *show, const char *flags, const char *src,
		     u64 count, const char *why)
{
	show_row_begin(show);
	show_word(show, "flags", flags);
	show_word(show, "src", src);
	show_number(show, "count", count);
	if (why)
		show_word(show, "why-not", why);
	show_row_end(show);
}

static void show_rows(struct show *show)
{
	show_list_begin(show, NULL, columns, ARRAY_SIZE(columns));
	show_row(show, "AF", "192.0.2.1:53", ~0ull, NULL);
	show_row(show, "", "[2001:db8::1]:53", 7, "a \"b\"\n");
	show_row(show, "A", "192.0.2.1", 0, NULL);
	show_list_end(show);
}

static void show_none(struct show *show)
{
	show_list_begin(show, NULL, columns, ARRAY_SIZE(columns));
	show_list_end(show);
}

static void show_record(struct show *show)
{
	show_begin(show);
	show_yes_no(show, "enabled", true);
	show_seconds(show, "timeout", 598);
	show_ms(show, "lease", 500);
	show_group_begin(show, "ipv4");
	show_number(show, "rules", 2);
	show_percent(show, "share", 12.34);
	show_group_end(show);
	show_list_begin(show, "list", columns + 3, 1);
	show_row_begin(show);
	show_word(show, "why-not", "mtu");
	show_row_end(show);
	show_list_end(show);
	show_end(show);
}

static void show_cut(struct show *show)
{
	show_begin(show);
	show_yes_no(show, "enabled", true);
	show_list_begin(show, "list", columns, ARRAY_SIZE(columns));
}

static const struct {
	const char *name;
	void (*call)(struct show *show);
	enum show_mode mode;
	const char *want;
} rows[] = {
	{ "table", show_rows, SHOW_TEXT,
	  "FLAGS  SRC                              COUNT  WHY-NOT\n"
	  "AF     192.0.2.1:53      18446744073709551615\n"
	  "       [2001:db8::1]:53                     7  a \"b\"\n\n"
	  "A      192.0.2.1                            0\n" },
	{ "json list", show_rows, SHOW_JSON,
	  "[\n"
	  "{\"flags\":\"AF\",\"src\":\"192.0.2.1:53\","
	  "\"count\":18446744073709551615},\n"
	  "{\"flags\":\"\",\"src\":\"[2001:db8::1]:53\",\"count\":7,"
	  "\"why-not\":\"a \\\"b\\\"\\n\"},\n"
	  "{\"flags\":\"A\",\"src\":\"192.0.2.1\",\"count\":0}\n"
	  "]\n" },
	{ "empty table", show_none, SHOW_TEXT,
	  "FLAGS  SRC  COUNT  WHY-NOT\n" },
	{ "empty json", show_none, SHOW_JSON, "[]\n" },
	{ "record", show_record, SHOW_TEXT,
	  "     enabled: yes\n"
	  "     timeout: 9m58s\n"
	  "       lease: 500ms\n"
	  "  ipv4-rules: 2\n"
	  "  ipv4-share: 12.3%\n"
	  "\n"
	  "list:\n"
	  "WHY-NOT\n"
	  "mtu\n" },
	{ "json record", show_record, SHOW_JSON,
	  "{\"enabled\":true,\"timeout\":598,\"lease\":500,"
	  "\"ipv4\":{\"rules\":2,\"share\":12.3},"
	  "\"list\":[{\"why-not\":\"mtu\"}]}\n" },
	{ "json cut short", show_cut, SHOW_JSON, "" },
};

/* What the calls write to stdout, which is a file meanwhile. */
static bool check(size_t i, FILE *file)
{
	size_t len = strlen(rows[i].want);
	char *got = calloc(1, len + 2);
	struct show *show;
	bool same;

	rewind(file);
	if (ftruncate(fileno(file), 0) || dup2(fileno(file), 1) < 0)
		return false;
	show = show_open(rows[i].mode, false);
	rows[i].call(show);
	show_close(show);
	fflush(stdout);
	rewind(file);
	same = fread(got, 1, len + 1, file) == len &&
	       !memcmp(got, rows[i].want, len);
	free(got);
	return same;
}

int main(void)
{
	FILE *file = tmpfile();
	int out = dup(1);
	bool good;
	size_t i;

	if (!file || out < 0)
		return 1;
	ktap_plan(ARRAY_SIZE(rows));
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		fflush(stdout);
		good = check(i, file);
		dup2(out, 1);
		ktap_case(good, rows[i].name);
	}
	fclose(file);
	close(out);
	return ktap_end();
}
