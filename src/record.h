/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a slow packet of a flow leaves at the early hook (slow.c) for the learn
 * hook (learn.c). Owns the form of a record; record.c keeps them.
 */
#ifndef _FASTTRACK_RECORD_H
#define _FASTTRACK_RECORD_H

#include <linux/types.h>

struct sk_buff;

/* Largest headers a record keeps: IPv6 and TCP with all its options */
#define FT_RECORD_HEADERS	(40 + 60)

/**
 * struct fasttrack_record - what a slow packet looked like at the early hook
 * @skb: the packet; never followed, only compared
 * @flow_id: its flow; of a packet that had none the hash of its tuple
 * @stamp: jiffies when it passed
 * @gen: fasttrack_net.gen then
 * @genid: generation of IPv4 routes then
 * @sernum: fib6 serial number then
 * @mark: mark that came in
 * @prio: priority that came in
 * @len: length of the packet
 * @iif: ingress device
 * @dir: direction
 * @seq: its number among the slow packets of its direction
 * @teach: may arm its direction
 * @handshake: it had no flow: see handshake.c. @dir and @seq are not set.
 * @partial: checksum was CHECKSUM_PARTIAL
 * @hlen: bytes in @headers
 * @headers: network and transport header
 */
struct fasttrack_record {
	const struct sk_buff	*skb;
	u32			flow_id;
	u32			stamp;
	u32			gen;
	u32			genid;
	u32			sernum;
	u32			mark;
	u32			prio;
	u32			len;
	int			iif;
	u16			seq;
	u8			dir;
	bool			teach:1;
	bool			handshake:1;
	bool			partial;
	u8			hlen;
	u8			headers[FT_RECORD_HEADERS] __aligned(8);
};

int ft_record_init(void);
void ft_record_exit(void);
void ft_record_put(const struct fasttrack_record *rec, const void *headers);
bool ft_record_take(const struct sk_buff *skb, struct fasttrack_record *rec);

#endif /* _FASTTRACK_RECORD_H */
