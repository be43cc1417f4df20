// SPDX-License-Identifier: GPL-2.0
/* Owns NAME=VALUE words, numbers and yes or no. Pure: must not know any
 * name, prints nothing.
 */
#include <errno.h>
#include <string.h>

#include "parse.h"

/**
 * parse_number() - Read a decimal number.
 * @text: Digits, nothing else.
 * @number: Changed only on success.
 *
 * Return: 0, -EINVAL when it is no number, -ERANGE when it is too large.
 */
int parse_number(const char *text, u64 *number)
{
	u64 sum = 0;

	if (!*text || strspn(text, "0123456789") != strlen(text))
		return -EINVAL;
	for (; *text; text++)
		if (__builtin_mul_overflow(sum, 10, &sum) ||
		    __builtin_add_overflow(sum, *text - '0', &sum))
			return -ERANGE;
	*number = sum;
	return 0;
}

/**
 * parse_amount() - Read an amount.
 * @text: A number and perhaps k, M, G or T (thousands), or Ki, Mi, Gi or Ti
 *	(powers of 1024).
 * @amount: Changed only on success.
 *
 * Return: 0, -EINVAL when it is no amount, -ERANGE when it is too large.
 */
int parse_amount(const char *text, u64 *amount)
{
	static const char units[] = "kMGT";
	u64 sum = 0, base = 1000;
	const char *unit;
	int power;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	for (; *text >= '0' && *text <= '9'; text++)
		if (__builtin_mul_overflow(sum, 10, &sum) ||
		    __builtin_add_overflow(sum, *text - '0', &sum))
			return -ERANGE;
	if (*text) {
		unit = strchr(units, *text == 'K' ? 'k' : *text);
		if (text[1] == 'i')
			base = 1024;
		if (!unit || text[base == 1024 ? 2 : 1])
			return -EINVAL;
		for (power = unit - units; power >= 0; power--)
			if (__builtin_mul_overflow(sum, base, &sum))
				return -ERANGE;
	}
	*amount = sum;
	return 0;
}

/**
 * parse_yes_no() - Read yes or no.
 * @text: Word.
 * @yes: Changed only on success.
 *
 * Return: 0 or -EINVAL.
 */
int parse_yes_no(const char *text, bool *yes)
{
	if (!strcmp(text, "yes"))
		*yes = true;
	else if (!strcmp(text, "no"))
		*yes = false;
	else
		return -EINVAL;
	return 0;
}

/**
 * parse_name_length() - Find the name of a NAME=VALUE word.
 * @word: Word.
 *
 * Return: Length of the name, 0 if the word is no assignment.
 */
size_t parse_name_length(const char *word)
{
	const char *equals = strchr(word, '=');

	return equals ? (size_t)(equals - word) : 0;
}

/**
 * parse_assignment() - Read the value of a NAME=VALUE word.
 * @word: Word.
 * @name: Wanted name.
 *
 * Return: Value, may be empty, or NULL if the word assigns something else.
 */
const char *parse_assignment(const char *word, const char *name)
{
	size_t len = parse_name_length(word);

	if (!len || strlen(name) != len || strncmp(word, name, len))
		return NULL;
	return word + len + 1;
}
