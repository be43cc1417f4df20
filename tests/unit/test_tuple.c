// SPDX-License-Identifier: GPL-2.0
/* Owns the tests of tuple.c: words that name one connection, and those that
 * are refused with a line that names what is wrong.
 */
#include <errno.h>
#include <string.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "ktap.h"
#include "tuple.h"

#define MAX_WORDS	6

static const struct {
	const char *words[MAX_WORDS];
	const char *error;
} lines[] = {
	{ { "tcp", "10.1.0.2:4000", "192.0.2.1:443" }, NULL },
	{ { "udp", "[fd01::2]:4000", "[fd02::2]:53" }, NULL },
	{ { "6", "10.1.0.2:4000", "192.0.2.1:443" }, NULL },
	{ { "protocol=tcp", "src-address=10.1.0.2", "src-port=4000",
	    "dst-address=192.0.2.1", "dst-port=443" }, NULL },
	{ { "dst-address=192.0.2.1:443", "src-address=10.1.0.2:4000",
	    "protocol=tcp" }, NULL },
	{ { "udp", "fd01::2", "fd02::2", "src-port=1", "dst-port=2" }, NULL },
	{ { NULL }, "protocol is missing" },
	{ { "tcp" }, "src-address is missing" },
	{ { "tcp", "10.1.0.2:4000" }, "dst-address is missing" },
	{ { "tcp", "10.1.0.2", "192.0.2.1:443" }, "src-port is missing" },
	{ { "tcp", "10.1.0.2:4000", "192.0.2.1" }, "dst-port is missing" },
	{ { "icmp", "10.1.0.2:1", "192.0.2.1:1" },
	  "protocol: 'icmp' is never fast, only tcp and udp are" },
	{ { "tpc" }, "protocol: 'tpc' is not a protocol" },
	{ { "256" }, "protocol: '256' is not a protocol" },
	{ { "tcp", "10.1.0:4000" },
	  "src-address: '10.1.0' is not an address" },
	{ { "tcp", "[fd01::2" },
	  "src-address: '[fd01::2' is not [ADDRESS]:PORT" },
	{ { "tcp", "[fd01::2]4" },
	  "src-address: '[fd01::2]4' is not [ADDRESS]:PORT" },
	{ { "tcp", "[]:4" }, "src-address: '' is not an address" },
	{ { "tcp", "10.1.0.2:65536" }, "src-port: '65536' is not a port" },
	{ { "tcp", "10.1.0.2:" }, "src-port: '' is not a port" },
	{ { "tcp", "10.1.0.2:1", "[fd02::2]:2" },
	  "dst-address: 'fd02::2' is not of the family of the other address" },
	{ { "tcp", "10.1.0.2:1", "src-port=2" }, "src-port is given twice" },
	{ { "tcp", "10.1.0.2:1", "protocol=udp" },
	  "protocol is given twice" },
	{ { "tcp", "10.1.0.2:1", "192.0.2.1:2", "udp" },
	  "unexpected word 'udp'" },
	{ { "zone=1" }, "'zone=1' is no part of a tuple" },
};

static int count_words(const char * const *words)
{
	int count = 0;

	while (count < MAX_WORDS && words[count])
		count++;
	return count;
}

static void test_lines(void)
{
	char error[TUPLE_ERROR_SIZE];
	struct ft_key key;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		char **words = (char **)lines[i].words;
		int ret;

		error[0] = '\0';
		ret = tuple_parse(&key, count_words(lines[i].words), words,
				  error);
		ktap_case(lines[i].error ? ret == -EINVAL &&
			  !strcmp(error, lines[i].error) : !ret,
			  lines[i].error ?: lines[i].words[0]);
		if (lines[i].error && strcmp(error, lines[i].error))
			printf("# %s\n", error);
	}
}

static void test_values(void)
{
	static const u8 v6[16] = { 0xfd, 0x02, [15] = 2 };
	static const char * const words[] = {
		"udp", "[fd01::2]:4000", "[fd02::2]:53",
	};
	char error[TUPLE_ERROR_SIZE];
	struct ft_key key;

	ktap_case(!tuple_parse(&key, 3, (char **)words, error) &&
		  key.family == AF_INET6 && key.protocol == IPPROTO_UDP &&
		  key.src_port == 4000 && key.dst_port == 53 && !key.id &&
		  !memcmp(key.dst, v6, sizeof(v6)), "values");
}

int main(void)
{
	ktap_plan(ARRAY_SIZE(lines) + 1);
	test_lines();
	test_values();
	return ktap_end();
}
