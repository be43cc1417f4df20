// SPDX-License-Identifier: GPL-2.0
/* Owns conntrack tables of any size for tests: entries made over ctnetlink,
 * and UDP packets of as many flows as raw frames. Must not know fasttrack.
 *
 *	ctfill add COUNT		TCP entries, ESTABLISHED and assured, every
 *					fourth of IPv6
 *	ctfill send DEVICE MAC orig|reply COUNT
 *					a packet of each of the flows, from
 *					10.16.0.0/12 to 10.2.0.99
 *
 * Entry i is 10.32.0.0 + i (fd32:: + i), port 1024 + i % 60000, to 10.2.0.98
 * (fd02::98) port 443, with mark i % 16.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <libmnl/libmnl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/ip.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/udp.h>

#define BATCH		128
#define BUFFER		65536
#define PAYLOAD		18

/**
 * struct frame - One packet of a flow.
 * @eth: Ethernet.
 * @ip: IPv4.
 * @udp: UDP, without a checksum.
 * @payload: Zero.
 */
struct frame {
	struct ethhdr eth;
	struct iphdr ip;
	struct udphdr udp;
	char payload[PAYLOAD];
} __attribute((packed));

static int die(const char *what)
{
	fprintf(stderr, "ctfill: %s: %s\n", what, strerror(errno));
	return 1;
}

static unsigned int port_of(unsigned int i)
{
	return 1024 + i % 60000;
}

static void put_tuple(struct nlmsghdr *nlh, int type, unsigned int i,
		      int reply, int six)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, type);
	struct nlattr *inner = mnl_attr_nest_start(nlh, CTA_TUPLE_IP);
	struct in6_addr there6, here6;
	unsigned int here, there;

	if (six) {
		inet_pton(AF_INET6, "fd32::", &here6);
		inet_pton(AF_INET6, "fd02::98", &there6);
		here6.s6_addr32[3] = htonl(i);
		mnl_attr_put(nlh, reply ? CTA_IP_V6_DST : CTA_IP_V6_SRC,
			     sizeof(here6), &here6);
		mnl_attr_put(nlh, reply ? CTA_IP_V6_SRC : CTA_IP_V6_DST,
			     sizeof(there6), &there6);
	} else {
		here = htonl(0x0a200000 + i);
		there = htonl(0x0a020062);
		mnl_attr_put_u32(nlh, reply ? CTA_IP_V4_DST : CTA_IP_V4_SRC,
				 here);
		mnl_attr_put_u32(nlh, reply ? CTA_IP_V4_SRC : CTA_IP_V4_DST,
				 there);
	}
	mnl_attr_nest_end(nlh, inner);
	inner = mnl_attr_nest_start(nlh, CTA_TUPLE_PROTO);
	mnl_attr_put_u8(nlh, CTA_PROTO_NUM, IPPROTO_TCP);
	mnl_attr_put_u16(nlh, reply ? CTA_PROTO_DST_PORT : CTA_PROTO_SRC_PORT,
			 htons(port_of(i)));
	mnl_attr_put_u16(nlh, reply ? CTA_PROTO_SRC_PORT : CTA_PROTO_DST_PORT,
			 htons(443));
	mnl_attr_nest_end(nlh, inner);
	mnl_attr_nest_end(nlh, nest);
}

static size_t put_entry(char *buffer, unsigned int i)
{
	unsigned int status = IPS_CONFIRMED | IPS_ASSURED | IPS_SEEN_REPLY;
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
	struct nlattr *nest, *inner;
	struct nfgenmsg *nfg;
	int six = i % 4 == 3;

	nlh->nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_NEW;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL;
	nlh->nlmsg_seq = i + 1;
	nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));
	nfg->nfgen_family = six ? AF_INET6 : AF_INET;
	nfg->version = NFNETLINK_V0;
	put_tuple(nlh, CTA_TUPLE_ORIG, i, 0, six);
	put_tuple(nlh, CTA_TUPLE_REPLY, i, 1, six);
	mnl_attr_put_u32(nlh, CTA_STATUS, htonl(status));
	mnl_attr_put_u32(nlh, CTA_TIMEOUT, htonl(100000 + i % 100000));
	mnl_attr_put_u32(nlh, CTA_MARK, htonl(i % 16));
	nest = mnl_attr_nest_start(nlh, CTA_PROTOINFO);
	inner = mnl_attr_nest_start(nlh, CTA_PROTOINFO_TCP);
	mnl_attr_put_u8(nlh, CTA_PROTOINFO_TCP_STATE,
			TCP_CONNTRACK_ESTABLISHED);
	mnl_attr_nest_end(nlh, inner);
	mnl_attr_nest_end(nlh, nest);
	return MNL_ALIGN(nlh->nlmsg_len);
}

/* Errors are told without being asked for; the last entry of a batch asks for
 * an answer, so that none is missed.
 */
static int send_batch(struct mnl_socket *nl, char *buffer, size_t used,
		      struct nlmsghdr *last)
{
	char answer[MNL_SOCKET_BUFFER_SIZE];
	struct nlmsghdr *nlh;
	ssize_t len;
	int left;

	last->nlmsg_flags |= NLM_F_ACK;
	if (mnl_socket_sendto(nl, buffer, used) < 0)
		return die("send");
	for (;;) {
		len = mnl_socket_recvfrom(nl, answer, sizeof(answer));
		if (len < 0)
			return die("receive");
		left = len;
		for (nlh = (void *)answer; mnl_nlmsg_ok(nlh, left);
		     nlh = mnl_nlmsg_next(nlh, &left)) {
			const struct nlmsgerr *err =
				mnl_nlmsg_get_payload(nlh);

			errno = -err->error;
			if (errno)
				return die("entry");
			if (nlh->nlmsg_seq == last->nlmsg_seq)
				return 0;
		}
	}
}

static int add_entries(unsigned int count)
{
	struct mnl_socket *nl = mnl_socket_open(NETLINK_NETFILTER);
	static char buffer[BUFFER];
	struct nlmsghdr *last = NULL;
	unsigned int i, in_batch = 0;
	size_t used = 0;

	if (!nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0)
		return die("socket");
	for (i = 0; i < count; i++) {
		last = (void *)(buffer + used);
		used += put_entry(buffer + used, i);
		if (++in_batch < BATCH && i + 1 < count)
			continue;
		if (send_batch(nl, buffer, used, last))
			return 1;
		used = 0;
		in_batch = 0;
	}
	mnl_socket_close(nl);
	return 0;
}

static unsigned short ip_checksum(const void *ip)
{
	unsigned short word[sizeof(struct iphdr) / 2];
	unsigned int i, sum = 0;

	memcpy(word, ip, sizeof(word));
	for (i = 0; i < sizeof(word) / 2; i++)
		sum += word[i];
	sum = (sum & 0xffff) + (sum >> 16);
	return ~(sum + (sum >> 16));
}

static void fill_frame(struct frame *frame, unsigned int i, int reply)
{
	unsigned int here = htonl(0x0a100000 + i), there = htonl(0x0a020063);

	frame->eth.h_proto = htons(ETH_P_IP);
	memset(&frame->ip, 0, sizeof(frame->ip));
	frame->ip.version = 4;
	frame->ip.ihl = 5;
	frame->ip.ttl = 64;
	frame->ip.protocol = IPPROTO_UDP;
	frame->ip.tot_len = htons(sizeof(*frame) - sizeof(frame->eth));
	frame->ip.saddr = reply ? there : here;
	frame->ip.daddr = reply ? here : there;
	frame->ip.check = ip_checksum((char *)frame + sizeof(frame->eth));
	frame->udp.source = htons(reply ? 9 : port_of(i));
	frame->udp.dest = htons(reply ? port_of(i) : 9);
	frame->udp.len = htons(sizeof(frame->udp) + PAYLOAD);
	frame->udp.check = 0;
}

static int open_device(const char *device)
{
	struct sockaddr_ll addr = {
		.sll_family = AF_PACKET,
		.sll_protocol = 0,
		.sll_ifindex = if_nametoindex(device),
	};
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	if (fd < 0 || !addr.sll_ifindex ||
	    bind(fd, (void *)&addr, sizeof(addr)))
		return -1;
	return fd;
}

static int send_frames(const char *device, const char *mac, int reply,
		       unsigned int count)
{
	unsigned char *to;
	struct frame frame;
	unsigned int i;
	int fd = open_device(device);

	if (fd < 0)
		return die(device);
	memset(&frame, 0, sizeof(frame));
	to = frame.eth.h_dest;
	if (sscanf(mac, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", to, to + 1, to + 2,
		   to + 3, to + 4, to + 5) != 6)
		return die(mac);
	for (i = 0; i < count; i++) {
		fill_frame(&frame, i, reply);
		while (send(fd, &frame, sizeof(frame), 0) < 0)
			if (errno != ENOBUFS && errno != EAGAIN)
				return die("send");
	}
	close(fd);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "add"))
		return add_entries(strtoul(argv[2], NULL, 10));
	if (argc == 6 && !strcmp(argv[1], "send"))
		return send_frames(argv[2], argv[3],
				   !strcmp(argv[4], "reply"),
				   strtoul(argv[5], NULL, 10));
	fputs("usage: ctfill add COUNT | send DEVICE MAC orig|reply COUNT\n",
	      stderr);
	return 2;
}
