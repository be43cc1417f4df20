// SPDX-License-Identifier: GPL-2.0
/*
 * Owns frames as text for a reader, see describe.h.
 */
#include <arpa/inet.h>
#include <stdio.h>

#include "describe.h"
#include "packet.h"
#include "topology.h"

static int describe_tcp(char *text, int room, const u8 *l4)
{
	static const char names[] = "FSRPAUEC";
	char flags[9];
	int i, n = 0;

	for (i = 0; i < 8; i++)
		if (l4[13] & BIT(i))
			flags[n++] = names[i];
	flags[n] = 0;
	return snprintf(text, room, " %s seq %u ack %u win %u doff %u", flags,
			get32(l4 + 4), get32(l4 + 8), get16(l4 + 14),
			l4[12] >> 4);
}

static int describe_l4(char *text, int room, u8 proto, const u8 *l4, u32 left)
{
	int n;

	n = snprintf(text, room, " proto %u", proto);
	if (left < 8)
		return n;
	if (proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6)
		return n + snprintf(text + n, room - n, " type %u code %u",
				    l4[0], l4[1]);
	n += snprintf(text + n, room - n, " %u > %u", get16(l4),
		      get16(l4 + 2));
	if (proto == IPPROTO_TCP && left >= 20)
		n += describe_tcp(text + n, room - n, l4);
	if (proto == IPPROTO_UDP)
		n += snprintf(text + n, room - n, " len %u sum %04x",
			      get16(l4 + 4), get16(l4 + 6));
	return n;
}

/**
 * describe - one line on a frame
 * @text: DESCRIBE_SIZE bytes
 * @frame: from the link header on
 * @len: its length
 */
void describe(char *text, const u8 *frame, u32 len)
{
	char src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN];
	const u8 *ip;
	int n, room = DESCRIBE_SIZE;
	u32 left, l4 = 40;
	u8 proto;

	ip = topology_unwrap(frame, len, &left);
	if (!ip) {
		snprintf(text, room, "no IP, %u bytes", len);
		return;
	}
	if (ip[0] >> 4 == 4) {
		inet_ntop(AF_INET, ip + 12, src, sizeof(src));
		inet_ntop(AF_INET, ip + 16, dst, sizeof(dst));
		n = snprintf(text, room,
			     "%s > %s ttl %u tos %02x len %u/%u id %u frag %04x",
			     src, dst, ip[8], ip[1], get16(ip + 2), left,
			     get16(ip + 4), get16(ip + 6));
		l4 = (ip[0] & 15) * 4;
		proto = ip[9];
		if (get16(ip + 6) & 0x1fff)
			return;
	} else {
		inet_ntop(AF_INET6, ip + 8, src, sizeof(src));
		inet_ntop(AF_INET6, ip + 24, dst, sizeof(dst));
		n = snprintf(text, room, "%s > %s hop %u tos %02x len %u/%u",
			     src, dst, ip[7], get16(ip) >> 4 & 0xff,
			     get16(ip + 4) + 40, left);
		proto = ip[6];
		if (proto == IPPROTO_FRAGMENT && left >= 48)
			n += snprintf(text + n, room - n, " frag %04x id %x",
				      get16(ip + 42), get32(ip + 44));
	}
	if (l4 < left)
		describe_l4(text + n, room - n, proto, ip + l4, left - l4);
}

/**
 * describe_dump - print bytes
 * @before: in front of each line
 * @data: bytes
 * @len: how many; of long ones the first
 */
void describe_dump(const char *before, const u8 *data, u32 len)
{
	u32 i, end = min(len, 256);

	for (i = 0; i < end; i++) {
		if (i % 32 == 0)
			printf("%s%s%04x ", i ? "\n" : "", before, i);
		printf("%s%02x", i % 2 ? "" : " ", data[i]);
	}
	printf("%s\n", end < len ? " ..." : "");
}
