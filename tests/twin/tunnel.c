// SPDX-License-Identifier: GPL-2.0
/*
 * Owns WAN devices that ip cannot make, see tunnel.h. They get the number that
 * a WAN device always has, because ip remembers it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>
#include <linux/genetlink.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_pppox.h>
#include <linux/if_tun.h>
#include <linux/ppp-ioctl.h>
#include <linux/rtnetlink.h>
#include <linux/virtio_net.h>
#include <linux/wireguard.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "nl.h"
#include "packet.h"
#include "scenario.h"
#include "tunnel.h"

#define WAN_NUMBER	11

/* ---- WireGuard ------------------------------------------------------------ */

/* Keys of both ends, for this test alone */
static const struct {
	u8 secret[WG_KEY_LEN];
	u8 open[WG_KEY_LEN];
} keys[] = {
	{
		.secret = {
			0x18, 0x31, 0x00, 0xc8, 0xa8, 0x36, 0xe5, 0xf4,
			0x64, 0x96, 0x11, 0x1c, 0xc0, 0x22, 0xa3, 0x85,
			0xcb, 0x37, 0x4b, 0x5f, 0xf7, 0x59, 0x1e, 0x11,
			0x63, 0xf7, 0x0f, 0x87, 0xcf, 0x27, 0x76, 0x4b
		},
		.open = {
			0xe1, 0xe6, 0x61, 0x0d, 0x72, 0xd5, 0xbc, 0xb0,
			0x86, 0xe8, 0x8c, 0xd4, 0x9d, 0xd2, 0x7d, 0xbc,
			0xa3, 0x5b, 0x76, 0x5b, 0x0d, 0x12, 0x0f, 0xeb,
			0xed, 0x99, 0xe0, 0xd4, 0x15, 0x59, 0x40, 0x6f
		},
	},
	{
		.secret = {
			0xb0, 0x3a, 0x72, 0x7b, 0x80, 0x78, 0x89, 0x77,
			0x37, 0x71, 0xde, 0xd4, 0x91, 0xea, 0xda, 0x53,
			0xc1, 0x87, 0x73, 0xe0, 0xb0, 0x9f, 0xf3, 0x35,
			0x66, 0x34, 0x94, 0x3b, 0x47, 0x33, 0xd1, 0x5c
		},
		.open = {
			0x7a, 0xac, 0x96, 0xe1, 0xa6, 0x63, 0x4c, 0xc9,
			0x14, 0x1e, 0x8b, 0xe4, 0x3b, 0xf2, 0xf2, 0xa8,
			0x6e, 0x3e, 0x2d, 0x98, 0x33, 0x63, 0x75, 0xe9,
			0x3f, 0x85, 0xa5, 0xcb, 0xe1, 0x1f, 0x46, 0x51
		},
	},
};

static void put_allowed(struct nlmsghdr *nlh, u16 family, u8 size)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, 0);
	static const u8 any[16];

	mnl_attr_put_u16(nlh, WGALLOWEDIP_A_FAMILY, family);
	mnl_attr_put(nlh, WGALLOWEDIP_A_IPADDR, size, any);
	mnl_attr_put_u8(nlh, WGALLOWEDIP_A_CIDR_MASK, 0);
	mnl_attr_nest_end(nlh, nest);
}

static void put_peer(struct nlmsghdr *nlh, int end)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct nlattr *peers, *peer, *allowed;

	to.sin_port = htons(51820);
	to.sin_addr.s_addr = htonl(0x0a040002 - end);
	peers = mnl_attr_nest_start(nlh, WGDEVICE_A_PEERS);
	peer = mnl_attr_nest_start(nlh, 0);
	mnl_attr_put(nlh, WGPEER_A_PUBLIC_KEY, WG_KEY_LEN, keys[!end].open);
	mnl_attr_put(nlh, WGPEER_A_ENDPOINT, sizeof(to), &to);
	allowed = mnl_attr_nest_start(nlh, WGPEER_A_ALLOWEDIPS);
	put_allowed(nlh, AF_INET, 4);
	put_allowed(nlh, AF_INET6, 16);
	mnl_attr_nest_end(nlh, allowed);
	mnl_attr_nest_end(nlh, peer);
	mnl_attr_nest_end(nlh, peers);
}

static void wireguard_end(int ns, int end)
{
	struct nlmsghdr *nlh;
	struct nl *nl;
	int id, err;

	netns_enter(ns);
	nl = nl_open(NETLINK_GENERIC);
	netns_enter(-1);
	if (!nl)
		die("no netlink");
	id = nl_genl_family(nl, WG_GENL_NAME);
	if (id < 0)
		die("no WireGuard: %s", strerror(-id));
	nlh = nl_genl_request(nl, id, WG_CMD_SET_DEVICE, WG_GENL_VERSION);
	mnl_attr_put_strz(nlh, WGDEVICE_A_IFNAME, "wan");
	mnl_attr_put(nlh, WGDEVICE_A_PRIVATE_KEY, WG_KEY_LEN,
		     keys[end].secret);
	mnl_attr_put_u16(nlh, WGDEVICE_A_LISTEN_PORT, 51820);
	put_peer(nlh, end);
	err = nl_do(nl, nlh, NULL, NULL);
	if (err)
		die("WireGuard: %s", strerror(-err));
	nl_close(nl);
}

/* ---- PPPoE ---------------------------------------------------------------- */

static int pppoe_session(void)
{
	struct sockaddr_pppox to = {
		.sa_family = AF_PPPOX, .sa_protocol = PX_PROTO_OE,
	};
	static const u8 mac[] = { 2, 0, 0, 0, 2, 1 };
	int fd = socket(AF_PPPOX, SOCK_STREAM | SOCK_CLOEXEC, PX_PROTO_OE);

	to.sa_addr.pppoe.sid = htons(PPPOE_SESSION);
	memcpy(to.sa_addr.pppoe.remote, mac, sizeof(mac));
	strcpy(to.sa_addr.pppoe.dev, "raw1");
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)))
		die("PPPoE: %s", strerror(errno));
	return fd;
}

/* A unit with the name and the number that we want */
static void ppp_link(int unit)
{
	u8 buf[MNL_NLMSG_HDRLEN + 512] = {};
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct mnl_socket *sock = mnl_socket_open(NETLINK_ROUTE);
	struct nlattr *info, *data;
	struct ifinfomsg *ifm;
	ssize_t n;

	nlh->nlmsg_type = RTM_NEWLINK;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE |
			   NLM_F_EXCL;
	ifm = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifm));
	ifm->ifi_index = WAN_NUMBER;
	mnl_attr_put_strz(nlh, IFLA_IFNAME, "wan");
	info = mnl_attr_nest_start(nlh, IFLA_LINKINFO);
	mnl_attr_put_strz(nlh, IFLA_INFO_KIND, "ppp");
	data = mnl_attr_nest_start(nlh, IFLA_INFO_DATA);
	mnl_attr_put_u32(nlh, IFLA_PPP_DEV_FD, unit);
	mnl_attr_nest_end(nlh, data);
	mnl_attr_nest_end(nlh, info);
	if (!sock || mnl_socket_bind(sock, 0, MNL_SOCKET_AUTOPID) ||
	    mnl_socket_sendto(sock, nlh, nlh->nlmsg_len) < 0)
		die("no netlink");
	n = mnl_socket_recvfrom(sock, buf, sizeof(buf));
	if (n < 0 || mnl_cb_run(buf, n, 0, 0, NULL, NULL) < 0)
		die("ppp: %s", strerror(errno));
	mnl_socket_close(sock);
}

static void pppoe_make(struct router *r)
{
	static const int protos[] = { 0x21, 0x57 };
	struct npioctl np = { .mode = NPMODE_PASS };
	int channel, number = -1;
	u32 i;

	netns_enter(r->ns);
	r->tunnel[0] = pppoe_session();
	r->tunnel[1] = open("/dev/ppp", O_RDWR | O_CLOEXEC);
	r->tunnel[2] = open("/dev/ppp", O_RDWR | O_CLOEXEC);
	if (r->tunnel[1] < 0 || r->tunnel[2] < 0)
		die("/dev/ppp: %s", strerror(errno));
	ppp_link(r->tunnel[2]);
	if (ioctl(r->tunnel[0], PPPIOCGCHAN, &channel) ||
	    ioctl(r->tunnel[1], PPPIOCATTCHAN, &channel) ||
	    ioctl(r->tunnel[2], PPPIOCGUNIT, &number) ||
	    ioctl(r->tunnel[1], PPPIOCCONNECT, &number))
		die("ppp: %s", strerror(errno));
	for (i = 0; i < ARRAY_SIZE(protos); i++) {
		np.protocol = protos[i];
		if (ioctl(r->tunnel[2], PPPIOCSNPMODE, &np))
			die("ppp: %s", strerror(errno));
	}
	netns_enter(-1);
}

/* ---- tun ------------------------------------------------------------------ */

static void tun_make(struct router *r)
{
	struct ifreq ifr = { .ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR };
	unsigned int number = WAN_NUMBER;
	int fd;

	netns_enter(r->ns);
	fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	strcpy(ifr.ifr_name, "wan");
	if (fd < 0 || ioctl(fd, TUNSETIFINDEX, &number) ||
	    ioctl(fd, TUNSETIFF, &ifr))
		die("tun: %s", strerror(errno));
	netns_enter(-1);
	r->tunnel[0] = fd;
}

/**
 * tunnel_send - let a frame come in by the tun device
 * @r: router
 * @frame: frame without a link header
 */
void tunnel_send(struct router *r, const struct frame *frame)
{
	static const u8 types[] = {
		[FTWIRE_GSO_TCP4] = VIRTIO_NET_HDR_GSO_TCPV4,
		[FTWIRE_GSO_TCP6] = VIRTIO_NET_HDR_GSO_TCPV6,
		[FTWIRE_GSO_UDP] = VIRTIO_NET_HDR_GSO_NONE,
	};
	static u8 buf[sizeof(struct virtio_net_hdr) + FTWIRE_MAX];
	const struct ftwire_frame *rec = &frame->rec;
	struct virtio_net_hdr vnet = {};
	size_t size = sizeof(vnet) + rec->len;

	if (rec->csum == FTWIRE_CSUM_PARTIAL) {
		vnet.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		vnet.csum_start = rec->csum_start;
		vnet.csum_offset = rec->csum_offset;
	}
	if (rec->csum == FTWIRE_CSUM_GOOD)
		vnet.flags = VIRTIO_NET_HDR_F_DATA_VALID;
	vnet.gso_type = types[rec->gso];
	vnet.gso_size = vnet.gso_type ? rec->gso_size : 0;
	/* Headers with all options there may be */
	vnet.hdr_len = vnet.gso_type ? min(rec->len, 100) : 0;
	memcpy(buf, &vnet, sizeof(vnet));
	memcpy(buf + sizeof(vnet), frame->bytes, rec->len);
	/* Down, or nothing that tun takes for a packet: both twins alike */
	if (write(r->tunnel[0], buf, size) < 0 && errno != EIO &&
	    errno != EINVAL)
		die("tun: %s", strerror(errno));
}

/**
 * tunnel_capture - add what has left by the tun device
 * @r: router
 * @s: capture; each packet gets a link header that says no more than its type
 */
void tunnel_capture(struct router *r, struct stream *s)
{
	static u8 buf[sizeof(struct virtio_net_hdr) + FTWIRE_MAX];
	u8 *ip = buf + sizeof(struct virtio_net_hdr);
	struct ftwire_frame rec = { .port = PORT_WAN };
	u8 head[14] = {};
	ssize_t n;

	if (!(r->topology->flags & TOPO_TUN))
		return;
	while ((n = read(r->tunnel[0], buf, sizeof(buf))) > 0) {
		n -= sizeof(struct virtio_net_hdr);
		put16(head + 12, ip[0] >> 4 == 4 ? ETH_P_IP : ETH_P_IPV6);
		rec.len = sizeof(head) + n;
		stream_add(s, &rec, head, sizeof(head), ip);
	}
	if (errno != EAGAIN && errno != EIO)
		die("tun: %s", strerror(errno));
}

/* ---- all ------------------------------------------------------------------ */

/**
 * tunnel_make - make or configure the WAN device
 * @r: router
 * @t: topology, whose other links are there
 */
void tunnel_make(struct router *r, const struct topology *t)
{
	if (t->flags & TOPO_WIREGUARD) {
		wireguard_end(r->ns, 0);
		wireguard_end(r->far_ns, 1);
	}
	if (t->flags & TOPO_PPPOE)
		pppoe_make(r);
	if (t->flags & TOPO_TUN)
		tun_make(r);
}

/**
 * tunnel_end - let go what tunnel_make() held
 * @r: router
 */
void tunnel_end(struct router *r)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(r->tunnel); i++) {
		if (r->tunnel[i] >= 0)
			close(r->tunnel[i]);
		r->tunnel[i] = -1;
	}
}
