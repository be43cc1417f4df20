// SPDX-License-Identifier: GPL-2.0
/* Owns the tests of join.c. */
#include <string.h>
#include <sys/socket.h>
#include <netinet/in.h>

#include "join.h"
#include "ktap.h"

#define MANY	100000

static void make_conn(struct ft_conn *conn, u32 id, u16 port)
{
	memset(conn, 0, sizeof(*conn));
	conn->key.id = id;
	conn->key.family = AF_INET;
	conn->key.protocol = IPPROTO_TCP;
	conn->key.src_port = port;
	conn->key.dst_port = 443;
	conn->key.src[0] = 10;
	conn->dir[DIR_ORIG].packets = port;
}

static bool finds(const struct join *join, u32 id, u16 port)
{
	const struct ft_conn *found;
	struct ft_conn conn;

	make_conn(&conn, id, port);
	found = join_find(join, &conn.key);
	return found && found->dir[DIR_ORIG].packets == port;
}

static void test_collision(struct join *join)
{
	struct ft_conn conn;
	int port;

	for (port = 1; port <= 100; port++) {
		make_conn(&conn, 7, port);
		join_add(join, &conn);
	}
	ktap_case(join_count(join) == 100, "same id, other tuples: all kept");
	ktap_case(finds(join, 7, 1) && finds(join, 7, 50) &&
		  finds(join, 7, 100), "same id: each found by its tuple");
	ktap_case(!finds(join, 7, 101), "same id, unknown tuple: not found");
	ktap_case(!finds(join, 8, 1), "same tuple, other id: not found");
}

static void test_fields(struct join *join)
{
	struct ft_conn conn;

	make_conn(&conn, 7, 1);
	conn.key.protocol = IPPROTO_UDP;
	ktap_case(!join_find(join, &conn.key), "other protocol: not found");
	make_conn(&conn, 7, 1);
	conn.key.family = AF_INET6;
	ktap_case(!join_find(join, &conn.key), "other family: not found");
	make_conn(&conn, 7, 1);
	conn.key.dst[15] = 1;
	ktap_case(!join_find(join, &conn.key), "last address byte counts");
}

static void test_replace(struct join *join)
{
	const struct ft_conn *found;
	struct ft_conn conn;

	make_conn(&conn, 7, 1);
	conn.dir[DIR_ORIG].packets = 999;
	join_add(join, &conn);
	found = join_find(join, &conn.key);
	ktap_case(join_count(join) == 100 && found &&
		  found->dir[DIR_ORIG].packets == 999,
		  "seen twice: the later one counts");
}

static void test_many(struct join *join)
{
	struct ft_conn conn;
	bool good = true;
	u32 id;

	join_clear(join);
	ktap_case(!join_count(join) && !finds(join, 7, 2), "cleared");
	for (id = 0; id < MANY; id++) {
		make_conn(&conn, id * 2654435761u, id & 0xffff);
		join_add(join, &conn);
	}
	for (id = 0; id < MANY; id++)
		good = good && finds(join, id * 2654435761u, id & 0xffff);
	ktap_case(good && join_count(join) == MANY, "many: all found");
}

int main(void)
{
	struct join *join = join_new();

	ktap_plan(11);
	ktap_case(!finds(join, 7, 1), "empty");
	test_collision(join);
	test_fields(join);
	test_replace(join);
	test_many(join);
	join_free(join);
	return ktap_end();
}
