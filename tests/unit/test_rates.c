// SPDX-License-Identifier: GPL-2.0
/* Owns the tests of rates.c. */
#include <string.h>

#include "ktap.h"
#include "rates.h"

#define MANY	20000

static void sample(struct rates *rates, struct conn *conn, u16 port,
		   u64 orig, u64 reply, u64 now)
{
	static struct ct_conn ct;
	struct ft_key key;

	memset(&ct, 0, sizeof(ct));
	memset(&key, 0, sizeof(key));
	memset(conn, 0, sizeof(*conn));
	ct.has = CT_HAS_COUNTERS;
	ct.count[DIR_ORIG].bytes = orig;
	ct.count[DIR_REPLY].bytes = reply;
	key.src_port = port;
	conn->ct = &ct;
	rates_sample(rates, conn, &key, now);
}

static void test_one(struct rates *rates)
{
	struct conn conn;

	rates_turn(rates, false);
	sample(rates, &conn, 1, 1000, 50, 1000000);
	ktap_case(!conn.has_rate, "no rate from one sample");
	rates_turn(rates, false);
	sample(rates, &conn, 1, 3000, 50, 3000000);
	ktap_case(conn.has_rate && conn.rate[DIR_ORIG] == 8000 &&
		  conn.rate[DIR_REPLY] == 0, "2000 bytes in two seconds");
	sample(rates, &conn, 2, 3000, 50, 3000000);
	ktap_case(!conn.has_rate, "another connection has none");
	rates_turn(rates, false);
	sample(rates, &conn, 1, 2000, 50, 4000000);
	ktap_case(!conn.has_rate, "a counter that went back tells nothing");
	rates_turn(rates, false);
	sample(rates, &conn, 1, 2100, 50, 4000000);
	ktap_case(!conn.has_rate, "nor do two samples at one time");
	rates_turn(rates, false);
	sample(rates, &conn, 1, 2100 + (1ull << 62), 50, 5000000);
	ktap_case(conn.has_rate, "no overflow");
}

static void test_many(struct rates *rates)
{
	struct conn conn;
	bool good = true;
	int i;

	rates_turn(rates, false);
	for (i = 0; i < MANY; i++)
		sample(rates, &conn, i, i, 0, 1000000);
	rates_turn(rates, true);
	for (i = 0; i < MANY; i++) {
		sample(rates, &conn, i, 2 * i, i, 2000000);
		good = good && conn.has_rate &&
		       conn.rate[DIR_ORIG] == 8u * i &&
		       conn.rate[DIR_REPLY] == 8u * i;
	}
	ktap_case(good, "many connections");
}

static void test_hash(struct rates *rates)
{
	struct rates *other = rates_new();
	struct ft_key a, b;
	size_t i;
	int same = 0;

	memset(&a, 0, sizeof(a));
	for (i = 0; i < sizeof(b); i++) {
		b = a;
		((u8 *)&b)[i] = 1;
		same += rates_hash(rates, &a) == rates_hash(rates, &b);
	}
	ktap_case(!same, "every byte of the name counts");
	ktap_case(rates_hash(rates, &a) != rates_hash(other, &a),
		  "each run has its own secret");
	rates_free(other);
}

int main(void)
{
	struct rates *rates = rates_new();

	ktap_plan(9);
	test_one(rates);
	test_many(rates);
	test_hash(rates);
	rates_free(rates);
	return ktap_end();
}
