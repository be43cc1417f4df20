/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the rewriting of headers: addresses, ports, TTL, TOS and checksums.
 * Works on bare headers, so that the learn hook can hold the result against
 * what the slow path made of the same packet. Knows no skb.
 *
 * Every checksum comes out as the kernel's step-by-step replacement leaves
 * it, which for a wrong checksum means just as wrong. A sum congruent to 0
 * is where representations could differ: see ft_fold16().
 */
#ifndef _FASTTRACK_REWRITE_H
#define _FASTTRACK_REWRITE_H

#include <linux/ip.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <linux/unaligned.h>
#include <net/checksum.h>
#include <net/dsfield.h>
#include <net/ip.h>

#include "fasttrack.h"

static __always_inline u16 ft_add16(u16 a, u16 b)
{
	u32 sum = (u32)a + b;

	return (u16)(sum + (sum >> 16));
}

static __always_inline __sum16 ft_csum_add(__sum16 check, u16 delta)
{
	return (__force __sum16)~ft_add16((u16)~(__force u16)check, delta);
}

/* CHECKSUM_PARTIAL: the field holds the plain sum of the pseudo header */
static __always_inline __sum16 ft_csum_add_partial(__sum16 check, u16 delta)
{
	return (__force __sum16)ft_add16((__force u16)check, delta);
}

static __always_inline void
ft_rewrite_l4(const struct fasttrack_dir *d, void *l4, u8 proto, bool partial)
{
	struct tcphdr *th = l4;
	struct udphdr *uh = l4;
	__sum16 *check;

	/* Ports are in the same place, side by side */
	put_unaligned(d->new_ports, (u32 *)l4);
	if (proto == IPPROTO_TCP)
		check = &th->check;
	else if (uh->check)
		check = &uh->check;
	else
		return;

	if (partial)
		*check = ft_csum_add_partial(*check, d->addr_delta);
	else
		*check = ft_csum_add(*check, d->l4_delta);
	if (proto == IPPROTO_UDP && !*check)
		*check = CSUM_MANGLED_0;
}

/* TTL and TOS as a rule set them. Addresses are done. */
static noinline_for_stack void
ft_rewrite4_exact(const struct fasttrack_dir *d, struct iphdr *iph)
{
	if (d->flags & FT_DIR_NAT)
		iph->check = ft_csum_add(iph->check, d->addr_delta);
	if (d->ttl_out != d->ttl_in) {
		csum_replace2(&iph->check, htons(d->ttl_in << 8),
			      htons(d->ttl_out << 8));
		iph->ttl = d->ttl_out;
	}
	if (d->tos_out != d->tos_in)
		ipv4_change_dsfield(iph, 0, d->tos_out);
}

static __always_inline void
ft_rewrite4(const struct fasttrack_dir *d, struct iphdr *iph, void *l4,
	    u8 proto, bool partial)
{
	if (d->flags & FT_DIR_NAT) {
		put_unaligned(d->new_addr4, (u64 *)&iph->saddr);
		ft_rewrite_l4(d, l4, proto, partial);
	}
	if (unlikely(d->flags & FT_DIR_EXACT)) {
		ft_rewrite4_exact(d, iph);
		return;
	}
	iph->check = ft_csum_add(iph->check, d->ip_delta);
	iph->ttl--;
}

static __always_inline void
ft_rewrite6(const struct fasttrack_dir *d, struct ipv6hdr *ip6h, void *l4,
	    u8 proto, bool partial)
{
	if (d->flags & FT_DIR_NAT) {
		const struct fasttrack_dir6 *d6;

		d6 = container_of(d, struct fasttrack_dir6, d);
		ip6h->saddr = d6->new_saddr;
		ip6h->daddr = d6->new_daddr;
		ft_rewrite_l4(d, l4, proto, partial);
	}
	if (likely(!(d->flags & FT_DIR_EXACT))) {
		ip6h->hop_limit--;
		return;
	}
	ip6h->hop_limit = d->ttl_out;
	if (d->tos_out != d->tos_in)
		ipv6_change_dsfield(ip6h, 0, d->tos_out);
}

#endif /* _FASTTRACK_REWRITE_H */
