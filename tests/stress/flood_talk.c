// SPDX-License-Identifier: GPL-2.0
/*
 * flood talk: UDP flows that send all the time and check what comes back.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "flood.h"

/**
 * struct flow - one UDP flow
 * @id: random
 * @seq: datagrams sent
 * @due: when the next one is sent
 */
struct flow {
	__u64	id;
	__u64	seq;
	__u64	due;
};

/**
 * struct sums - of all flows
 * @sent: datagrams sent
 * @received: echoes
 * @wrong: echoes that were not the flow's
 */
struct sums {
	__u64	sent;
	__u64	received;
	__u64	wrong;
};

static void take(int fd, struct flow *f, struct sums *sums)
{
	char buf[2048];
	ssize_t len;

	while ((len = recv(fd, buf, sizeof(buf), 0)) >= 0) {
		sums->received++;
		if (flood_check(buf, len, f->id))
			continue;
		if (!sums->wrong++)
			fprintf(stderr, "flood: wrong datagram of %zd bytes\n",
				len);
	}
}

static void give(int fd, struct flow *f, struct sums *sums)
{
	size_t len = sizeof(struct flood_head) +
		     flood_random() % (FLOOD_MAX - sizeof(struct flood_head));
	char buf[FLOOD_MAX];

	flood_fill(buf, len, f->id, f->seq++);
	if (send(fd, buf, len, 0) == (ssize_t)len)
		sums->sent++;
}

static void open_all(const struct flood_options *o, struct flow *flows,
		     struct pollfd *polls)
{
	unsigned int i;

	for (i = 0; i < o->count; i++) {
		flows[i].id = flood_random();
		flows[i].due = flood_now();
		/* Not there yet: asked again with each datagram */
		polls[i].fd = flood_socket(o, SOCK_DGRAM);
		polls[i].events = POLLIN;
	}
}

int flood_talk(const struct flood_options *o)
{
	struct pollfd *polls = calloc(o->count, sizeof(*polls));
	struct flow *flows = calloc(o->count, sizeof(*flows));
	__u64 gap = 1000000 / o->rate;
	struct sums sums = {};
	unsigned int i;
	__u64 end;

	if (!polls || !flows)
		flood_die("memory");
	open_all(o, flows, polls);
	while (!flood_over(o)) {
		__u64 now = flood_now(), next = now + 500000;

		for (i = 0; i < o->count; i++) {
			if (now >= flows[i].due) {
				flows[i].due = now + gap;
				if (polls[i].fd < 0)
					polls[i].fd = flood_socket(o, SOCK_DGRAM);
				if (polls[i].fd >= 0)
					give(polls[i].fd, &flows[i], &sums);
			}
			if (flows[i].due < next)
				next = flows[i].due;
		}
		poll(polls, o->count, (next - now) / 1000 + 1);
		for (i = 0; i < o->count; i++)
			if (polls[i].fd >= 0 && polls[i].revents)
				take(polls[i].fd, &flows[i], &sums);
	}
	/* Echoes under way */
	for (end = flood_now() + 1000000; flood_now() < end;) {
		poll(polls, o->count, 100);
		for (i = 0; i < o->count; i++)
			if (polls[i].fd >= 0)
				take(polls[i].fd, &flows[i], &sums);
	}
	printf("talk: sent %llu received %llu wrong %llu\n",
	       sums.sent,
	       sums.received,
	       sums.wrong);
	return !!sums.wrong;
}
