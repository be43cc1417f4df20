// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the writing of IP packets, see packet.h.
 */
#include <netinet/in.h>
#include <string.h>

#include "packet.h"

/**
 * packet_sum - one's complement sum, not folded
 * @data: bytes
 * @len: how many
 * @sum: of what comes before
 *
 * Return: the sum.
 */
u32 packet_sum(const u8 *data, u32 len, u32 sum)
{
	u64 total = sum;
	u32 i;

	for (i = 0; i + 1 < len; i += 2)
		total += get16(data + i);
	if (len & 1)
		total += data[len - 1] << 8;
	while (total >> 32)
		total = (u32)total + (total >> 32);
	return total;
}

u16 packet_fold(u32 sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/**
 * packet_sum4 - set the checksum of an IPv4 header
 * @ip: the header, its length right
 */
void packet_sum4(u8 *ip)
{
	put16(ip + 10, 0);
	put16(ip + 10, ~packet_fold(packet_sum(ip, (ip[0] & 15) * 4, 0)));
}

/**
 * packet_l4 - where the transport header is
 * @p: packet
 *
 * Return: offset from the IP header.
 */
u32 packet_l4(const struct packet *p)
{
	return (p->family == 4 ? 20 : 40) + p->extras;
}

static u32 l4_size(const struct packet *p)
{
	switch (p->proto) {
	case IPPROTO_TCP:
		return 20 + p->options;
	case IPPROTO_UDP:
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return 8;
	}
	return 4;
}

/**
 * packet_head - bytes in front of the payload
 * @p: packet
 *
 * Return: their number.
 */
u32 packet_head(const struct packet *p)
{
	return packet_l4(p) + l4_size(p);
}

static void write_ip4(const struct packet *p, u8 *ip, u32 len)
{
	ip[0] = 4 << 4 | (5 + p->extras / 4);
	ip[1] = p->tos;
	put16(ip + 2, len + p->len_lie);
	put16(ip + 4, p->id);
	put16(ip + 6, p->frag);
	ip[8] = p->ttl;
	ip[9] = p->proto;
	memcpy(ip + 12, p->src, 4);
	memcpy(ip + 16, p->dst, 4);
	if (p->extras)
		memcpy(ip + 20, p->extra, p->extras);
	packet_sum4(ip);
	if (p->bad_header)
		ip[11] ^= 0x5a;
}

static void write_ip6(const struct packet *p, u8 *ip, u32 len)
{
	put32(ip, 6u << 28 | p->tos << 20);
	put16(ip + 4, len - 40 + p->len_lie);
	ip[6] = p->extras ? p->next : p->proto;
	ip[7] = p->ttl;
	memcpy(ip + 8, p->src, 16);
	memcpy(ip + 24, p->dst, 16);
	if (p->extras)
		memcpy(ip + 40, p->extra, p->extras);
}

static void write_tcp(const struct packet *p, u8 *l4)
{
	u32 doff = 5 + p->options / 4 + p->l4_lie;

	put16(l4, p->sport);
	put16(l4 + 2, p->dport);
	put32(l4 + 4, p->seq);
	put32(l4 + 8, p->ack);
	l4[12] = doff << 4 | (p->flags >> 8 & 15);
	l4[13] = p->flags;
	put16(l4 + 14, p->window);
	put16(l4 + 16, 0);
	put16(l4 + 18, p->urgent);
	memcpy(l4 + 20, p->option, p->options);
}

static void write_l4(const struct packet *p, u8 *l4)
{
	switch (p->proto) {
	case IPPROTO_TCP:
		write_tcp(p, l4);
		break;
	case IPPROTO_UDP:
		put16(l4, p->sport);
		put16(l4 + 2, p->dport);
		put16(l4 + 4, 8 + p->payload + p->l4_lie);
		put16(l4 + 6, 0);
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		put16(l4, p->type);
		put16(l4 + 2, 0);
		put16(l4 + 4, p->sport);
		put16(l4 + 6, p->dport);
		break;
	default:
		put16(l4, p->sport);
		put16(l4 + 2, p->dport);
		break;
	}
}

static int csum_at(u8 proto)
{
	switch (proto) {
	case IPPROTO_TCP:
		return 16;
	case IPPROTO_UDP:
		return 6;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return 2;
	}
	return -1;
}

static void write_csum(const struct packet *p, u8 *l4, u32 len)
{
	u32 alen = p->family == 4 ? 4 : 16, sum = 0;
	int at = csum_at(p->proto);
	u16 value;

	if (at < 0)
		return;
	if (p->proto != IPPROTO_ICMP) {
		sum = packet_sum(p->src, alen, p->proto + len);
		sum = packet_sum(p->dst, alen, sum);
	}
	if (p->csum == CSUM_PARTIAL) {
		put16(l4 + at, packet_fold(sum));
		return;
	}
	value = ~packet_fold(packet_sum(l4, len, sum));
	if (p->proto == IPPROTO_UDP && !value)
		value = 0xffff;
	if (p->csum == CSUM_WRONG)
		value ^= 0x1234;
	if (p->csum == CSUM_ZERO)
		value = 0;
	put16(l4 + at, value);
}

/**
 * packet_write - write a packet down
 * @p: what it says
 * @out: PACKET_MAX bytes
 *
 * Return: bytes, from the IP header to the trailer.
 */
u32 packet_write(const struct packet *p, u8 *out)
{
	u32 l4 = packet_l4(p), head = packet_head(p), len = head + p->payload;
	u32 i;

	write_l4(p, out + l4);
	if (p->body)
		memcpy(out + head, p->body, p->payload);
	else
		for (i = 0; i < p->payload; i++)
			out[head + i] = p->pattern * 31 + i * 7 + (i >> 8);
	write_csum(p, out + l4, len - l4);
	if (p->family == 4)
		write_ip4(p, out, len);
	else
		write_ip6(p, out, len);
	memset(out + len, 0xee, p->trailer);
	return len + p->trailer;
}
