// SPDX-License-Identifier: GPL-2.0
/* Owns the tests of select.c: order, ties, limits, against a plain sort. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "ktap.h"
#include "select.h"

#define MANY	3000

static struct ct_conn *conns;

/* Few values, so that there are ties; every seventh has no counters, every fifth
 * no ports.
 */
static void make_conns(void)
{
	u32 seed = 1;
	size_t i;

	conns = calloc(MANY, sizeof(*conns));
	for (i = 0; i < MANY; i++) {
		struct ct_conn *ct = &conns[i];

		seed = seed * 1103515245 + 12345;
		ct->family = AF_INET;
		ct->has = i % 7 ? CT_HAS_COUNTERS | CT_HAS_ID : CT_HAS_ID;
		ct->id = i;
		ct->count[DIR_ORIG].bytes = seed >> 16 & 255;
		ct->tuple[DIR_ORIG].protocol = seed >> 20 & 1 ? 6 : 17;
		ct->tuple[DIR_ORIG].src[3] = seed >> 28;
		ct->tuple[DIR_ORIG].has_ports = i % 5;
		ct->tuple[DIR_ORIG].src_port = seed >> 12 & 63;
		ct->helper = seed >> 24 & 1 ? "ftp" : NULL;
	}
}

static struct selection *run(enum conn_prop prop, bool reverse, size_t limit)
{
	struct selection *sel = select_new(prop, reverse, limit);
	struct conn conn = { 0 };
	size_t i;

	for (i = 0; i < MANY; i++) {
		conn.ct = &conns[i];
		select_add(sel, &conn);
	}
	select_sort(sel);
	return sel;
}

/* In order, equals as they came, and what has no value last. */
static bool ordered(const struct selection *sel, enum conn_prop prop,
		    bool reverse)
{
	struct conn_value va, vb;
	struct conn a, b;
	bool has_a, has_b;
	size_t i;
	int ret;

	for (i = 1; i < select_count(sel); i++) {
		select_get(sel, i - 1, &a);
		select_get(sel, i, &b);
		has_a = conn_get(&a, prop, &va);
		has_b = conn_get(&b, prop, &vb);
		if (has_b && !has_a)
			return false;
		ret = conn_compare(&a, &b, prop);
		if (has_a && has_b && (reverse ? ret < 0 : ret > 0))
			return false;
		if (!ret && a.ct->id > b.ct->id)
			return false;
	}
	return true;
}

/* Each comes before all that come after it, not only before the next one. */
static bool transitive(const struct selection *sel, enum conn_prop prop)
{
	struct conn a, b;
	size_t i, j;

	for (i = 0; i < select_count(sel); i += 7) {
		select_get(sel, i, &a);
		for (j = i + 1; j < select_count(sel); j += 11) {
			select_get(sel, j, &b);
			if (conn_compare(&a, &b, prop) > 0)
				return false;
		}
	}
	return true;
}

/* The first ones of a limited selection are those of the whole one. */
static bool same_start(enum conn_prop prop, bool reverse, size_t limit)
{
	struct selection *all = run(prop, reverse, SELECT_ALL);
	struct selection *few = run(prop, reverse, limit);
	bool same = select_count(few) == (limit < MANY ? limit : MANY);
	struct conn a, b;
	size_t i;

	for (i = 0; same && i < select_count(few); i++) {
		select_get(all, i, &a);
		select_get(few, i, &b);
		same = a.ct->id == b.ct->id;
	}
	select_free(all);
	select_free(few);
	return same;
}

static void test_order(void)
{
	static const enum conn_prop props[] = {
		PROP_ORIG_BYTES, PROP_PROTOCOL, PROP_SRC_ADDRESS,
		PROP_CONNECTION_TYPE, PROP_ID,
	};
	char name[64];
	size_t i;
	int reverse;

	for (i = 0; i < ARRAY_SIZE(props); i++) {
		for (reverse = 0; reverse < 2; reverse++) {
			struct selection *sel = run(props[i], reverse,
						    SELECT_ALL);

			snprintf(name, sizeof(name), "%s%s",
				 conn_props[props[i]].key,
				 reverse ? " reverse" : "");
			ktap_case(select_count(sel) == MANY &&
				  ordered(sel, props[i], reverse) &&
				  (reverse || transitive(sel, props[i])),
				  name);
			select_free(sel);
			ktap_case(same_start(props[i], reverse, 1) &&
				  same_start(props[i], reverse, 20) &&
				  same_start(props[i], reverse, 2000) &&
				  same_start(props[i], reverse, MANY + 1),
				  "limits");
		}
	}
}

/* Neighbours of the largest and the smallest number are told apart. */
static void test_edges(void)
{
	static const u64 bytes[] = { 1, ~0ull, 0, ~0ull - 1, 2 };
	static const u32 want[] = { 1, 3, 4, 0, 2 };
	struct selection *sel = select_new(PROP_ORIG_BYTES, false, SELECT_ALL);
	struct ct_conn ct = { .has = CT_HAS_COUNTERS };
	struct conn conn = { .ct = &ct };
	bool good = true;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(bytes); i++) {
		ct.id = i;
		ct.count[DIR_ORIG].bytes = bytes[i];
		select_add(sel, &conn);
	}
	select_sort(sel);
	for (i = 0; i < ARRAY_SIZE(want); i++) {
		select_get(sel, i, &conn);
		good = good && conn.ct->id == want[i];
	}
	ktap_case(good, "0, 1 and the largest numbers");
	select_free(sel);
}

static void test_clear(void)
{
	struct selection *sel = run(PROP_ORIG_BYTES, false, 10);
	struct conn conn = { .ct = &conns[5] };

	select_clear(sel);
	ktap_case(!select_count(sel), "cleared");
	select_add(sel, &conn);
	select_sort(sel);
	select_get(sel, 0, &conn);
	ktap_case(select_count(sel) == 1 && conn.ct->id == 5, "used again");
	ktap_case(!conn.ct->helper || conn.ct->helper != conns[5].helper,
		  "names of helpers are copied");
	select_free(sel);
}

int main(void)
{
	ktap_plan(24);
	make_conns();
	test_order();
	test_edges();
	test_clear();
	free(conns);
	return ktap_end();
}
