// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the table of topologies and the headers around packets, see topology.h.
 * MAC addresses: 02:00:00:00:01:0p is the router's on port p, :02:0p that of
 * its neighbour.
 */
#include <string.h>
#include <linux/if_ether.h>

#include "packet.h"
#include "topology.h"

#define ROUTER_MAC(port) "address 02:00:00:00:01:0" #port
/* A name has the same number in all topologies, because ip remembers it */
#define PORT_LINK(name, number, port) \
	"link add " name " index " #number " " ROUTER_MAC(port) \
	" type ftwire\n"
#define LAN_HAS	"lan index 10"
#define WAN_HAS	"wan index 11"
#define LAN	PORT_LINK("lan", 10, 0)
#define WAN	PORT_LINK("wan", 11, 1)
#define WAN2	PORT_LINK("wan2", 12, 2)
#define RAW0	PORT_LINK("raw0", 20, 0)
#define RAW1	PORT_LINK("raw1", 21, 1)
#define RAW2	PORT_LINK("raw2", 22, 2)
#define VLAN(name, number, raw, id) \
	"link add link " raw " name " name " index " #number \
	" type vlan id " #id \
	" egress 0:0 1:1 2:2 3:3 4:4 5:5 6:6 7:7\n"
#define VLANS \
	RAW0 "link set raw0 up\n" RAW1 "link set raw1 up\n" RAW2 "link set raw2 up\n" \
	VLAN("lan", 10, "raw0", 100) \
	VLAN("wan", 11, "raw1", 101) VLAN("wan2", 12, "raw2", 102)

/* A pair between both ends, under a tunnel */
#define UNDER \
	"link add under index 50 address 02:00:00:00:01:06 type veth peer " \
	"name under index 50 address 02:00:00:00:02:06 netns @far\n" \
	"link set under up\naddress add 10.4.0.1/24 dev under\n" \
	"neigh replace 10.4.0.2 lladdr 02:00:00:00:02:06 dev under " \
	"nud permanent\n"
#define FAR_UNDER \
	"link set under up\naddress add 10.4.0.2/24 dev under\n" \
	"neigh replace 10.4.0.1 lladdr 02:00:00:00:01:06 dev under " \
	"nud permanent\n"

const struct topology topologies[] = {
	{ .name = "ether", .links = LAN WAN WAN2, .mtu = 1500 },
	{
		.name = "vlan", .links = VLANS, .mtu = 1500,
		.wrap = { WRAP_VLAN, WRAP_VLAN, WRAP_VLAN },
	},
	{
		.name = "bridge", .mtu = 1500,
		.links = RAW0 "link set raw0 up\n"
			 "link add " LAN_HAS " " ROUTER_MAC(0) " type bridge\n"
			 "link set raw0 master lan\n" WAN WAN2,
	},
	{
		.name = "vrf", .vrf = "blue", .mtu = 1500,
		.links = "link add blue index 30 type vrf table 10\n"
			 "link set blue up\n" LAN WAN WAN2
			 "link set lan master blue\n"
			 "link set wan master blue\n"
			 "link set wan2 master blue\n",
	},
	{
		.name = "veth", .flags = TOPO_FAR, .mtu = 1400,
		.links = LAN WAN2 "link add " WAN_HAS " " ROUTER_MAC(1)
			 " type veth peer name " WAN_HAS
			 " address 02:00:00:00:02:01 netns @far\n",
	},
	{
		.name = "ecmp", .links = LAN WAN WAN2, .flags = TOPO_ECMP,
		.mtu = 1500,
	},
	{
		.name = "pppoe", .flags = TOPO_PPPOE | TOPO_NOARP,
		.mtu = 1492, .links = LAN RAW1 "link set raw1 up\n" WAN2,
		.wrap = { WRAP_ETHER, WRAP_PPPOE, WRAP_ETHER },
	},
	{
		.name = "tun", .flags = TOPO_TUN | TOPO_NOARP, .mtu = 1500,
		.links = LAN WAN2, .wrap = { WRAP_ETHER, WRAP_NONE, WRAP_ETHER },
	},
	{
		.name = "wireguard", .mtu = 1420,
		.flags = TOPO_FAR | TOPO_WIREGUARD | TOPO_NOARP,
		.links = LAN WAN2 UNDER
			 "link add " WAN_HAS " type wireguard\n",
		.far = FAR_UNDER "link add " WAN_HAS " type wireguard\n",
	},
	{
		.name = "gre", .mtu = 1400, .flags = TOPO_FAR | TOPO_NOARP,
		.links = LAN WAN2 UNDER "link add " WAN_HAS " type gre "
			 "local 10.4.0.1 remote 10.4.0.2 ttl 64\n",
		.far = FAR_UNDER "link add " WAN_HAS " type gre "
		       "local 10.4.0.2 remote 10.4.0.1 ttl 64\n",
	},
	{
		.name = "via IPv6", .links = LAN WAN WAN2, .flags = TOPO_VIA6,
		.mtu = 1500,
	},
	{
		.name = "hairpin", .links = LAN WAN WAN2, .mtu = 1500,
		.flags = TOPO_HAIRPIN,
	},
};

const u32 topologies_count = ARRAY_SIZE(topologies);

/**
 * topology_wrap - write what is in front of a packet
 * @t: topology
 * @port: where it comes in
 * @family: 4 or 6
 * @out: WRAP_MAX bytes
 *
 * PPPoE has a length, which is that of a packet without trailer: the caller
 * sets it, at the last six bytes but two.
 *
 * Return: bytes written.
 */
u32 topology_wrap(const struct topology *t, enum side port, u8 family, u8 *out)
{
	u16 type = family == 4 ? ETH_P_IP : ETH_P_IPV6;
	static const u8 mac[] = { 2, 0, 0, 0, 1, 0, 2, 0, 0, 0, 2, 0 };

	memcpy(out, mac, sizeof(mac));
	out[5] = port;
	out[11] = port;
	switch (t->wrap[port]) {
	case WRAP_ETHER:
		break;
	case WRAP_VLAN:
		put16(out + 12, ETH_P_8021Q);
		put16(out + 14, VLAN_OF(port));
		put16(out + 16, type);
		return 18;
	case WRAP_PPPOE:
		put16(out + 12, ETH_P_PPP_SES);
		put16(out + 14, 0x1100);
		put16(out + 16, PPPOE_SESSION);
		put16(out + 18, 0);
		put16(out + 20, family == 4 ? 0x21 : 0x57);
		return 22;
	case WRAP_NONE:
		return 0;
	}
	put16(out + 12, type);
	return 14;
}

/**
 * topology_unwrap - find the packet in a frame
 * @frame: frame as it was captured
 * @len: its length
 * @left: set to the bytes from the packet on
 *
 * Return: the IP header, or NULL if there is none.
 */
const u8 *topology_unwrap(const u8 *frame, u32 len, u32 *left)
{
	u32 at = 14;
	u16 type;

	if (len < at)
		return NULL;
	type = get16(frame + 12);
	if (type == ETH_P_8021Q && len >= 18) {
		type = get16(frame + 16);
		at = 18;
	} else if (type == ETH_P_PPP_SES && len >= 22) {
		type = get16(frame + 20) == 0x21 ? ETH_P_IP :
		       get16(frame + 20) == 0x57 ? ETH_P_IPV6 : 0;
		at = 22;
	}
	*left = len - at;
	if (type == ETH_P_IP && *left >= 20 && frame[at] >> 4 == 4)
		return frame + at;
	if (type == ETH_P_IPV6 && *left >= 40 && frame[at] >> 4 == 6)
		return frame + at;
	return NULL;
}
