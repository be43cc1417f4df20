/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the commands of flood share: options, sockets, time and the pattern that
 * every payload carries, so that a packet which reaches the wrong flow is seen.
 */
#ifndef FLOOD_H
#define FLOOD_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#define FLOOD_MAGIC	0x66617374
#define FLOOD_MAX	1400

/**
 * struct flood_head - begin of every datagram
 * @magic: FLOOD_MAGIC
 * @len: bytes of the datagram
 * @flow: its flow, random
 * @seq: its number
 */
struct flood_head {
	__u32	magic;
	__u32	len;
	__u64	flow;
	__u64	seq;
};

/**
 * struct flood_options - the command line
 * @peer: address to talk to
 * @peer_len: bytes of it
 * @count: flows, streams or connections at a time
 * @rate: datagrams a second and flow, or chunks a second and stream; others
 *	want the processor, too
 * @end: flood_now() at which to stop
 * @want: connections after which to stop, 0 for none
 */
struct flood_options {
	struct sockaddr_storage	peer;
	socklen_t		peer_len;
	unsigned int		count;
	unsigned int		rate;
	__u64			end;
	__u64			want;
};

/* flood.c */
__u64 flood_now(void);
__u64 flood_random(void);
void flood_die(const char *what);
int flood_socket(const struct flood_options *o, int type);
void flood_fill(void *buf, size_t len, __u64 flow, __u64 seq);
bool flood_whole(const void *buf, size_t len);
bool flood_check(const void *buf, size_t len, __u64 flow);
bool flood_over(const struct flood_options *o);

/* flood_echo.c */
int flood_echo(int argc, char **argv);

/* flood_talk.c */
int flood_talk(const struct flood_options *o);

/* flood_bulk.c */
int flood_bulk(const struct flood_options *o);

/* flood_churn.c */
int flood_churn(const struct flood_options *o);

#endif /* FLOOD_H */
