// SPDX-License-Identifier: GPL-2.0
/* Owns the tests of filter.c and filter_match.c: words that are taken, words
 * that are refused with a line that names what is wrong, and one connection
 * that matches or does not.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <linux/fasttrack.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tcp.h>

#include "filter.h"
#include "ktap.h"

#define MAX_WORDS	4

/* Complaints; NULL if the words are taken. */
static const struct {
	const char *words[MAX_WORDS];
	u8 family;
	const char *error;
} lines[] = {
	{ { "family=ipv4" }, 0, NULL },
	{ { "family=inet" }, 0, "family: 'inet' is not ipv4 or ipv6" },
	{ { "family=ipv6" }, AF_INET, "family: ipv6 and -4 exclude each other" },
	{ { "family=ipv6" }, AF_INET6, NULL },
	{ { "protocol=udp" }, 0, NULL },
	{ { "protocol=132" }, 0, NULL },
	{ { "protocol=256" }, 0, "protocol: '256' is not a protocol" },
	{ { "protocol=" }, 0, "protocol: '' is not a protocol" },
	{ { "protocol=udp", "protocol=udp" }, 0, "protocol is given twice" },
	{ { "src-address=10.0.0.1" }, 0, NULL },
	{ { "src-address=10.0.0.1/32" }, 0, NULL },
	{ { "src-address=10.0.0.1/33" }, 0,
	  "src-address: '10.0.0.1/33' has no valid prefix length" },
	{ { "src-address=10.0.0.1/" }, 0,
	  "src-address: '10.0.0.1/' has no valid prefix length" },
	{ { "dst-address=10.0.0" }, 0,
	  "dst-address: '10.0.0' is not an address" },
	{ { "dst-address=fd00::/129" }, 0,
	  "dst-address: 'fd00::/129' has no valid prefix length" },
	{ { "dst-address=1111111111222222222233333333334444444444555555" }, 0,
	  "dst-address: '1111111111222222222233333333334444444444555555' is not an address" },
	{ { "src-address=10.0.0.1", "dst-address=fd00::1" }, 0,
	  "dst-address is no address of ipv4" },
	{ { "src-address=10.0.0.1" }, AF_INET6,
	  "src-address is no address of ipv6" },
	{ { "address=10.0.0.0/8", "family=ipv6" }, 0,
	  "address is no address of ipv6" },
	{ { "src-port=1-65535" }, 0, NULL },
	{ { "src-port=65536" }, 0,
	  "src-port: '65536' is not a port or a range of ports" },
	{ { "src-port=5-" }, 0,
	  "src-port: '5-' is not a port or a range of ports" },
	{ { "src-port=-5" }, 0,
	  "src-port: '-5' is not a port or a range of ports" },
	{ { "src-port=9-5" }, 0, "src-port: '9-5' ends before it begins" },
	{ { "src-port=9-10-11" }, 0,
	  "src-port: '9-10-11' is not a port or a range of ports" },
	{ { "port=53", "protocol=icmp" }, 0, "port: protocol icmp has no ports" },
	{ { "tcp-state=established", "protocol=udp" }, 0,
	  "tcp-state: protocol udp has none" },
	{ { "connection-mark=7" }, 0, NULL },
	{ { "connection-mark=0xfF/0xffff" }, 0, NULL },
	{ { "connection-mark=0x" }, 0,
	  "connection-mark: '0x' is not MARK or MARK/MASK" },
	{ { "connection-mark=0x123456789" }, 0,
	  "connection-mark: '0x123456789' is not MARK or MARK/MASK" },
	{ { "connection-mark=4294967296" }, 0,
	  "connection-mark: '4294967296' is not MARK or MARK/MASK" },
	{ { "connection-mark=0x1g" }, 0,
	  "connection-mark: '0x1g' is not MARK or MARK/MASK" },
	{ { "connection-mark=3/2" }, 0,
	  "connection-mark: '3/2' has bits outside of its mask" },
	{ { "zone=65536" }, 0, "zone: '65536' is not a zone (0 to 65535)" },
	{ { "orig-zone=65536" }, 0,
	  "orig-zone: '65536' is not a zone (0 to 65535)" },
	{ { "reply-zone=0" }, 0,
	  "reply-zone: '0' is not a zone (1 to 65535)" },
	{ { "orig-zone=1", "orig-zone=2" }, 0, "orig-zone is given twice" },
	{ { "state=new,related" }, 0, NULL },
	{ { "state=new," }, 0,
	  "state: 'new,' is not new, established or related" },
	{ { "state=invalid" }, 0,
	  "state: 'invalid' is not new, established or related" },
	{ { "tcp-state=established,time-wait" }, 0, NULL },
	{ { "tcp-state=listen" }, 0, "tcp-state: 'listen' is not a TCP state" },
	{ { "why-not=table-full" }, 0, NULL },
	{ { "why-not=none" }, 0,
	  "why-not: 'none' is not a reason (see: ftctl reasons)" },
	{ { "fasttrack=yes", "srcnat=no" }, 0, NULL },
	{ { "fasttrack=2" }, 0, "fasttrack: '2' is not yes or no" },
	{ { "fasttrack=no", "fasttrack=yes" }, 0, "fasttrack is given twice" },
	{ { "in-device=lan", "out-device=wan" }, 0, NULL },
	{ { "in-device=" }, 0, "in-device: '' is not the name of a device" },
	{ { "in-device=a/b" }, 0,
	  "in-device: 'a/b' is not the name of a device" },
	{ { "in-device=abcdefghijklmnop" }, 0,
	  "in-device: 'abcdefghijklmnop' is not the name of a device" },
	{ { "device=nodev" }, 0, "device: no device 'nodev'" },
	{ { "min-bytes=1Gi" }, 0, NULL },
	{ { "min-bytes=20000000T" }, 0,
	  "min-bytes: '20000000T' is out of range (0 to 18446744073709551615)" },
	{ { "min-rate=5Mb" }, 0,
	  "min-rate: '5Mb' is not an amount (1000, 20k, 5M, 1Gi)" },
	{ { "min-packets=k" }, 0,
	  "min-packets: 'k' is not an amount (1000, 20k, 5M, 1Gi)" },
};

static unsigned int number(const char *name)
{
	if (!strcmp(name, "lan"))
		return 2;
	return !strcmp(name, "wan") ? 3 : 0;
}

static int take(struct filter *filter, const char * const *words, u8 family,
		char *error)
{
	unsigned int i;
	int ret;

	filter_init(filter);
	for (i = 0; i < MAX_WORDS && words[i]; i++) {
		ret = filter_word(filter, words[i], error);
		if (ret)
			return ret;
	}
	ret = filter_end(filter, family, error);
	return ret ?: filter_resolve(filter, number, error);
}

static void test_lines(void)
{
	char error[FILTER_ERROR_SIZE];
	struct filter filter;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		int ret;

		error[0] = '\0';
		ret = take(&filter, lines[i].words, lines[i].family, error);
		ktap_case(lines[i].error ? ret == -EINVAL &&
			  !strcmp(error, lines[i].error) : !ret,
			  lines[i].words[0]);
	}
}

static const char * const strangers[] = {
	"", "=", "detail", "sort=orig-bytes", "protocols=tcp", "src-address",
};

static void test_strangers(void)
{
	char error[FILTER_ERROR_SIZE];
	struct filter filter;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(strangers); i++) {
		filter_init(&filter);
		ktap_case(filter_word(&filter, strangers[i], error) ==
			  -ENOENT && !filter.given, strangers[i]);
	}
}

/* 10.1.0.2:4000 -> 10.9.0.9:80, answered by 10.2.0.2:8080 to 192.0.2.1:40000 */
static const struct ct_conn tcp = {
	.has = CT_HAS_COUNTERS | CT_HAS_TCP_STATE | CT_HAS_MARK,
	.status = IPS_CONFIRMED | IPS_SEEN_REPLY | IPS_ASSURED | IPS_SRC_NAT |
		  IPS_DST_NAT | CT_STATUS_FT,
	.mark = 0x1234,
	.family = AF_INET,
	.tcp_state = TCP_CONNTRACK_ESTABLISHED,
	.tuple = {
		{ .src = { 10, 1, 0, 2 }, .dst = { 10, 9, 0, 9 },
		  .src_port = 4000, .dst_port = 80,
		  .protocol = IPPROTO_TCP, .has_ports = true },
		{ .src = { 10, 2, 0, 2 }, .dst = { 192, 0, 2, 1 },
		  .src_port = 8080, .dst_port = 40000,
		  .protocol = IPPROTO_TCP, .has_ports = true },
	},
	.count = { { 10, 1000 }, { 20, 5000 } },
};

static const struct ft_conn fast = {
	.state = FASTTRACK_FLOW_STATE_ACTIVE,
	.dir = {
		{ .ifindex_in = 2, .ifindex_out = 3 },
		{ .ifindex_in = 3, .ifindex_out = 2 },
	},
};

static const struct ct_conn ping = {
	.status = IPS_CONFIRMED,
	.family = AF_INET6,
	.tuple = {
		{ .src = { 0xfd, 0x01, [15] = 2 }, .dst = { 0xfd, 0x02 },
		  .protocol = IPPROTO_ICMPV6, .has_icmp = true },
		{ .src = { 0xfd, 0x02 }, .dst = { 0xfd, 0x01, [15] = 2 },
		  .protocol = IPPROTO_ICMPV6, .has_icmp = true },
	},
};

/* Which of the two match: the first, fast, at 9000 bit/s; the second. */
static const struct {
	const char *words[MAX_WORDS];
	bool tcp;
	bool ping;
} matches[] = {
	{ { NULL }, true, true },
	{ { "family=ipv4" }, true, false },
	{ { "family=ipv6" }, false, true },
	{ { "protocol=tcp" }, true, false },
	{ { "protocol=58" }, false, true },
	{ { "src-address=10.1.0.2" }, true, false },
	{ { "src-address=10.1.0.3" }, false, false },
	{ { "src-address=10.1.0.3/31" }, true, false },
	{ { "src-address=10.0.0.0/15" }, true, false },
	{ { "src-address=10.2.0.0/15" }, false, false },
	{ { "src-address=0.0.0.0/0" }, true, false },
	{ { "src-address=::/0" }, false, true },
	{ { "dst-address=10.9.0.9" }, true, false },
	{ { "dst-address=10.2.0.2" }, false, false },
	{ { "reply-src-address=10.2.0.2" }, true, false },
	{ { "reply-dst-address=192.0.2.0/24" }, true, false },
	{ { "address=192.0.2.1" }, true, false },
	{ { "address=10.1.0.2" }, true, false },
	{ { "address=fd01::/17" }, false, true },
	{ { "address=172.16.0.0/12" }, false, false },
	{ { "src-port=4000" }, true, false },
	{ { "src-port=0-65535" }, true, false },
	{ { "dst-port=80" }, true, false },
	{ { "dst-port=81-90" }, false, false },
	{ { "reply-src-port=8000-9000" }, true, false },
	{ { "reply-dst-port=40000" }, true, false },
	{ { "port=8080" }, true, false },
	{ { "port=0" }, false, false },
	{ { "connection-mark=0x1234" }, true, false },
	{ { "connection-mark=0x1000/0xf000" }, true, false },
	{ { "connection-mark=0" }, false, true },
	{ { "zone=0" }, true, true },
	{ { "zone=1" }, false, false },
	{ { "orig-zone=1" }, false, false },
	{ { "reply-zone=1" }, false, false },
	{ { "state=established" }, true, false },
	{ { "state=new" }, false, true },
	{ { "state=related" }, false, false },
	{ { "state=new,established" }, true, true },
	{ { "tcp-state=established" }, true, false },
	{ { "tcp-state=time-wait,close" }, false, false },
	{ { "fasttrack=yes" }, true, false },
	{ { "fasttrack=no" }, false, true },
	{ { "srcnat=yes", "dstnat=yes" }, true, false },
	{ { "srcnat=yes", "dstnat=no" }, false, false },
	{ { "assured=no" }, false, true },
	{ { "confirmed=yes" }, true, true },
	{ { "why-not=lease" }, false, false },
	{ { "in-device=lan" }, true, false },
	{ { "in-device=wan" }, false, false },
	{ { "out-device=wan" }, true, false },
	{ { "device=lan" }, true, false },
	{ { "min-packets=30" }, true, false },
	{ { "min-packets=31" }, false, false },
	{ { "min-bytes=6k" }, true, false },
	{ { "min-bytes=6Ki" }, false, false },
	{ { "min-rate=9k" }, true, false },
	{ { "min-rate=9001" }, false, false },
	{ { "protocol=tcp", "dst-port=80", "fasttrack=no" }, false, false },
};

static void test_matches(void)
{
	char error[FILTER_ERROR_SIZE];
	struct filter filter;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(matches); i++)
		ktap_case(!take(&filter, matches[i].words, 0, error) &&
			  filter_match(&filter, &tcp, &fast, 9000) ==
			  matches[i].tcp &&
			  filter_match(&filter, &ping, NULL, 0) ==
			  matches[i].ping,
			  matches[i].words[0] ?: "no word");
}

static const struct {
	const char *word;
	u16 zone;
	u16 dir_zone[DIR_COUNT];
	bool match;
} zones[] = {
	{ "zone=0", 5, { 0, 0 }, false },
	{ "zone=5", 5, { 0, 0 }, true },
	{ "zone=0", 0, { 5, 0 }, false },
	{ "zone=0", 0, { 0, 5 }, false },
	{ "zone=5", 0, { 5, 0 }, false },
	{ "orig-zone=5", 0, { 5, 0 }, true },
	{ "orig-zone=5", 0, { 0, 5 }, false },
	{ "orig-zone=5", 0, { 6, 0 }, false },
	{ "orig-zone=5", 5, { 0, 0 }, false },
	{ "reply-zone=5", 0, { 0, 5 }, true },
	{ "reply-zone=5", 0, { 5, 0 }, false },
};

static void test_zones(void)
{
	char error[FILTER_ERROR_SIZE];
	struct filter filter;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(zones); i++) {
		const char *words[MAX_WORDS] = { zones[i].word };
		struct ct_conn conn = tcp;

		conn.zone = zones[i].zone;
		memcpy(conn.dir_zone, zones[i].dir_zone,
		       sizeof(conn.dir_zone));
		ktap_case(!take(&filter, words, 0, error) &&
			  filter_match(&filter, &conn, NULL, 0) ==
			  zones[i].match, zones[i].word);
	}
}

static void test_values(void)
{
	static const char * const words[MAX_WORDS] = {
		"src-address=10.1.2.3/12", "connection-mark=0x30/0xf0",
		"min-bytes=3Mi",
	};
	char error[FILTER_ERROR_SIZE];
	struct filter filter;

	ktap_case(!take(&filter, words, 0, error) &&
		  filter.prefix[0].address[1] == 0 &&
		  filter.prefix[0].address[0] == 10 &&
		  filter.prefix[0].bits == 12 &&
		  filter.family == AF_INET &&
		  filter_has(&filter, FILTER_FAMILY), "prefix and family");
	ktap_case(filter.mark == 0x30 && filter.mark_mask == 0xf0, "mark");
	ktap_case(filter.min_bytes == 3 << 20, "amount");
}

static void test_names(void)
{
	bool address = false, fasttrack = false;
	size_t i;

	for (i = 0; filter_name(i); i++) {
		address |= !strcmp(filter_name(i), "reply-dst-address=");
		fasttrack |= !strcmp(filter_name(i), "fasttrack=");
	}
	ktap_case(address && fasttrack, "names");
}

int main(void)
{
	ktap_plan(ARRAY_SIZE(lines) + ARRAY_SIZE(strangers) +
		  ARRAY_SIZE(matches) + ARRAY_SIZE(zones) + 3 + 1);
	test_lines();
	test_strangers();
	test_matches();
	test_zones();
	test_values();
	test_names();
	return ktap_end();
}
