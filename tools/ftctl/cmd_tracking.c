// SPDX-License-Identifier: GPL-2.0
/* Owns "ftctl tracking show", "set" and "reset": how conntrack behaves in this
 * network namespace. Must not know how messages are coded.
 *
 * JSON keys are the names of the rows, timeouts in seconds, enabled a word,
 * loose-tcp-tracking and liberal-tcp-tracking booleans; "origin" has for each
 * row that can be set "default" or "changed", against what the kernel has by
 * default.
 */
#include <string.h>

#include "command.h"
#include "diag.h"
#include "parse.h"
#include "proc.h"
#include "show.h"
#include "tracking.h"

static const struct show_column columns[] = {
	{ .key = "name" },
	{ .key = "value", .right = true },
	{ .key = "origin" },
	{ .key = "default", .right = true },
	{ .key = "routeros", .right = true },
};

/* As many entries as buckets; eight times as many if somebody has chosen the
 * number of buckets when the module was loaded.
 */
static bool is_default_limit(u64 limit)
{
	u64 buckets;

	return !sysctl_read(SYSCTL_CT "buckets", &buckets) &&
	       (limit == buckets || limit == buckets * 8);
}

/* Returns NULL for what has no origin. */
static const char *origin_of(const struct tracking_plan *plan, size_t i)
{
	const struct tracking_row *row = &tracking_rows[i];
	bool is_default;
	u64 value;

	switch (row->kind) {
	case TRACKING_ENABLED:
	case TRACKING_SWITCH:
	case TRACKING_TIMEOUT:
		if (!tracking_plan_value(plan, i, &value))
			return NULL;
		is_default = value == row->family[TRACKING_LINUX];
		break;
	case TRACKING_LIMIT:
		is_default = is_default_limit(plan->number[i]);
		break;
	default:
		return NULL;
	}
	return is_default ? "default" : "changed";
}

static void show_value(struct show *show, const char *key,
		       const struct tracking_row *row, u64 value)
{
	switch (row->kind) {
	case TRACKING_ENABLED:
		show_word(show, key, tracking_mode_name(value) ?: "unknown");
		break;
	case TRACKING_SWITCH:
		show_yes_no(show, key, value);
		break;
	case TRACKING_TIMEOUT:
		show_seconds(show, key, value);
		break;
	default:
		show_number(show, key, value);
		break;
	}
}

static void show_json(struct show *show, const struct tracking_plan *plan)
{
	const char *origin;
	u64 value;
	size_t i;

	show_begin(show);
	for (i = 0; i < TRACKING_ROWS; i++) {
		const struct tracking_row *row = &tracking_rows[i];

		if (tracking_plan_value(plan, i, &value))
			show_value(show, row->name, row, value);
	}
	show_group_begin(show, "origin");
	for (i = 0; i < TRACKING_ROWS; i++) {
		origin = origin_of(plan, i);
		if (origin)
			show_word(show, tracking_rows[i].name, origin);
	}
	show_group_end(show);
	show_end(show);
}

static bool is_total(const struct tracking_row *row)
{
	return row->kind == TRACKING_TOTAL ||
	       row->kind == TRACKING_TOTAL_IPV4 ||
	       row->kind == TRACKING_TOTAL_IPV6;
}

static u64 find_limit(const struct tracking_plan *plan)
{
	size_t i;

	for (i = 0; i < TRACKING_ROWS; i++)
		if (tracking_rows[i].kind == TRACKING_LIMIT)
			return plan->number[i];
	return 0;
}

static void show_text_row(struct show *show, const struct tracking_plan *plan,
			  size_t i)
{
	const struct tracking_row *row = &tracking_rows[i];
	const char *origin = origin_of(plan, i);
	u64 value, limit = find_limit(plan);

	if (!tracking_plan_value(plan, i, &value))
		return;
	show_row_begin(show);
	show_word(show, "name", row->name);
	show_value(show, "value", row, value);
	if (origin)
		show_word(show, "origin", origin);
	if (is_total(row) && limit)
		show_used(show, "origin", value, limit);
	if (row->kind <= TRACKING_TIMEOUT) {
		show_value(show, "default", row,
			   row->family[TRACKING_LINUX]);
		show_value(show, "routeros", row,
			   row->family[TRACKING_ROUTEROS]);
	}
	show_row_end(show);
}

/**
 * cmd_tracking_show() - Show how conntrack behaves.
 * @ftctl: Options.
 * @argc: How many words follow.
 * @argv: Words.
 *
 * Return: Exit code.
 */
int cmd_tracking_show(const struct ftctl *ftctl, int argc, char **argv)
{
	struct tracking_plan plan;
	struct show *show;
	size_t i;
	int ret;

	if (no_words(argc, argv))
		return EXIT_USAGE;
	ret = tracking_read(&plan, "tracking show");
	if (ret)
		return ret;
	show = show_open(ftctl->json ? SHOW_JSON : SHOW_TEXT, ftctl->pretty);
	if (ftctl->json) {
		show_json(show, &plan);
	} else {
		show_list_begin(show, NULL, columns, ARRAY_SIZE(columns));
		for (i = 0; i < TRACKING_ROWS; i++)
			show_text_row(show, &plan, i);
		show_list_end(show);
	}
	show_close(show);
	return EXIT_OK;
}

/**
 * cmd_tracking_set() - Change how conntrack behaves.
 * @ftctl: Options.
 * @argc: How many words follow.
 * @argv: Words.
 *
 * All words are checked before anything is changed.
 *
 * Return: Exit code.
 */
int cmd_tracking_set(const struct ftctl *ftctl, int argc, char **argv)
{
	struct tracking_plan plan;
	int i;

	(void)ftctl;
	tracking_plan_init(&plan);
	for (i = 0; i < argc; i++)
		if (tracking_plan_word(&plan, argv[i]))
			return EXIT_USAGE;
	if (!argc)
		return fail(EXIT_USAGE, "tracking set: NAME=VALUE is missing");
	return tracking_apply(&plan, "tracking set");
}

/**
 * tracking_family_word() - Words that may follow "tracking reset".
 * @i: Number.
 *
 * Return: Word, or NULL behind the last.
 */
const char *tracking_family_word(size_t i)
{
	static const char * const words[TRACKING_FAMILIES] = {
		[TRACKING_LINUX] = "linux",
		[TRACKING_ROUTEROS] = "routeros",
	};

	return i < ARRAY_SIZE(words) ? words[i] : NULL;
}

/**
 * cmd_tracking_reset() - Set all values to a family of defaults.
 * @ftctl: Options.
 * @argc: How many words follow.
 * @argv: Words.
 *
 * Return: Exit code.
 */
int cmd_tracking_reset(const struct ftctl *ftctl, int argc, char **argv)
{
	struct tracking_plan plan;
	const char *word;
	size_t i;

	(void)ftctl;
	if (!argc)
		return fail(EXIT_USAGE,
			    "tracking reset: routeros or linux is missing");
	if (argc > 1)
		return no_words(argc - 1, argv + 1);
	for (i = 0; (word = tracking_family_word(i)); i++)
		if (!strcmp(argv[0], word))
			break;
	if (!word)
		return fail(EXIT_USAGE,
			    "tracking reset: '%s' is not routeros or linux",
			    argv[0]);
	tracking_plan_init(&plan);
	tracking_plan_family(&plan, i);
	return tracking_apply(&plan, "tracking reset");
}
