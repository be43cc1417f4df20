// SPDX-License-Identifier: GPL-2.0
/* Owns the way from NAME=VALUE words to a filter of connections. Pure: must
 * not know netlink, prints nothing; what is wrong goes into a buffer.
 *
 * Names are those of the properties that the list shows. Each may be given
 * once; all that are given have to hold.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "diag.h"
#include "filter.h"
#include "flags.h"
#include "names.h"
#include "parse.h"

/**
 * struct place - Where a value goes and how to complain.
 * @filter: Filter.
 * @name: Name of the word.
 * @term: Its term.
 * @error: Buffer for a complaint.
 */
struct place {
	struct filter *filter;
	const char *name;
	enum filter_term term;
	char *error;
};

__printf(2, 3) static int complain(char *error, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(error, FILTER_ERROR_SIZE, fmt, args);
	va_end(args);
	return -EINVAL;
}

/* Names what is wrong with a value; long words are cut. */
static int wrong(const struct place *at, const char *text, const char *what)
{
	return complain(at->error, "%s: '%.64s' %s", at->name, text, what);
}

static int take_family(const struct place *at, const char *text)
{
	if (!strcmp(text, "ipv4"))
		at->filter->family = AF_INET;
	else if (!strcmp(text, "ipv6"))
		at->filter->family = AF_INET6;
	else
		return wrong(at, text, "is not ipv4 or ipv6");
	return 0;
}

static int take_protocol(const struct place *at, const char *text)
{
	int known = protocol_number(text);
	u64 number = known;

	if (known < 0 && (parse_number(text, &number) || number > 255))
		return wrong(at, text, "is not a protocol");
	at->filter->protocol = number;
	return 0;
}

static void mask_prefix(struct filter_prefix *prefix)
{
	unsigned int i;

	for (i = 0; i < sizeof(prefix->address); i++) {
		int left = prefix->bits - (int)i * 8;

		if (left < 8)
			prefix->address[i] &= left > 0 ? 0xff00 >> left : 0;
	}
}

static int take_address(const struct place *at, const char *text)
{
	struct filter_prefix *prefix =
		&at->filter->prefix[at->term - FILTER_SRC_ADDRESS];
	const char *slash = text + strcspn(text, "/");
	char address[INET6_ADDRSTRLEN];
	u64 bits;

	if ((size_t)(slash - text) >= sizeof(address))
		return wrong(at, text, "is not an address");
	memcpy(address, text, slash - text);
	address[slash - text] = '\0';
	if (inet_pton(AF_INET, address, prefix->address) == 1)
		prefix->family = AF_INET;
	else if (inet_pton(AF_INET6, address, prefix->address) == 1)
		prefix->family = AF_INET6;
	else
		return wrong(at, text, "is not an address");
	bits = prefix->family == AF_INET ? 32 : 128;
	if (*slash) {
		u64 most = bits;

		if (parse_number(slash + 1, &bits) || bits > most)
			return wrong(at, text, "has no valid prefix length");
	}
	prefix->bits = bits;
	mask_prefix(prefix);
	return 0;
}

/* A number up to @most that ends at @end; @text is not terminated there. */
static int take_number(const char *text, const char *end, u64 most, u64 *number)
{
	char digits[24];

	if ((size_t)(end - text) >= sizeof(digits))
		return -EINVAL;
	memcpy(digits, text, end - text);
	digits[end - text] = '\0';
	return parse_number(digits, number) || *number > most ? -EINVAL : 0;
}

static int take_port(const struct place *at, const char *text)
{
	struct filter_range *range =
		&at->filter->port[at->term - FILTER_SRC_PORT];
	const char *dash = text + strcspn(text, "-");
	u64 first, last;

	if (take_number(text, dash, 65535, &first))
		return wrong(at, text, "is not a port or a range of ports");
	last = first;
	if (*dash && take_number(dash + 1, dash + strlen(dash), 65535, &last))
		return wrong(at, text, "is not a port or a range of ports");
	if (first > last)
		return wrong(at, text, "ends before it begins");
	range->first = first;
	range->last = last;
	return 0;
}

/* Decimal, or hexadecimal after 0x, up to @end. */
static int take_word32(const char *text, const char *end, u32 *value)
{
	u64 sum = 0;

	if (end - text < 3 || strncmp(text, "0x", 2)) {
		if (take_number(text, end, 0xffffffff, &sum))
			return -EINVAL;
		*value = sum;
		return 0;
	}
	if (end - text > 10)
		return -EINVAL;
	for (text += 2; text < end; text++) {
		static const char digits[] = "0123456789abcdef";
		const char *digit = strchr(digits, *text | 0x20);

		if (!digit || !*digit || *text < '0')
			return -EINVAL;
		sum = sum << 4 | (digit - digits);
	}
	*value = sum;
	return 0;
}

static int take_mark(const struct place *at, const char *text)
{
	const char *slash = text + strcspn(text, "/");
	u32 mark, mask = 0xffffffff;

	if (take_word32(text, slash, &mark) ||
	    (*slash &&
	     take_word32(slash + 1, slash + strlen(slash), &mask)))
		return wrong(at, text, "is not MARK or MARK/MASK");
	if (mark & ~mask)
		return wrong(at, text, "has bits outside of its mask");
	at->filter->mark = mark;
	at->filter->mark_mask = mask;
	return 0;
}

static int take_zone(const struct place *at, const char *text)
{
	u64 zone;

	if (parse_number(text, &zone) || zone > 65535)
		return wrong(at, text, "is not a zone (0 to 65535)");
	/* What has no zone of its own is in zone 0 both ways. */
	if (!zone && at->term != FILTER_ZONE)
		return wrong(at, text, "is not a zone (1 to 65535)");
	at->filter->zone[at->term - FILTER_ZONE] = zone;
	return 0;
}

/* Bit of the word of @len bytes, or -1. */
static int find_state(const char *text, size_t len)
{
	static const char * const names[] = {
		"new", "established", "related",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (strlen(names[i]) == len && !strncmp(names[i], text, len))
			return i;
	return -1;
}

static int find_tcp_state(const char *text, size_t len)
{
	char number[NAME_SIZE];
	int i;

	for (i = 0; i < 16; i++) {
		const char *name = tcp_state_name(i, number);

		if (name != number && strlen(name) == len &&
		    !strncmp(name, text, len))
			return i;
	}
	return -1;
}

/* Words separated by commas to bits; 0 if one of them is unknown. */
static u32 take_bits(const char *text, int (*find)(const char *, size_t))
{
	u32 bits = 0;

	for (;;) {
		size_t len = strcspn(text, ",");
		int bit = find(text, len);

		if (bit < 0)
			return 0;
		bits |= BIT(bit);
		if (!text[len])
			return bits;
		text += len + 1;
	}
}

static int take_state(const struct place *at, const char *text)
{
	at->filter->state = take_bits(text, find_state);
	if (!at->filter->state)
		return wrong(at, text, "is not new, established or related");
	return 0;
}

static int take_tcp_state(const struct place *at, const char *text)
{
	at->filter->tcp_state = take_bits(text, find_tcp_state);
	if (!at->filter->tcp_state)
		return wrong(at, text, "is not a TCP state");
	return 0;
}

static int take_why_not(const struct place *at, const char *text)
{
	const char *name;
	u32 i;

	for (i = 1; (name = reason_name(i)); i++) {
		if (strcmp(name, text))
			continue;
		at->filter->why_not = i;
		return 0;
	}
	return wrong(at, text, "is not a reason (see: ftctl reasons)");
}

static int take_device(const struct place *at, const char *text)
{
	size_t len = strlen(text);

	/* What the kernel takes for a name; a slash or a blank never is */
	if (!len || len >= FILTER_DEVICE_SIZE ||
	    strcspn(text, "/: \t\n") != len)
		return wrong(at, text, "is not the name of a device");
	memcpy(at->filter->device[at->term - FILTER_IN_DEVICE], text, len + 1);
	return 0;
}

static int take_least(const struct place *at, const char *text)
{
	u64 *least = &at->filter->min_rate;
	int ret;

	if (at->term == FILTER_MIN_PACKETS)
		least = &at->filter->min_packets;
	else if (at->term == FILTER_MIN_BYTES)
		least = &at->filter->min_bytes;
	ret = parse_amount(text, least);
	if (ret == -ERANGE)
		return wrong(at, text,
			     "is out of range (0 to 18446744073709551615)");
	if (ret)
		return wrong(at, text, "is not an amount (1000, 20k, 5M, 1Gi)");
	return 0;
}

static const struct {
	const char *name;
	enum filter_term term;
	int (*take)(const struct place *at, const char *text);
} rows[] = {
	{ "family", FILTER_FAMILY, take_family },
	{ "protocol", FILTER_PROTOCOL, take_protocol },
	{ "src-address", FILTER_SRC_ADDRESS, take_address },
	{ "dst-address", FILTER_DST_ADDRESS, take_address },
	{ "reply-src-address", FILTER_REPLY_SRC_ADDRESS, take_address },
	{ "reply-dst-address", FILTER_REPLY_DST_ADDRESS, take_address },
	{ "address", FILTER_ADDRESS, take_address },
	{ "src-port", FILTER_SRC_PORT, take_port },
	{ "dst-port", FILTER_DST_PORT, take_port },
	{ "reply-src-port", FILTER_REPLY_SRC_PORT, take_port },
	{ "reply-dst-port", FILTER_REPLY_DST_PORT, take_port },
	{ "port", FILTER_PORT, take_port },
	{ "connection-mark", FILTER_MARK, take_mark },
	{ "zone", FILTER_ZONE, take_zone },
	{ "orig-zone", FILTER_ORIG_ZONE, take_zone },
	{ "reply-zone", FILTER_REPLY_ZONE, take_zone },
	{ "state", FILTER_STATE, take_state },
	{ "tcp-state", FILTER_TCP_STATE, take_tcp_state },
	{ "why-not", FILTER_WHY_NOT, take_why_not },
	{ "in-device", FILTER_IN_DEVICE, take_device },
	{ "out-device", FILTER_OUT_DEVICE, take_device },
	{ "device", FILTER_DEVICE, take_device },
	{ "min-packets", FILTER_MIN_PACKETS, take_least },
	{ "min-bytes", FILTER_MIN_BYTES, take_least },
	{ "min-rate", FILTER_MIN_RATE, take_least },
};

/**
 * filter_name() - Names that a filter knows.
 * @i: Number.
 *
 * Return: Name with its equals sign, or NULL behind the last; flags come
 * after the rest.
 */
const char *filter_name(size_t i)
{
	static char name[32];

	if (i < ARRAY_SIZE(rows))
		snprintf(name, sizeof(name), "%s=", rows[i].name);
	else if (i < ARRAY_SIZE(rows) + CONN_FLAGS)
		snprintf(name, sizeof(name), "%s=",
			 conn_flags[i - ARRAY_SIZE(rows)].key);
	else
		return NULL;
	return name;
}

/**
 * filter_init() - Make a filter that everything matches.
 * @filter: Filter.
 */
void filter_init(struct filter *filter)
{
	memset(filter, 0, sizeof(*filter));
}

static int take_flag(struct filter *filter, const char *word, char *error)
{
	const char *value = NULL;
	bool yes;
	u32 i;

	for (i = 0; i < CONN_FLAGS && !value; i++)
		value = parse_assignment(word, conn_flags[i].key);
	if (!value)
		return -ENOENT;
	i--;
	if (parse_yes_no(value, &yes))
		return complain(error, "%s: '%.64s' is not yes or no",
				conn_flags[i].key, value);
	if (filter->flags_mask & BIT(i))
		return complain(error, "%s is given twice", conn_flags[i].key);
	filter->given |= BIT(FILTER_FLAGS);
	filter->flags_mask |= BIT(i);
	if (yes)
		filter->flags |= BIT(i);
	return 0;
}

/**
 * filter_word() - Add a word to a filter.
 * @filter: Filter.
 * @word: NAME=VALUE.
 * @error: FILTER_ERROR_SIZE bytes, filled with -EINVAL.
 *
 * Return: 0, -ENOENT when the word is none of a filter and may be one of the
 * caller's own, or -EINVAL.
 */
int filter_word(struct filter *filter, const char *word, char *error)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct place at = {
			.filter = filter,
			.name = rows[i].name,
			.term = rows[i].term,
			.error = error,
		};
		const char *value = parse_assignment(word, rows[i].name);

		if (!value)
			continue;
		if (filter_has(filter, rows[i].term))
			return complain(error, "%s is given twice",
					rows[i].name);
		filter->given |= BIT(rows[i].term);
		return rows[i].take(&at, value);
	}
	return take_flag(filter, word, error);
}

static const char *family_name(u8 family)
{
	return family == AF_INET ? "ipv4" : "ipv6";
}

static const char *term_name(enum filter_term term)
{
	size_t i = 0;

	while (rows[i].term != term)
		i++;
	return rows[i].name;
}

/* All addresses are of one family, which is the one asked for. */
static int settle_family(struct filter *filter, char *error)
{
	unsigned int term;

	for (term = FILTER_SRC_ADDRESS; term <= FILTER_ADDRESS; term++) {
		u8 family = filter->prefix[term - FILTER_SRC_ADDRESS].family;

		if (!filter_has(filter, term))
			continue;
		if (filter_has(filter, FILTER_FAMILY) &&
		    filter->family != family)
			return complain(error, "%s is no address of %s",
					term_name(term),
					family_name(filter->family));
		filter->family = family;
		filter->own_family = family;
		filter->given |= BIT(FILTER_FAMILY);
	}
	return 0;
}

static bool has_ports(u8 protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		return true;
	default:
		return false;
	}
}

static int check_protocol(const struct filter *filter, char *error)
{
	char number[NAME_SIZE];
	unsigned int term;

	if (!filter_has(filter, FILTER_PROTOCOL))
		return 0;
	if (filter_has(filter, FILTER_TCP_STATE) &&
	    filter->protocol != IPPROTO_TCP)
		return complain(error, "tcp-state: protocol %s has none",
				protocol_name(filter->protocol, number));
	for (term = FILTER_SRC_PORT; term <= FILTER_PORT; term++)
		if (filter_has(filter, term) && !has_ports(filter->protocol))
			return complain(error, "%s: protocol %s has no ports",
					term_name(term),
					protocol_name(filter->protocol,
						      number));
	return 0;
}

/**
 * filter_end() - Check that the words of a filter go together.
 * @filter: Filter.
 * @family: AF_INET or AF_INET6 for -4 and -6, else AF_UNSPEC.
 * @error: FILTER_ERROR_SIZE bytes, filled with -EINVAL.
 *
 * An address tells the family, which is then as good as given.
 *
 * Return: 0 or -EINVAL.
 */
int filter_end(struct filter *filter, u8 family, char *error)
{
	if (filter_has(filter, FILTER_FAMILY))
		filter->own_family = filter->family;
	if (family) {
		if (filter_has(filter, FILTER_FAMILY) &&
		    filter->family != family)
			return complain(error, "family: %s and -%c exclude each other",
					family_name(filter->family),
					family == AF_INET ? '4' : '6');
		filter->family = family;
		filter->given |= BIT(FILTER_FAMILY);
	}
	if (settle_family(filter, error))
		return -EINVAL;
	return check_protocol(filter, error);
}

/**
 * filter_narrow() - Ask for a family later, or no longer.
 * @filter: Filter, after filter_end(); changed only on success.
 * @family: AF_INET or AF_INET6 as -4 and -6 would have it, or AF_UNSPEC.
 * @error: FILTER_ERROR_SIZE bytes, filled with -EINVAL.
 *
 * The kernel takes no address together with another family than its own.
 *
 * Return: 0 or -EINVAL.
 */
int filter_narrow(struct filter *filter, u8 family, char *error)
{
	u8 own = filter->own_family;

	if (own && family && own != family)
		return complain(error, "family: the filter asks for %s",
				family_name(own));
	filter->family = family ?: own;
	filter->given &= ~BIT(FILTER_FAMILY);
	if (filter->family)
		filter->given |= BIT(FILTER_FAMILY);
	return 0;
}

/**
 * filter_resolve() - Find the numbers of the devices.
 * @filter: Filter.
 * @number: Says the number of a device, 0 if there is none.
 * @error: FILTER_ERROR_SIZE bytes, filled with -EINVAL.
 *
 * Return: 0 or -EINVAL.
 */
int filter_resolve(struct filter *filter,
		   unsigned int (*number)(const char *name), char *error)
{
	unsigned int i;

	for (i = 0; i < FILTER_DEVICES; i++) {
		if (!filter_has(filter, FILTER_IN_DEVICE + i))
			continue;
		filter->ifindex[i] = number(filter->device[i]);
		if (!filter->ifindex[i])
			return complain(error, "%s: no device '%s'",
					term_name(FILTER_IN_DEVICE + i),
					filter->device[i]);
	}
	return 0;
}
