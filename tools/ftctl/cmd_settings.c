// SPDX-License-Identifier: GPL-2.0
/* Owns the settings of the engine and what acts on it as a whole: "settings",
 * "set" and "flush". Must not know how messages are coded.
 *
 * JSON keys: enabled lease table-limit ingress, as in the YAML spec.
 */
#include <errno.h>
#include <string.h>
#include <linux/fasttrack.h>

#include "command.h"
#include "diag.h"
#include "fasttrack.h"
#include "parse.h"
#include "show.h"

/* The ranges of the YAML spec, which the kernel checks again. */
#define LEASE_MIN		100
#define LEASE_MAX		60000
#define TABLE_LIMIT_MAX		16777216

static int parse_enabled(const char *text, struct ft_setting *setting)
{
	bool yes;

	if (parse_yes_no(text, &yes))
		return fail(EXIT_USAGE, "enabled: '%s' is not yes or no",
			    text);
	setting->enabled = yes;
	return EXIT_OK;
}

static int parse_lease(const char *text, struct ft_setting *setting)
{
	u64 ms = 0;
	int ret = parse_time(text, &ms);

	if (ret == -EINVAL)
		return fail(EXIT_USAGE, "lease: '%s' is not a time", text);
	if (ret || ms < LEASE_MIN || ms > LEASE_MAX)
		return fail(EXIT_USAGE,
			    "lease: '%s' is out of range (100ms to 1m)", text);
	setting->lease = ms;
	return EXIT_OK;
}

static int parse_table_limit(const char *text, struct ft_setting *setting)
{
	u64 number = 0;
	int ret = parse_number(text, &number);

	if (ret == -EINVAL)
		return fail(EXIT_USAGE, "table-limit: '%s' is not a number",
			    text);
	if (ret || !number || number > TABLE_LIMIT_MAX)
		return fail(EXIT_USAGE,
			    "table-limit: '%s' is out of range (1 to %u)",
			    text, TABLE_LIMIT_MAX);
	setting->table_limit = number;
	return EXIT_OK;
}

/* By enum fasttrack_ingress. */
static const char * const ingress_names[] = {
	[FASTTRACK_INGRESS_AUTO] = "auto",
	[FASTTRACK_INGRESS_YES] = "yes",
	[FASTTRACK_INGRESS_NO] = "no",
};

static int parse_ingress(const char *text, struct ft_setting *setting)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ingress_names); i++) {
		if (!strcmp(text, ingress_names[i])) {
			setting->ingress = i;
			return EXIT_OK;
		}
	}
	return fail(EXIT_USAGE, "ingress: '%s' is not auto, yes or no", text);
}

static const struct {
	const char *name;
	unsigned int attr;
	int (*parse)(const char *text, struct ft_setting *setting);
} rows[] = {
	{ "enabled", FASTTRACK_A_SETTING_ENABLED, parse_enabled },
	{ "lease", FASTTRACK_A_SETTING_LEASE, parse_lease },
	{ "table-limit", FASTTRACK_A_SETTING_TABLE_LIMIT, parse_table_limit },
	{ "ingress", FASTTRACK_A_SETTING_INGRESS, parse_ingress },
};

/**
 * setting_word() - Names that may follow "set".
 * @i: Number.
 *
 * Return: Name, or NULL behind the last.
 */
const char *setting_word(size_t i)
{
	return i < ARRAY_SIZE(rows) ? rows[i].name : NULL;
}

static int parse_row(const char *word, struct ft_setting *setting)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *value = parse_assignment(word, rows[i].name);

		if (!value)
			continue;
		if (setting->has & BIT(rows[i].attr))
			return fail(EXIT_USAGE, "%s is given twice",
				    rows[i].name);
		setting->has |= BIT(rows[i].attr);
		return rows[i].parse(value, setting);
	}
	if (!parse_name_length(word))
		return fail(EXIT_USAGE, "'%s' is not NAME=VALUE", word);
	return fail(EXIT_USAGE, "unknown setting '%.*s'",
		    (int)parse_name_length(word), word);
}

/**
 * cmd_set() - Change settings of the engine.
 * @ftctl: Options.
 * @argc: How many words follow.
 * @argv: Words.
 *
 * Return: Exit code.
 */
int cmd_set(const struct ftctl *ftctl, int argc, char **argv)
{
	struct ft_setting setting;
	struct ft ft;
	int i, ret;

	(void)ftctl;
	memset(&setting, 0, sizeof(setting));
	for (i = 0; i < argc; i++)
		if (parse_row(argv[i], &setting))
			return EXIT_USAGE;
	if (!argc)
		return fail(EXIT_USAGE, "set: NAME=VALUE is missing");
	ret = ft_open(&ft);
	if (!ret)
		ret = ft_set_setting(&ft, &setting);
	if (ret)
		ret = ft_report(&ft, ret, "set");
	ft_close(&ft);
	return ret;
}

/**
 * cmd_settings() - Show the settings of the engine.
 * @ftctl: Options.
 * @argc: How many words follow.
 * @argv: Words.
 *
 * Return: Exit code.
 */
int cmd_settings(const struct ftctl *ftctl, int argc, char **argv)
{
	struct ft_setting setting;
	struct show *show;
	struct ft ft;
	int ret;

	if (no_words(argc, argv))
		return EXIT_USAGE;
	ret = ft_open(&ft);
	if (!ret)
		ret = ft_get_setting(&ft, &setting);
	if (ret) {
		ret = ft_report(&ft, ret, "settings");
		ft_close(&ft);
		return ret;
	}
	show = show_open(ftctl->json ? SHOW_JSON : SHOW_TEXT, ftctl->pretty);
	show_begin(show);
	if (setting.has & BIT(FASTTRACK_A_SETTING_ENABLED))
		show_yes_no(show, "enabled", setting.enabled);
	if (setting.has & BIT(FASTTRACK_A_SETTING_LEASE))
		show_ms(show, "lease", setting.lease);
	if (setting.has & BIT(FASTTRACK_A_SETTING_TABLE_LIMIT))
		show_number(show, "table-limit", setting.table_limit);
	if (setting.has & BIT(FASTTRACK_A_SETTING_INGRESS) &&
	    setting.ingress < ARRAY_SIZE(ingress_names))
		show_word(show, "ingress", ingress_names[setting.ingress]);
	show_end(show);
	show_close(show);
	ft_close(&ft);
	return EXIT_OK;
}

/**
 * cmd_flush() - Send every connection back to the slow path.
 * @ftctl: Options.
 * @argc: How many words follow.
 * @argv: Words.
 *
 * Return: Exit code.
 */
int cmd_flush(const struct ftctl *ftctl, int argc, char **argv)
{
	struct ft ft;
	int ret;

	(void)ftctl;
	if (no_words(argc, argv))
		return EXIT_USAGE;
	ret = ft_open(&ft);
	if (!ret)
		ret = ft_flush(&ft);
	if (ret)
		ret = ft_report(&ft, ret, "flush");
	ft_close(&ft);
	return ret;
}
