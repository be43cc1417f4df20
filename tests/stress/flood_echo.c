// SPDX-License-Identifier: GPL-2.0
/*
 * flood echo: the far end. UDP and TCP on each port, both families; whatever
 * comes is sent back. Knows nothing of what it echoes.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "flood.h"

#define EVENTS	64
#define BACKLOG	1024
#define BUFFER	65536

/**
 * struct conn - what an event is about
 * @fd: socket
 * @kind: 'u' datagrams, 'l' listener, 's' stream
 * @from: first byte of @buf not yet sent back
 * @to: end of what is in @buf
 * @buf: of a stream
 */
struct conn {
	int	fd;
	char	kind;
	size_t	from;
	size_t	to;
	char	*buf;
};

static int queue;

static struct conn *watch(int fd, char kind)
{
	struct conn *c = calloc(1, sizeof(*c));
	struct epoll_event event = {
		.events = EPOLLIN | (kind == 's' ? EPOLLOUT | EPOLLET : 0),
		.data.ptr = c,
	};

	if (!c)
		flood_die("memory");
	c->fd = fd;
	c->kind = kind;
	if (kind == 's') {
		c->buf = malloc(BUFFER);
		if (!c->buf)
			flood_die("memory");
	}
	if (epoll_ctl(queue, EPOLL_CTL_ADD, fd, &event))
		flood_die("epoll");
	return c;
}

static void listen_on(const char *port)
{
	struct sockaddr_in6 addr = {
		.sin6_family = AF_INET6, .sin6_port = htons(atoi(port)),
	};
	int on = 1, size = 4 << 20, fd, i;

	for (i = 0; i < 2; i++) {
		fd = socket(AF_INET6, (i ? SOCK_STREAM : SOCK_DGRAM) |
				      SOCK_NONBLOCK, 0);
		if (fd < 0)
			flood_die("socket");
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on));
		if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)))
			flood_die(port);
		if (i && listen(fd, BACKLOG))
			flood_die("listen");
		watch(fd, i ? 'l' : 'u');
	}
}

/* Back to where it came from, and from where it went: the address of the
 * request is kept, the device is not.
 */
static void datagrams(int fd)
{
	union {
		struct cmsghdr	head;
		char		room[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	} control;
	struct sockaddr_in6 from;
	static char buf[BUFFER];
	struct iovec data = { .iov_base = buf };
	struct msghdr msg = { .msg_iov = &data, .msg_iovlen = 1 };
	struct cmsghdr *c;
	ssize_t len;
	int budget;

	for (budget = 64; budget; budget--) {
		data.iov_len = sizeof(buf);
		msg.msg_name = &from;
		msg.msg_namelen = sizeof(from);
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
		len = recvmsg(fd, &msg, 0);
		if (len < 0)
			return;
		data.iov_len = len;
		c = CMSG_FIRSTHDR(&msg);
		if (c && c->cmsg_type == IPV6_PKTINFO)
			((struct in6_pktinfo *)CMSG_DATA(c))->ipi6_ifindex = 0;
		/* Lost if there is no way back, as on any network */
		sendmsg(fd, &msg, 0);
	}
}

static void forget(struct conn *c)
{
	close(c->fd);
	free(c->buf);
	free(c);
}

static void stream(struct conn *c)
{
	ssize_t n;

	for (;;) {
		while (c->from < c->to) {
			n = write(c->fd, c->buf + c->from, c->to - c->from);
			if (n < 0 && errno == EAGAIN)
				return;
			if (n < 0) {
				forget(c);
				return;
			}
			c->from += n;
		}
		n = read(c->fd, c->buf, BUFFER);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			forget(c);
			return;
		}
		c->from = 0;
		c->to = n;
	}
}

static void accept_all(int listener)
{
	int fd;

	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0)
		stream(watch(fd, 's'));
}

int flood_echo(int argc, char **argv)
{
	struct epoll_event events[EVENTS];
	struct conn *c;
	int i, n;

	queue = epoll_create1(0);
	if (queue < 0)
		flood_die("epoll");
	for (i = 0; i < argc; i++)
		listen_on(argv[i]);
	while ((n = epoll_wait(queue, events, EVENTS, -1)) > 0) {
		for (i = 0; i < n; i++) {
			c = events[i].data.ptr;
			if (c->kind == 'u')
				datagrams(c->fd);
			else if (c->kind == 'l')
				accept_all(c->fd);
			else
				stream(c);
		}
	}
	return 0;
}
