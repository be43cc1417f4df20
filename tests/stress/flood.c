// SPDX-License-Identifier: GPL-2.0
/*
 * flood: traffic for the stress tests, cheap enough for a debug kernel under
 * emulation. Owns the command line and what the commands share. Loss is normal
 * under stress; a payload that is not its flow's is not, and ends with status 1.
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "flood.h"

static int flood_stopped;

static void help(void)
{
	fputs("usage: flood echo PORT...\n"
	      "       flood talk ADDRESS PORT FLOWS RATE SECONDS\n"
	      "       flood bulk ADDRESS PORT STREAMS RATE SECONDS\n"
	      "       flood churn ADDRESS PORT PARALLEL SECONDS [COUNT]\n",
	      stderr);
	exit(2);
}

/* Microseconds */
__u64 flood_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000ULL + ts.tv_nsec / 1000;
}

__u64 flood_random(void)
{
	static __u64 state;

	if (!state)
		state = flood_now() * 0x9e3779b97f4a7c15ULL ^ getpid();
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

void flood_die(const char *what)
{
	fprintf(stderr, "flood: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void stop(int sig)
{
	(void)sig;
	__atomic_store_n(&flood_stopped, 1, __ATOMIC_RELAXED);
}

bool flood_over(const struct flood_options *o)
{
	return __atomic_load_n(&flood_stopped, __ATOMIC_RELAXED) ||
	       flood_now() >= o->end;
}

/* Connected and non-blocking, or -1: under stress there may be no route */
int flood_socket(const struct flood_options *o, int type)
{
	int fd = socket(o->peer.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC,
			0);

	if (fd < 0)
		flood_die("socket");
	if (connect(fd, (const struct sockaddr *)&o->peer, o->peer_len) &&
	    errno != EINPROGRESS) {
		close(fd);
		return -1;
	}
	return fd;
}

static __u8 pattern(__u64 flow, __u64 seq, size_t i)
{
	return (flow ^ seq) * 0x9e3779b97f4a7c15ULL >> (i & 7) * 8;
}

void flood_fill(void *buf, size_t len, __u64 flow, __u64 seq)
{
	struct flood_head head = { FLOOD_MAGIC, len, flow, seq };
	__u8 *bytes = buf;
	size_t i;

	memcpy(buf, &head, sizeof(head));
	for (i = sizeof(head); i < len; i++)
		bytes[i] = pattern(flow, seq, i);
}

bool flood_whole(const void *buf, size_t len)
{
	const __u8 *bytes = buf;
	struct flood_head head;
	size_t i;

	if (len < sizeof(head))
		return false;
	memcpy(&head, buf, sizeof(head));
	if (head.magic != FLOOD_MAGIC || head.len != len)
		return false;
	for (i = sizeof(head); i < len; i++)
		if (bytes[i] != pattern(head.flow, head.seq, i))
			return false;
	return true;
}

bool flood_check(const void *buf, size_t len, __u64 flow)
{
	struct flood_head head;

	if (!flood_whole(buf, len))
		return false;
	memcpy(&head, buf, sizeof(head));
	return head.flow == flow;
}

static unsigned long parse(const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*end || end == text) {
		fprintf(stderr, "flood: not a number: %s\n", text);
		exit(2);
	}
	return value;
}

static void resolve(struct flood_options *o, const char *host,
		    const char *port)
{
	struct addrinfo hints = { .ai_flags = AI_NUMERICHOST |
					      AI_NUMERICSERV };
	struct addrinfo *info;

	if (getaddrinfo(host, port, &hints, &info)) {
		fprintf(stderr, "flood: bad address: %s port %s\n", host, port);
		exit(2);
	}
	memcpy(&o->peer, info->ai_addr, info->ai_addrlen);
	o->peer_len = info->ai_addrlen;
	freeaddrinfo(info);
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = stop };
	struct flood_options o = {};
	bool paced, churn;

	signal(SIGPIPE, SIG_IGN);
	/* It has nothing to say, and waits for ever: TERM ends it at once */
	if (argc >= 3 && !strcmp(argv[1], "echo"))
		return flood_echo(argc - 2, argv + 2);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	if (argc < 6)
		help();
	paced = !strcmp(argv[1], "talk") || !strcmp(argv[1], "bulk");
	churn = !strcmp(argv[1], "churn");
	if (argc != 6 + paced && !(churn && argc == 7))
		help();
	resolve(&o, argv[2], argv[3]);
	o.count = parse(argv[4]);
	o.rate = paced ? parse(argv[5]) : 1;
	if (!o.rate)
		help();
	o.end = flood_now() + parse(argv[5 + paced]) * 1000000ULL;
	o.want = churn && argc == 7 ? parse(argv[6]) : 0;
	if (churn)
		return flood_churn(&o);
	if (!paced)
		help();
	return *argv[1] == 't' ? flood_talk(&o) : flood_bulk(&o);
}
