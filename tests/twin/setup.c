// SPDX-License-Identifier: GPL-2.0
/*
 * Owns how a router gets its devices, addresses, neighbours and routes, and
 * loses them again, see router.h. Every neighbour is permanent.
 */
#include <errno.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>

#include "router.h"
#include "tunnel.h"
#include "wire/ftwire.h"

#define MAC		"lladdr 02:00:00:00:02:0"
#define CLIENTS		8

/* Lines for ip in the making */
struct lines {
	FILE *out;
	char *text;
	size_t size;
};

static void lines_begin(struct lines *l)
{
	l->out = open_memstream(&l->text, &l->size);
	if (!l->out)
		die("out of memory");
}

/* Run them; in a router that is not as wanted nothing can be compared */
static void lines_run(struct lines *l, struct router *r, struct console *c)
{
	char errors[2048];

	fclose(l->out);
	console_send(c, l->text);
	if (!console_wait(c, errors, sizeof(errors)))
		die("router %s: %s\n%s", r->name, l->text, errors);
	free(l->text);
}

/* Links, with @far standing for the process in the far namespace */
static void put_links(struct lines *l, const char *links, int far_pid)
{
	for (; links && *links; links++) {
		if (!strncmp(links, "@far", 4)) {
			fprintf(l->out, "%d", far_pid);
			links += 3;
		} else {
			fputc(*links, l->out);
		}
	}
}

static void put_addresses(struct lines *l, const struct topology *t)
{
	static const char * const names[] = { "lan", "wan", "wan2" };
	int i;

	fprintf(l->out, "link set lo up\n");
	if (t->mtu != 1500)
		fprintf(l->out, "link set wan mtu %u\n", t->mtu);
	for (i = 0; i < 3; i++) {
		fprintf(l->out, "link set %s up\n", names[i]);
		fprintf(l->out, "address add 10.%d.0.1/24 dev %s\n", i + 1,
			names[i]);
		fprintf(l->out, "address add fd0%d::1/64 dev %s nodad\n",
			i + 1, names[i]);
	}
}

static void put_neighbours(struct lines *l, const struct topology *t)
{
	int i;

	for (i = 11; i < 11 + CLIENTS; i++) {
		fprintf(l->out, "neigh replace 10.1.0.%d " MAC
			"0 dev lan nud permanent\n", i);
		fprintf(l->out, "neigh replace fd01::%d " MAC
			"0 dev lan nud permanent\n", i);
	}
	/* The address of SNAT, should a translation be missing */
	if (!(t->flags & TOPO_NOARP))
		fprintf(l->out, "neigh replace 10.2.0.9 " MAC
			"1 dev wan nud permanent\n"
			"neigh replace fd02::9 " MAC
			"1 dev wan nud permanent\n");
	fprintf(l->out, "neigh replace 10.1.0.2 " MAC
		"0 dev lan nud permanent\n");
	fprintf(l->out, "neigh replace fd01::2 " MAC
		"0 dev lan nud permanent\n");
	for (i = t->flags & TOPO_NOARP ? 2 : 1; i < 3; i++) {
		fprintf(l->out, "neigh replace 10.%d.0.2 " MAC
			"%d dev wan%s nud permanent\n", i + 1, i,
			i == 2 ? "2" : "");
		fprintf(l->out, "neigh replace fd0%d::2 " MAC
			"%d dev wan%s nud permanent\n", i + 1, i,
			i == 2 ? "2" : "");
	}
}

static void put_routes(struct lines *l, const struct topology *t)
{
	const char *table = t->vrf ? " table 10" : "";

	if (t->flags & TOPO_HAIRPIN) {
		fprintf(l->out, "route replace 10.20.0.0/16 via 10.1.0.2 dev lan\n"
			"route replace fd20::/64 via fd01::2 dev lan\n");
	} else if (t->flags & TOPO_ECMP) {
		fprintf(l->out, "route replace 10.20.0.0/16 "
			"nexthop via 10.2.0.2 dev wan "
			"nexthop via 10.3.0.2 dev wan2\n"
			"route replace fd20::/64 "
			"nexthop via fd02::2 dev wan "
			"nexthop via fd03::2 dev wan2\n");
	} else {
		fprintf(l->out, "route replace 10.20.0.0/16 via %s dev wan%s\n"
			"route replace fd20::/64 via fd02::2 dev wan%s\n",
			t->flags & TOPO_VIA6 ? "inet6 fd02::2" : "10.2.0.2",
			table, table);
	}
	fprintf(l->out, "route replace default via 10.3.0.2 dev wan2 table 5\n"
		"route replace default via fd03::2 dev wan2 table 5\n");
}

/**
 * router_restore - what a device that was down has lost
 * @r: router
 * @neighbours: neighbours or routes
 *
 * Return: whether it could be done.
 */
bool router_restore(struct router *r, bool neighbours)
{
	char errors[2048];
	struct lines l;

	lines_begin(&l);
	if (neighbours)
		put_neighbours(&l, r->topology);
	else
		put_routes(&l, r->topology);
	fclose(l.out);
	console_send(&r->ip, l.text);
	free(l.text);
	return console_wait(&r->ip, errors, sizeof(errors));
}

/* The router behind the WAN device, which ends at a wire again */
static void put_far(struct lines *l, const struct topology *t)
{
	fprintf(l->out, "link set lo up\nlink set far up\nlink set wan up\n"
		"address add 10.2.0.2/24 dev wan\n"
		"address add fd02::2/64 dev wan nodad\n"
		"address add 10.5.0.1/24 dev far\n"
		"address add fd05::1/64 dev far nodad\n"
		"neigh replace 10.5.0.2 " MAC "1 dev far nud permanent\n"
		"neigh replace fd05::2 " MAC "1 dev far nud permanent\n");
	if (t->mtu != 1500)
		fprintf(l->out, "link set wan mtu %u\n", t->mtu);
	if (!(t->flags & TOPO_NOARP))
		fprintf(l->out, "neigh replace 10.2.0.1 "
			"lladdr 02:00:00:00:01:01 dev wan nud permanent\n"
			"neigh replace fd02::1 "
			"lladdr 02:00:00:00:01:01 dev wan nud permanent\n");
	fprintf(l->out, "route replace 10.20.0.0/16 via 10.5.0.2 dev far\n"
		"route replace fd20::/64 via fd05::2 dev far\n"
		"route add default via 10.2.0.1 dev wan\n"
		"route add 10.2.0.9/32 via 10.2.0.1 dev wan\n"
		"route add default via fd02::1 dev wan\n"
		"route add fd02::9/128 via fd02::1 dev wan\n");
}

static void bind_port(struct router *r, int ns, u32 port, const char *name)
{
	struct ftwire_bind bind = { .port = port };
	char raw[16];

	snprintf(raw, sizeof(raw), "raw%u", port);
	netns_enter(ns);
	bind.ifindex = if_nametoindex(raw) ?: if_nametoindex(name);
	if (ioctl(r->wire, FTWIRE_BIND, &bind))
		die("router %s: %s is no wire: %s", r->name, name,
		    strerror(errno));
	netns_enter(-1);
}

/* What a tunnel aggregates goes by time: it shall not, at either end */
static void no_gro(int ns)
{
	struct ethtool_value off = { .cmd = ETHTOOL_SGRO };
	struct ifreq ifr = { .ifr_name = "wan" };
	int fd;

	ifr.ifr_data = (void *)&off;
	netns_enter(ns);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || ioctl(fd, SIOCETHTOOL, &ifr))
		die("wan: GRO cannot be switched off: %s", strerror(errno));
	close(fd);
	netns_enter(-1);
}

/**
 * router_setup - give a router its devices
 * @r: router
 * @t: how it is connected
 */
void router_setup(struct router *r, const struct topology *t)
{
	struct lines l;

	r->topology = t;
	r->marks = 0;
	if (t->flags & TOPO_FAR) {
		if (!r->far_ip.pid)
			console_open(&r->far_ip, r->far_ns, false);
		lines_begin(&l);
		put_links(&l, "link add far index 40 address 02:00:00:00:01:01 "
			  "type ftwire\n", 0);
		lines_run(&l, r, &r->far_ip);
	}
	lines_begin(&l);
	put_links(&l, t->links, r->far_ip.pid);
	lines_run(&l, r, &r->ip);
	if (t->far) {
		lines_begin(&l);
		put_links(&l, t->far, 0);
		lines_run(&l, r, &r->far_ip);
	}
	tunnel_make(r, t);
	lines_begin(&l);
	put_addresses(&l, t);
	put_neighbours(&l, t);
	lines_run(&l, r, &r->ip);
	if (t->flags & TOPO_FAR) {
		lines_begin(&l);
		put_far(&l, t);
		lines_run(&l, r, &r->far_ip);
		no_gro(r->ns);
		no_gro(r->far_ns);
	}
	/* A device with a far end is up only now */
	lines_begin(&l);
	put_routes(&l, t);
	fprintf(l.out, "rule add fwmark 5 table 5 priority 100\n");
	lines_run(&l, r, &r->ip);
	lines_begin(&l);
	fprintf(l.out, "rule add fwmark 5 table 5 priority 100\n");
	lines_run(&l, r, &r->ip6);
	bind_port(r, r->ns, PORT_LAN, "lan");
	if (t->flags & TOPO_FAR)
		bind_port(r, r->far_ns, PORT_WAN, "far");
	else if (!(t->flags & TOPO_TUN))
		bind_port(r, r->ns, PORT_WAN, "wan");
	bind_port(r, r->ns, PORT_WAN2, "wan2");
}

static void delete_links(struct console *c, int ns)
{
	struct if_nameindex *list;
	char errors[2048];
	struct lines l;
	int n = 0;

	lines_begin(&l);
	netns_enter(ns);
	list = if_nameindex();
	netns_enter(-1);
	while (list && list[n].if_index)
		n++;
	while (n--)
		if (strcmp(list[n].if_name, "lo"))
			fprintf(l.out, "link delete %s\n", list[n].if_name);
	if_freenameindex(list);
	fclose(l.out);
	console_send(c, l.text);
	/* The other end of a pair is gone already */
	console_wait(c, errors, sizeof(errors));
	free(l.text);
}

/**
 * router_reset - take everything from a router that a scenario gave it
 * @r: router
 */
void router_reset(struct router *r)
{
	static const char * const lines[] = {
		"ft enabled 1", "ft lease 5000", "ft ingress 0", "ft flush",
		"sysctl net.netfilter.nf_conntrack_tcp_be_liberal 0",
		"sysctl net.netfilter.nf_conntrack_tcp_ignore_invalid_rst 0",
		"sysctl net.netfilter.nf_conntrack_tcp_loose 1",
		"sysctl net.netfilter.nf_conntrack_checksum 0",
		"nft flush table inet event",
		"ip rule delete priority 100",
		"ip -6 rule delete priority 100",
		"ip rule delete priority 90",
		"ip -6 rule delete priority 90",
		"ip route flush table 5", "ip -6 route flush table 5",
		"ip xfrm policy flush",
		"sysctl net.ipv4.ip_forward 1",
		"sysctl net.ipv6.conf.all.forwarding 1",
		"ct flush",
	};
	bool quiet = r->quiet;
	u32 i;

	r->quiet = true;
	delete_links(&r->ip, r->ns);
	tunnel_end(r);
	if (r->far_ip.pid)
		delete_links(&r->far_ip, r->far_ns);
	for (i = 0; i < ARRAY_SIZE(lines); i++)
		router_do(r, lines[i]);
	r->quiet = quiet;
}
