/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the ways in which a router can be connected: which devices there are,
 * what is around a packet on their wires, and where addresses are. Must not
 * know flows or rules.
 *
 *	clients 10.1.0.11.. ---- lan router wan ---- 10.2.0.2 ---- servers
 *	fd01::11..                         wan2 --- 10.3.0.2 --/  10.20.0.11..
 *	                                                          fd20::11..
 *
 * Each port is a device whose wire is a file; with a far end it is behind a
 * second router, with which the twin is connected by a tunnel or a pair.
 */
#ifndef TWIN_TOPOLOGY_H
#define TWIN_TOPOLOGY_H

#include "twin.h"

enum side {
	PORT_LAN,
	PORT_WAN,
	PORT_WAN2,
	PORTS,
};

/* What the frames of a port are wrapped in */
enum wrap {
	WRAP_ETHER,
	WRAP_VLAN,
	WRAP_PPPOE,
	WRAP_NONE,
};

#define TOPO_FAR	BIT(0)	/* the WAN port is behind another router */
#define TOPO_ECMP	BIT(1)	/* both WAN ports at once */
#define TOPO_HAIRPIN	BIT(2)	/* the servers are on the LAN */
#define TOPO_NOARP	BIT(3)	/* wan has no link addresses */
#define TOPO_WIREGUARD	BIT(4)
#define TOPO_PPPOE	BIT(5)
#define TOPO_TUN	BIT(6)
#define TOPO_VIA6	BIT(7)	/* IPv4 by way of an IPv6 gateway */

/**
 * struct topology - one way to be connected
 * @name: in reports
 * @links: commands of ip that make lan, wan and wan2
 * @far: the same in the far router, to make wan
 * @wrap: by port
 * @flags: TOPO_*
 * @vrf: name of the VRF that they belong to, or NULL
 * @mtu: of wan
 */
struct topology {
	const char *name;
	const char *links;
	const char *far;
	enum wrap wrap[PORTS];
	u32 flags;
	const char *vrf;
	u32 mtu;
};

extern const struct topology topologies[];
extern const u32 topologies_count;

#define WRAP_MAX	32
#define PPPOE_SESSION	0x0777
#define VLAN_OF(port)	(100 + (port))

u32 topology_wrap(const struct topology *t, enum side port, u8 family, u8 *out);
const u8 *topology_unwrap(const u8 *frame, u32 len, u32 *left);

#endif /* TWIN_TOPOLOGY_H */
