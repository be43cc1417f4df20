// SPDX-License-Identifier: GPL-2.0
/* Owns the way from words to the one connection that they name. Pure: must not
 * know netlink, prints nothing; what is wrong goes into a buffer.
 *
 *	tcp 10.1.0.2:4000 192.0.2.1:443
 *	udp [fd01::2]:4000 [fd02::2]:53
 *	protocol=tcp src-address=10.1.0.2 src-port=4000 dst-address=...
 *
 * The second form is what the list's details show; there an address may have
 * its port with it as well.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "diag.h"
#include "names.h"
#include "parse.h"
#include "tuple.h"

enum {
	GIVEN_PROTOCOL,
	GIVEN_SRC,
	GIVEN_SRC_PORT,
	GIVEN_DST,
	GIVEN_DST_PORT,
	GIVEN_ALL,
};

static const char * const names[GIVEN_ALL] = {
	[GIVEN_PROTOCOL] = "protocol",
	[GIVEN_SRC] = "src-address",
	[GIVEN_SRC_PORT] = "src-port",
	[GIVEN_DST] = "dst-address",
	[GIVEN_DST_PORT] = "dst-port",
};

/**
 * struct taken - What was read so far.
 * @key: Name of the connection.
 * @given: Bits by GIVEN_*.
 * @error: Buffer for a complaint.
 */
struct taken {
	struct ft_key *key;
	u32 given;
	char *error;
};

__printf(2, 3) static int complain(char *error, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(error, TUPLE_ERROR_SIZE, fmt, args);
	va_end(args);
	return -EINVAL;
}

static int give(struct taken *taken, int what)
{
	if (taken->given & BIT(what))
		return complain(taken->error, "%s is given twice",
				names[what]);
	taken->given |= BIT(what);
	return 0;
}

static int take_protocol(struct taken *taken, const char *text)
{
	int protocol = protocol_number(text);
	u64 number;

	if (protocol < 0 && !parse_number(text, &number) && number <= 255)
		protocol = number;
	if (protocol < 0)
		return complain(taken->error,
				"protocol: '%.64s' is not a protocol", text);
	if (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP)
		return complain(taken->error,
				"protocol: '%.64s' is never fast, only tcp and udp are",
				text);
	taken->key->protocol = protocol;
	return give(taken, GIVEN_PROTOCOL);
}

static int take_port(struct taken *taken, int what, const char *text)
{
	u64 port;

	if (parse_number(text, &port) || port > 65535)
		return complain(taken->error, "%s: '%.64s' is not a port",
				names[what], text);
	if (what == GIVEN_SRC_PORT)
		taken->key->src_port = port;
	else
		taken->key->dst_port = port;
	return give(taken, what);
}

static int take_bare(struct taken *taken, int what, const char *text,
		     size_t len)
{
	struct ft_key *key = taken->key;
	u8 *to = what == GIVEN_SRC ? key->src : key->dst;
	char address[INET6_ADDRSTRLEN];
	u8 family;

	if (len >= sizeof(address))
		return complain(taken->error, "%s: '%.64s' is not an address",
				names[what], text);
	memcpy(address, text, len);
	address[len] = '\0';
	family = strchr(address, ':') ? AF_INET6 : AF_INET;
	if (inet_pton(family, address, to) != 1)
		return complain(taken->error, "%s: '%s' is not an address",
				names[what], address);
	if (key->family && key->family != family)
		return complain(taken->error,
				"%s: '%s' is not of the family of the other address",
				names[what], address);
	key->family = family;
	return give(taken, what);
}

/* ADDRESS, ADDRESS:PORT or [ADDRESS]:PORT */
static int take_address(struct taken *taken, int what, const char *text)
{
	const char *colon = strchr(text, ':'), *end;
	int ret;

	if (*text == '[') {
		end = strchr(text, ']');
		if (!end || (end[1] && end[1] != ':'))
			return complain(taken->error,
					"%s: '%.64s' is not [ADDRESS]:PORT",
					names[what], text);
		ret = take_bare(taken, what, text + 1, end - text - 1);
		colon = end[1] ? end + 1 : NULL;
	} else if (colon && !strchr(colon + 1, ':')) {
		ret = take_bare(taken, what, text, colon - text);
	} else {
		colon = NULL;
		ret = take_bare(taken, what, text, strlen(text));
	}
	if (ret || !colon)
		return ret;
	return take_port(taken, what + 1, colon + 1);
}

static int take(struct taken *taken, int what, const char *text)
{
	switch (what) {
	case GIVEN_PROTOCOL:
		return take_protocol(taken, text);
	case GIVEN_SRC:
	case GIVEN_DST:
		return take_address(taken, what, text);
	default:
		return take_port(taken, what, text);
	}
}

static int take_named(struct taken *taken, const char *word)
{
	int what;

	for (what = 0; what < GIVEN_ALL; what++) {
		const char *value = parse_assignment(word, names[what]);

		if (value)
			return take(taken, what, value);
	}
	return complain(taken->error, "'%.64s' is no part of a tuple", word);
}

/* Words without a name are protocol, source and destination in this order. */
static int take_plain(struct taken *taken, const char *word)
{
	static const int order[] = { GIVEN_PROTOCOL, GIVEN_SRC, GIVEN_DST };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(order); i++)
		if (!(taken->given & BIT(order[i])))
			return take(taken, order[i], word);
	return complain(taken->error, "unexpected word '%.64s'", word);
}

/**
 * tuple_parse() - Read the name of one connection.
 * @key: Filled; its id is 0.
 * @argc: How many words.
 * @argv: Words.
 * @error: TUPLE_ERROR_SIZE bytes, filled with -EINVAL.
 *
 * Return: 0 or -EINVAL.
 */
int tuple_parse(struct ft_key *key, int argc, char **argv, char *error)
{
	struct taken taken = { .key = key, .error = error };
	int i, ret;

	memset(key, 0, sizeof(*key));
	for (i = 0; i < argc; i++) {
		if (parse_name_length(argv[i]))
			ret = take_named(&taken, argv[i]);
		else
			ret = take_plain(&taken, argv[i]);
		if (ret)
			return ret;
	}
	for (i = 0; i < GIVEN_ALL; i++)
		if (!(taken.given & BIT(i)))
			return complain(error, "%s is missing", names[i]);
	return 0;
}

/**
 * tuple_word() - Words that a tuple is made of.
 * @i: Number.
 *
 * Return: Word, or NULL behind the last.
 */
const char *tuple_word(size_t i)
{
	static const char * const words[] = {
		"tcp", "udp", "protocol=", "src-address=", "src-port=",
		"dst-address=", "dst-port=",
	};

	return i < ARRAY_SIZE(words) ? words[i] : NULL;
}
