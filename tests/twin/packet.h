/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns IP packets as bytes: what one is to say, and writing that down, lies
 * included. Must not know connections, devices or routers.
 */
#ifndef TWIN_PACKET_H
#define TWIN_PACKET_H

#include "twin.h"

#define PACKET_MAX	65535

/* What is said of the transport checksum */
enum packet_csum {
	CSUM_RIGHT,
	CSUM_WRONG,
	CSUM_ZERO,
	CSUM_PARTIAL,	/* sum of the pseudo header, the device does the rest */
};

/**
 * struct packet - what an IP packet is to say
 * @family: 4 or 6
 * @proto: transport protocol
 * @src: source address, IPv4 in the first four bytes
 * @dst: destination address
 * @sport: source port, or ICMP id
 * @dport: destination port, or ICMP sequence number
 * @ttl: TTL or hop limit
 * @tos: TOS or traffic class
 * @id: IPv4 identification
 * @frag: IPv4 flags and offset, host order
 * @extra: IPv4 options or IPv6 extension headers, the last of which is
 *	followed by the transport header
 * @extras: bytes of @extra
 * @next: IPv6: type of the first extension header
 * @seq: TCP
 * @ack: TCP
 * @flags: TCP, with the reserved bits above them
 * @window: TCP
 * @urgent: TCP
 * @option: TCP options
 * @options: bytes of @option, a multiple of 4
 * @type: ICMP type and code
 * @payload: bytes behind the transport header
 * @body: those bytes, or NULL for a pattern
 * @pattern: which pattern
 * @csum: transport checksum
 * @bad_header: IPv4 header checksum is wrong
 * @len_lie: added to the IP length
 * @l4_lie: added to the UDP length or to the TCP data offset
 * @trailer: bytes behind the packet
 */
struct packet {
	u8 family;
	u8 proto;
	u8 src[16];
	u8 dst[16];
	u16 sport;
	u16 dport;
	u8 ttl;
	u8 tos;
	u16 id;
	u16 frag;
	const u8 *extra;
	u16 extras;
	u8 next;
	u32 seq;
	u32 ack;
	u16 flags;
	u16 window;
	u16 urgent;
	u8 option[40];
	u8 options;
	u16 type;
	u32 payload;
	const u8 *body;
	u32 pattern;
	enum packet_csum csum;
	bool bad_header;
	int len_lie;
	int l4_lie;
	u32 trailer;
};

#define TCP_FIN	0x01
#define TCP_SYN	0x02
#define TCP_RST	0x04
#define TCP_PSH	0x08
#define TCP_ACK	0x10
#define TCP_URG	0x20
#define TCP_ECE	0x40
#define TCP_CWR	0x80

#define IP4_DF	0x4000
#define IP4_MF	0x2000

static inline void put16(u8 *p, u16 value)
{
	p[0] = value >> 8;
	p[1] = value;
}

static inline void put32(u8 *p, u32 value)
{
	put16(p, value >> 16);
	put16(p + 2, value);
}

static inline u16 get16(const u8 *p)
{
	return p[0] << 8 | p[1];
}

static inline u32 get32(const u8 *p)
{
	return (u32)get16(p) << 16 | get16(p + 2);
}

u32 packet_l4(const struct packet *p);
u32 packet_head(const struct packet *p);
u32 packet_write(const struct packet *p, u8 *out);
u32 packet_sum(const u8 *data, u32 len, u32 sum);
u16 packet_fold(u32 sum);
void packet_sum4(u8 *ip);

#endif /* TWIN_PACKET_H */
