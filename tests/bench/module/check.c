// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the judgment of a packet that leaves: it is written anew, from nothing
 * but its flow and number, as it should be on that wire, and compared byte for
 * byte. Knows nothing of how it came there.
 */
#include <linux/etherdevice.h>

#include "bench.h"

/**
 * bench_complain - count a wrong packet, and keep the first complaint
 * @bn: namespace
 * @format: as printf()
 *
 * Context: any; only while a command runs.
 */
void bench_complain(struct bench_net *bn, const char *format, ...)
{
	struct bench_result *r = &bn->result;
	va_list args;

	if (!r->wrong++) {
		va_start(args, format);
		vsnprintf(r->complaint, sizeof(r->complaint), format, args);
		va_end(args);
	}
}

/* Which packet of the batch is it? */
static struct bench_packet *bench_find(struct bench_net *bn,
				       const struct sk_buff *skb)
{
	struct bench_batch *batch = bn->checking;
	unsigned int l4, i;
	u32 tag;

	l4 = bn->set.proto == IPPROTO_UDP ? sizeof(struct udphdr) :
					    sizeof(struct tcphdr);
	if (skb_copy_bits(skb, ETH_HLEN + bench_l3(&bn->set) + l4, &tag,
			  sizeof(tag)))
		return NULL;
	i = tag - batch->packets[0].tag;
	return i < batch->count ? &batch->packets[i] : NULL;
}

/* The neighbours' addresses end in 1 and 4, see the script "path". */
static void bench_ethernet(const struct bench_set *set,
			   const struct sk_buff *skb, u8 dir,
			   struct ethhdr *eth)
{
	eth_zero_addr(eth->h_dest);
	eth->h_dest[0] = 2;
	eth->h_dest[5] = dir ? 1 : 4;
	ether_addr_copy(eth->h_source, skb->dev->dev_addr);
	eth->h_proto = htons(set->family ? ETH_P_IPV6 : ETH_P_IP);
}

/**
 * bench_check - is this packet what should leave?
 * @bn: namespace, with the batch it belongs to
 * @skb: packet, from the Ethernet header on
 *
 * Other traffic (neighbour discovery) is no packet of ours and let pass; it
 * cannot stand for one, because each must be seen.
 *
 * Context: softirq.
 */
void bench_check(struct bench_net *bn, struct sk_buff *skb)
{
	const struct bench_set *set = &bn->set;
	struct bench_packet *p = bench_find(bn, skb);
	struct bench_packet wanted;
	struct bench_tuple t;
	struct ethhdr eth;
	u8 *bytes = bn->checking->wanted;
	unsigned int i;

	if (!p)
		return;
	wanted = *p;
	if (set->expect == BENCH_ROUTED || set->expect == BENCH_TRANSLATED) {
		wanted.ttl--;
		bench_ethernet(set, skb, p->dir, &eth);
		if (memcmp(skb->data, &eth, sizeof(eth)))
			bench_complain(bn, "Ethernet header: %*ph", ETH_HLEN,
				       skb->data);
	}
	bench_tuple_out(set, p->flow, p->dir, &t);
	bench_write(set, &wanted, &t, bytes);
	if (p->seen || skb->len != ETH_HLEN + p->len || skb_linearize(skb)) {
		bench_complain(bn, "length %u, sent %u, seen %d", skb->len,
			       ETH_HLEN + p->len, p->seen);
		return;
	}
	p->seen = true;
	for (i = 0; i < p->len; i++) {
		if (skb->data[ETH_HLEN + i] == bytes[i])
			continue;
		bench_complain(bn, "flow %u dir %u byte %u: %02x, not %02x",
			       p->flow, p->dir, i, skb->data[ETH_HLEN + i],
			       bytes[i]);
		return;
	}
}
