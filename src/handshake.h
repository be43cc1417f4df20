/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the early hooks do with a TCP packet of no flow: see handshake.c.
 */
#ifndef _FASTTRACK_HANDSHAKE_H
#define _FASTTRACK_HANDSHAKE_H

#include <linux/hash.h>
#include <linux/percpu.h>
#include <linux/tcp.h>

#include "fasttrack.h"

#define FT_HANDSHAKE_BITS	12
#define FT_HANDSHAKE_STATE	3U	/* the lowest bits of a hash */
#define FT_HANDSHAKE_SYN	1U	/* a SYN has passed */
#define FT_HANDSHAKE_ACK	2U	/* and then an ACK, which left a record */

/**
 * struct ft_handshakes - handshakes that one CPU sees
 * @slot: by the hash of a packet's addresses and ports, see
 *	ft_handshake_slot(): the hash with FT_HANDSHAKE_* for its lowest bits, or 0
 */
struct ft_handshakes {
	u32	slot[1 << FT_HANDSHAKE_BITS];
};

extern struct ft_handshakes __percpu *ft_handshakes;

/* Context: BH off. Under PREEMPT_RT two packets may get into each other's way;
 * each slot is one word, and whatever it says is safe.
 */
static __always_inline u32 *ft_handshake_slot(u32 hash)
{
	/* Ports in a row have hashes in a row, which the upper bits alone may
	 * put into few slots
	 */
	u32 slot = hash_32(hash ^ hash >> 16, FT_HANDSHAKE_BITS);

	return &this_cpu_ptr(ft_handshakes)->slot[slot];
}

/**
 * ft_handshake_concerns - may a TCP packet of no flow be part of a handshake?
 * @th: its header
 * @hash: hash of its addresses and ports
 *
 * Return: whether ft_handshake() has to see it. Context: early hook.
 */
static __always_inline bool
ft_handshake_concerns(const struct tcphdr *th, u32 hash)
{
	return tcp_flag_word(th) & TCP_FLAG_SYN ||
	       !((READ_ONCE(*ft_handshake_slot(hash)) ^ hash) &
		 ~FT_HANDSHAKE_STATE);
}

void ft_handshake(const struct fasttrack_packet *pkt, u32 hash, bool plain);
bool ft_handshake_over(u32 hash);
int ft_handshake_init(void);
void ft_handshake_exit(void);

#endif /* _FASTTRACK_HANDSHAKE_H */
