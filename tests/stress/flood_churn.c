// SPDX-License-Identifier: GPL-2.0
/*
 * flood churn: connections that come and go, UDP and TCP in turn. Each sends a
 * few messages, waits for the echo of each, and ends: UDP by silence, TCP by FIN
 * or, every other one, by RST.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flood.h"

#define ROUNDS	4
#define MESSAGE	64
/* An echo that takes longer, in microseconds, is lost */
#define PATIENCE	1000000

/**
 * struct conn - one connection
 * @id: random
 * @tcp: a stream
 * @rounds: messages whose echo came
 * @got: bytes of the present echo
 * @sent: when the present message went, 0 if it has not
 * @buf: echo
 */
struct conn {
	__u64	id;
	bool		tcp;
	unsigned int	rounds;
	size_t		got;
	__u64		sent;
	char		buf[MESSAGE];
};

/**
 * struct sums - of all connections
 * @whole: connections with all their echoes
 * @lost: connections without
 * @stray: whole datagrams of another connection: what is on its way when
 *	conntrack forgets all may come to the next one with that port
 * @wrong: other echoes that were not the connection's
 */
struct sums {
	__u64	whole;
	__u64	lost;
	__u64	stray;
	__u64	wrong;
};

static void reopen(const struct flood_options *o, struct conn *c,
		   struct pollfd *p)
{
	struct linger reset = { .l_onoff = 1, .l_linger = 0 };

	if (p->fd >= 0) {
		if (c->tcp && c->id & 1)
			setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &reset,
				   sizeof(reset));
		close(p->fd);
	}
	memset(c, 0, sizeof(*c));
	c->id = flood_random();
	c->tcp = c->id & 2;
	p->fd = flood_socket(o, c->tcp ? SOCK_STREAM : SOCK_DGRAM);
	p->events = POLLOUT;
	c->sent = flood_now();
}

static void give(struct conn *c, struct pollfd *p)
{
	char buf[MESSAGE];

	flood_fill(buf, sizeof(buf), c->id, c->rounds);
	if (send(p->fd, buf, sizeof(buf), MSG_NOSIGNAL) < 0)
		return;
	c->sent = flood_now();
	c->got = 0;
	p->events = POLLIN;
}

/* Returns whether the connection is over */
static bool take(struct conn *c, struct pollfd *p, struct sums *sums)
{
	ssize_t n = recv(p->fd, c->buf + c->got, sizeof(c->buf) - c->got, 0);

	if (n <= 0) {
		if (n < 0 && errno == EAGAIN)
			return false;
		sums->lost++;
		return true;
	}
	c->got += n;
	if (c->got < sizeof(c->buf))
		return false;
	if (!flood_check(c->buf, c->got, c->id)) {
		if (!c->tcp && flood_whole(c->buf, c->got))
			sums->stray++;
		else if (!sums->wrong++)
			fprintf(stderr, "flood: wrong echo\n");
		return true;
	}
	if (++c->rounds < ROUNDS) {
		p->events = POLLOUT;
		return false;
	}
	sums->whole++;
	return true;
}

static bool serve(struct conn *c, struct pollfd *p, struct sums *sums)
{
	if (p->fd >= 0 && p->revents) {
		if (p->revents & (POLLERR | POLLHUP)) {
			sums->lost++;
			return true;
		}
		if (p->revents & POLLIN)
			return take(c, p, sums);
		if (p->revents & POLLOUT)
			give(c, p);
	}
	if (flood_now() - c->sent < PATIENCE)
		return false;
	sums->lost++;
	return true;
}

int flood_churn(const struct flood_options *o)
{
	struct pollfd *polls = calloc(o->count, sizeof(*polls));
	struct conn *conns = calloc(o->count, sizeof(*conns));
	struct sums sums = {};
	unsigned int i;

	if (!polls || !conns)
		flood_die("memory");
	for (i = 0; i < o->count; i++) {
		polls[i].fd = -1;
		reopen(o, &conns[i], &polls[i]);
	}
	while (!flood_over(o) &&
	       (!o->want || sums.whole + sums.lost < o->want)) {
		poll(polls, o->count, 20);
		for (i = 0; i < o->count; i++)
			if (serve(&conns[i], &polls[i], &sums))
				reopen(o, &conns[i], &polls[i]);
	}
	printf("churn: whole %llu lost %llu stray %llu wrong %llu\n",
	       sums.whole, sums.lost, sums.stray, sums.wrong);
	return !!sums.wrong;
}
