/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the format of what is written to and read from /dev/ftwire: frames with
 * what a driver would say of them. Shared by the module and the twin program;
 * knows neither.
 */
#ifndef _FTWIRE_H
#define _FTWIRE_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define FTWIRE_PORTS	8
#define FTWIRE_ALIGN	8
#define FTWIRE_MAX	65536	/* bytes of one frame */
#define FTWIRE_LOG	(16 << 20)	/* room that a read needs */

/* How a frame reaches the stack */
enum ftwire_delivery {
	FTWIRE_SINGLE,	/* netif_receive_skb() for each */
	FTWIRE_LIST,	/* netif_receive_skb_list() for a whole group */
	FTWIRE_GRO,	/* napi_gro_receive() for a group, in one NAPI poll */
	FTWIRE_DELIVERIES,
};

/* What the buffer is like */
enum ftwire_shape {
	FTWIRE_LINEAR,
	FTWIRE_PAGED,	/* bytes behind @head are in page fragments */
	FTWIRE_CLONED,	/* a tap holds a clone; it must not change */
	FTWIRE_SHARED,	/* somebody holds a reference; must not change */
	FTWIRE_TIGHT,	/* no headroom */
	FTWIRE_SHAPES,
};

enum ftwire_csum {
	FTWIRE_CSUM_NONE,
	FTWIRE_CSUM_GOOD,	/* CHECKSUM_UNNECESSARY */
	FTWIRE_CSUM_SUMMED,	/* CHECKSUM_COMPLETE */
	FTWIRE_CSUM_PARTIAL,
	FTWIRE_CSUMS,
};

enum ftwire_gso {
	FTWIRE_GSO_NONE,
	FTWIRE_GSO_TCP4,
	FTWIRE_GSO_TCP6,
	FTWIRE_GSO_UDP,
	FTWIRE_GSOS,
};

#define FTWIRE_F_TSTAMP		0x01	/* has a time stamp */
#define FTWIRE_F_ECN		0x02	/* GSO: only the first has CWR */
#define FTWIRE_F_HURT		0x04	/* read: a held buffer was changed */

/**
 * struct ftwire_frame - precedes each frame, which is padded to FTWIRE_ALIGN
 * @len: bytes of the frame, from the link header on
 * @mark: skb mark, both ways
 * @priority: skb priority, both ways
 * @group: write: neighbours with the same port, delivery and group go together
 * @head: write, FTWIRE_PAGED: bytes that are linear
 * @csum_start: write, FTWIRE_CSUM_PARTIAL: offset from the frame's start
 * @csum_offset: write, FTWIRE_CSUM_PARTIAL: offset from @csum_start
 * @gso_size: write: payload of a segment
 * @port: index of the device
 * @delivery: write: enum ftwire_delivery
 * @shape: write: enum ftwire_shape
 * @csum: write: enum ftwire_csum
 * @gso: write: enum ftwire_gso
 * @flags: FTWIRE_F_*
 * @pad: zero
 */
struct ftwire_frame {
	__u32	len;
	__u32	mark;
	__u32	priority;
	__u16	group;
	__u16	head;
	__u16	csum_start;
	__u16	csum_offset;
	__u16	gso_size;
	__u8	port;
	__u8	delivery;
	__u8	shape;
	__u8	csum;
	__u8	gso;
	__u8	flags;
	__u8	pad[4];
};

/**
 * struct ftwire_bind - make a device of the caller's namespace a port
 * @ifindex: device of type ftwire
 * @port: index
 */
struct ftwire_bind {
	__u32	ifindex;
	__u32	port;
};

#define FTWIRE_BIND	_IOW('W', 1, struct ftwire_bind)

#endif /* _FTWIRE_H */
