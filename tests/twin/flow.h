/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns connections as the generator knows them: addresses on both sides of
 * the NAT, and where both ends are in their sequence numbers. Must not know
 * which packets are sent, nor in what frames.
 */
#ifndef TWIN_FLOW_H
#define TWIN_FLOW_H

#include "packet.h"
#include "rng.h"
#include "rules.h"
#include "topology.h"

/* Direction of a packet */
enum way {
	ORIG,		/* client to server */
	REPLY,
	DIRS,
};

/* An address and a port; four of them name a connection */
enum end {
	END_CLIENT,
	END_VIRTUAL,	/* what the client connects to */
	END_SERVER,
	END_SEEN,	/* what the server sees of the client */
	ENDS,
};

/**
 * struct flow - one connection
 * @index: its number
 * @family: 4 or 6
 * @proto: IPPROTO_TCP or IPPROTO_UDP
 * @nat: how it is translated
 * @rule: what rules do to it
 * @addr: by end
 * @sport: by end, the port that goes with the address
 * @port: by direction, where its packets come in
 * @mute: the server says nothing until the client has been heard again
 * @open: handshake was done and nothing ended it
 * @next: TCP, by sender: next sequence number
 * @acked: TCP, by sender: last acknowledgment it sent
 * @scale: TCP window scale of both
 * @window: TCP window of both, as on the wire
 * @stamps: TCP time stamps
 * @clock: TCP time stamp of both
 * @tos: of plain packets
 * @ttl: of plain packets
 * @id: IPv4 identification of the next packet
 * @sum0: UDP without checksum
 */
struct flow {
	u16 index;
	u8 family;
	u8 proto;
	enum nat nat;
	enum rule rule;
	u8 addr[ENDS][16];
	u16 sport[ENDS];
	enum side port[DIRS];
	bool mute;
	bool open;
	u32 next[DIRS];
	u32 acked[DIRS];
	u8 scale;
	u16 window;
	bool stamps;
	u32 clock;
	u8 tos;
	u8 ttl;
	u16 id;
	bool sum0;
};

void flow_make(struct flow *f, u16 index, const struct topology *t,
	       struct rng *rng);
void flow_packet(struct flow *f, enum way dir, struct packet *p);
void flow_syn(struct flow *f, enum way dir, struct packet *p);
void flow_restart(struct flow *f, struct rng *rng);
char *flow_tuple(const struct flow *f, char *text, size_t size);

#endif /* TWIN_FLOW_H */
