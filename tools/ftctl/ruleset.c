// SPDX-License-Identifier: GPL-2.0
/* Owns the reading of iptables-save's text: does an established packet that
 * enters FORWARD get to the FASTTRACK rule before it is accepted, and is it
 * accepted behind it? Pure: must not know where the text comes from.
 *
 * Only what is sure is complained about. A rule that asks for more than a
 * state (an address, a device) takes some packets and not others, so it is
 * passed over, as are targets other than ACCEPT and chains.
 */
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "ruleset.h"

/* Rules of a chain that calls another one: how deep that may go. */
#define MAX_DEPTH	16
/* How many rules are looked at: two calls in each of 16 chains are many. */
#define MAX_RULES	100000
#define MAX_WORDS	128

/**
 * struct rule - One "-A CHAIN ..." line.
 * @chain: Its chain.
 * @target: What follows -j or -g, or NULL.
 * @jumps: With -g: nothing comes back to the next rule.
 * @states: Asks for states, ESTABLISHED or RELATED among them.
 * @other_states: Asks for states without those.
 * @more: Asks for something else.
 */
struct rule {
	const char *chain;
	const char *target;
	bool jumps;
	bool states;
	bool other_states;
	bool more;
};

/**
 * struct ruleset - All rules of a table.
 * @text: The text, cut into words.
 * @rule: Rules in their order.
 * @count: How many.
 * @policy: Policy of FORWARD is ACCEPT.
 * @looked: Rules looked at so far.
 * @found: The FASTTRACK rule was reached.
 * @accepted: What came first behind it accepts.
 * @ended: Nothing gets any further.
 * @blind: Look at calls alone.
 */
struct ruleset {
	char *text;
	struct rule *rule;
	size_t count;
	bool policy;
	size_t looked;
	bool found;
	bool accepted;
	bool ended;
	bool blind;
};

static bool has_state(const char *list, const char *state)
{
	size_t len = strlen(state);

	for (; *list; list += strspn(list, ",")) {
		size_t part = strcspn(list, ",");

		if (part == len && !strncmp(list, state, len))
			return true;
		list += part;
	}
	return false;
}

static void take_states(struct rule *rule, const char *list, bool negated)
{
	if (has_state(list, "ESTABLISHED") != negated)
		rule->states = true;
	else
		rule->other_states = true;
}

/* Matches whose options are understood; others make a rule special. */
static bool is_plain_match(const char *name)
{
	return !strcmp(name, "conntrack") || !strcmp(name, "state") ||
	       !strcmp(name, "comment");
}

/* Returns how many words the option at @word takes. */
static int take_option(struct rule *rule, char **word, int left, bool negated)
{
	if (left > 1 && (!strcmp(*word, "-j") || !strcmp(*word, "-g"))) {
		rule->target = word[1];
		rule->jumps = word[0][1] == 'g';
		return 2;
	}
	if (left > 1 && !strcmp(*word, "-m")) {
		rule->more |= !is_plain_match(word[1]);
		return 2;
	}
	if (left > 1 && (!strcmp(*word, "--ctstate") ||
			 !strcmp(*word, "--state"))) {
		take_states(rule, word[1], negated);
		return 2;
	}
	if (left > 1 && !strcmp(*word, "--comment"))
		return 2;
	/* What follows the target is its own. */
	if (!rule->target)
		rule->more = true;
	return 1;
}

static void take_rule(struct ruleset *set, char **word, int count)
{
	struct rule rule = { .chain = word[1] };
	int at = 2;

	while (at < count) {
		bool negated = !strcmp(word[at], "!") && at + 1 < count;

		at += negated;
		at += take_option(&rule, word + at, count - at, negated);
	}
	set->rule = xrealloc(set->rule, set->count + 1, sizeof(*set->rule));
	set->rule[set->count++] = rule;
}

/* A word may be quoted, and have quotes in it behind a backslash. */
static char *take_word(char **at)
{
	char *from, *to, *word;

	*at += strspn(*at, " \t");
	if (!**at)
		return NULL;
	if (**at != '"') {
		word = *at;
		*at += strcspn(*at, " \t");
		if (**at)
			*(*at)++ = '\0';
		return word;
	}
	word = ++*at;
	for (from = to = word; *from && *from != '"'; from++) {
		if (*from == '\\' && from[1])
			from++;
		*to++ = *from;
	}
	*at = *from ? from + 1 : from;
	*to = '\0';
	return word;
}

static void take_line(struct ruleset *set, char *line)
{
	char *word[MAX_WORDS];
	int count = 0;

	while (count < MAX_WORDS && (word[count] = take_word(&line)))
		count++;
	if (count >= 2 && !strcmp(word[0], ":FORWARD"))
		set->policy = !strcmp(word[1], "ACCEPT");
	if (count >= 2 && !strcmp(word[0], "-A"))
		take_rule(set, word, count);
}

static void take_text(struct ruleset *set, const char *text)
{
	char *line, *rest;

	set->policy = true;
	set->text = xrealloc(NULL, strlen(text) + 1, 1);
	strcpy(set->text, text);
	rest = set->text;
	while ((line = strsep(&rest, "\n")))
		take_line(set, line);
}

/* Does every established packet match? */
static bool takes_all(const struct rule *rule)
{
	return !rule->more && !rule->other_states;
}

static void walk_chain(struct ruleset *set, const char *chain, int depth);

static void visit(struct ruleset *set, const struct rule *rule, int depth)
{
	if (!rule->target)
		return;
	if (!strcmp(rule->target, "FASTTRACK")) {
		/* Whatever it asks for, that is meant. */
		set->found = true;
		return;
	}
	if (set->blind) {
		walk_chain(set, rule->target, depth + 1);
		return;
	}
	if (!strcmp(rule->target, "ACCEPT")) {
		/* Behind the rule even a special one shows the intent. */
		if (!takes_all(rule) && !(set->found && !rule->other_states))
			return;
		set->accepted = true;
		set->ended = true;
		return;
	}
	if (!strcmp(rule->target, "DROP") || !strcmp(rule->target, "REJECT")) {
		set->ended = takes_all(rule);
		return;
	}
	if (!strcmp(rule->target, "RETURN") || rule->other_states)
		return;
	walk_chain(set, rule->target, depth + 1);
}

static void walk_chain(struct ruleset *set, const char *chain, int depth)
{
	size_t i;

	if (depth > MAX_DEPTH)
		return;
	for (i = 0; i < set->count && !set->ended; i++) {
		const struct rule *rule = &set->rule[i];

		if (strcmp(rule->chain, chain))
			continue;
		if (++set->looked > MAX_RULES)
			return;
		visit(set, rule, depth);
		/* Only ours has to be understood to the end. */
		if (rule->target && takes_all(rule) &&
		    (rule->jumps || !strcmp(rule->target, "RETURN")))
			return;
	}
}

static bool has_rule(const struct ruleset *set)
{
	size_t i;

	for (i = 0; i < set->count; i++)
		if (set->rule[i].target &&
		    !strcmp(set->rule[i].target, "FASTTRACK"))
			return true;
	return false;
}

static enum ruleset_verdict judge(struct ruleset *set)
{
	bool late;

	if (!has_rule(set))
		return RULESET_NONE;
	walk_chain(set, "FORWARD", 0);
	if (!set->found) {
		/* Is it too late, or in a chain that nobody calls? */
		late = set->accepted;
		set->blind = true;
		set->ended = false;
		set->looked = 0;
		walk_chain(set, "FORWARD", 0);
		return late && set->found ? RULESET_LATE : RULESET_UNREACHED;
	}
	if (set->accepted || (!set->ended && set->policy))
		return RULESET_FINE;
	return RULESET_NO_ACCEPT;
}

/**
 * ruleset_judge() - Judge a table.
 * @text: What iptables-save says of it.
 *
 * Return: Verdict.
 */
enum ruleset_verdict ruleset_judge(const char *text)
{
	struct ruleset set = { 0 };
	enum ruleset_verdict verdict;

	take_text(&set, text);
	verdict = judge(&set);
	free(set.rule);
	free(set.text);
	return verdict;
}
