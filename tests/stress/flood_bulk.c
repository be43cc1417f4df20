// SPDX-License-Identifier: GPL-2.0
/*
 * flood bulk: TCP streams that are echoed and compared byte by byte. One that
 * breaks or stands still is opened anew.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flood.h"

#define CHUNK	8192
/* A stream that says nothing for so long, in microseconds, is given up */
#define PATIENCE	10000000

/**
 * struct stream - one connection
 * @id: random, seeds its bytes
 * @sent: bytes sent
 * @got: bytes that came back
 * @heard: when the last one came
 * @due: when the next chunk is sent
 */
struct stream {
	__u64	id;
	__u64	sent;
	__u64	got;
	__u64	heard;
	__u64	due;
};

/**
 * struct sums - of all streams
 * @opened: connections
 * @broken: of these, ended before their time
 * @bytes: that came back
 * @wrong: streams with a byte that was not theirs
 */
struct sums {
	__u64	opened;
	__u64	broken;
	__u64	bytes;
	__u64	wrong;
};

static char byte_of(const struct stream *s, __u64 i)
{
	return (s->id + (i >> 8)) * 0x9e3779b97f4a7c15ULL >> (i & 7) * 8;
}

static void reopen(const struct flood_options *o, struct stream *s,
		   struct pollfd *p, struct sums *sums)
{
	if (p->fd >= 0)
		close(p->fd);
	memset(s, 0, sizeof(*s));
	s->id = flood_random();
	s->heard = flood_now();
	p->fd = flood_socket(o, SOCK_STREAM);
	sums->opened += p->fd >= 0;
}

static bool give(int fd, struct stream *s, unsigned int rate)
{
	char buf[CHUNK];
	ssize_t n;
	size_t i;

	s->due = flood_now() + 1000000 / rate;
	/* The echo has to be taken, or both sides wait for ever */
	if (s->sent - s->got > 32 * CHUNK)
		return true;
	for (i = 0; i < sizeof(buf); i++)
		buf[i] = byte_of(s, s->sent + i);
	n = send(fd, buf, sizeof(buf), MSG_NOSIGNAL);
	if (n > 0)
		s->sent += n;
	return n >= 0 || errno == EAGAIN;
}

static bool take(int fd, struct stream *s, struct sums *sums)
{
	char buf[CHUNK];
	ssize_t n, i;

	n = recv(fd, buf, sizeof(buf), 0);
	if (n < 0)
		return errno == EAGAIN;
	for (i = 0; i < n; i++) {
		if (buf[i] == byte_of(s, s->got + i))
			continue;
		if (!sums->wrong++)
			fprintf(stderr, "flood: wrong byte at %llu\n",
				(s->got + i));
		return false;
	}
	if (n > 0)
		s->heard = flood_now();
	s->got += n;
	sums->bytes += n;
	return n > 0;
}

static bool serve(const struct flood_options *o, struct pollfd *p,
		  struct stream *s, struct sums *sums)
{
	if (p->fd < 0)
		return false;
	if (p->revents & (POLLIN | POLLERR | POLLHUP) &&
	    !take(p->fd, s, sums))
		return false;
	if (p->revents & POLLOUT && !give(p->fd, s, o->rate))
		return false;
	return flood_now() - s->heard < PATIENCE;
}

int flood_bulk(const struct flood_options *o)
{
	struct stream *streams = calloc(o->count, sizeof(*streams));
	struct pollfd *polls = calloc(o->count, sizeof(*polls));
	struct sums sums = {};
	unsigned int i;

	if (!polls || !streams)
		flood_die("memory");
	for (i = 0; i < o->count; i++) {
		polls[i].fd = -1;
		reopen(o, &streams[i], &polls[i], &sums);
	}
	while (!flood_over(o)) {
		__u64 now = flood_now(), next = now + 500000;

		for (i = 0; i < o->count; i++) {
			polls[i].events = POLLIN;
			if (now >= streams[i].due)
				polls[i].events |= POLLOUT;
			else if (streams[i].due < next)
				next = streams[i].due;
		}
		poll(polls, o->count, (next - now) / 1000 + 1);
		for (i = 0; i < o->count; i++) {
			if (serve(o, &polls[i], &streams[i], &sums))
				continue;
			sums.broken += polls[i].fd >= 0;
			reopen(o, &streams[i], &polls[i], &sums);
		}
	}
	printf("bulk: opened %llu broken %llu bytes %llu wrong %llu\n",
	       sums.opened,
	       sums.broken,
	       sums.bytes,
	       sums.wrong);
	return !!sums.wrong;
}
