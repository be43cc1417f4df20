// SPDX-License-Identifier: GPL-2.0
/*
 * Owns control events, see gen.h: something is done to both routers, traffic
 * goes on, and it is undone. Between a burst and an event nothing is under way;
 * after it three jiffies pass, and where the fast path may take a lease to
 * notice (rules, marks, conntrack's settings) it is flushed.
 */
#include <stdio.h>
#include <string.h>

#include "gen.h"

/* Three jiffies at HZ=250, five at 1000; an event is noticed in one */
#define EVENT_WAIT	"wait 13\n"
#define EVENT_FLUSH	"ft flush\n" EVENT_WAIT

/* Whose translations may end: its client has to speak first afterwards */
enum ending {
	ENDS_NONE,
	ENDS_MASQUERADE,	/* when the device changes */
	ENDS_ONE,		/* @tuple */
	ENDS_ALL,
};

struct event {
	const char *what;
	const char *doing;
	const char *undoing;	/* routes are set again in any case */
	u32 not_with;		/* TOPO_* */
	enum ending ends;
	u32 weight;
	const char *then;	/* done after some traffic, or NULL */
};

static const struct event events[] = {
	{
		"route by the other device",
		"ip route replace 10.20.0.0/16 via 10.3.0.2 dev wan2 @table\n"
		"ip route replace fd20::/64 via fd03::2 dev wan2 @table\n",
		.weight = 3,
		.ends = ENDS_MASQUERADE,
	},
	{
		"route to one host",
		"ip route add 10.20.0.12/32 via 10.3.0.2 dev wan2 @table\n"
		"ip route add fd20::12/128 via fd03::2 dev wan2 @table\n",
		"ip route delete 10.20.0.12/32 @table\n"
		"ip route delete fd20::12/128 @table\n", .weight = 3,
		.ends = ENDS_MASQUERADE,
	},
	{
		"no route",
		"ip route delete 10.20.0.0/16 @table\n"
		"ip route delete fd20::/64 @table\n", .weight = 3,
		.ends = ENDS_MASQUERADE,
	},
	{
		"blackhole",
		"ip route add blackhole 10.20.0.11/32 @table\n"
		"ip route add blackhole fd20::11/128 @table\n",
		"ip route delete blackhole 10.20.0.11/32 @table\n"
		"ip route delete blackhole fd20::11/128 @table\n", .weight = 1,
		.ends = ENDS_MASQUERADE,
	},
	{
		"prohibit",
		"ip route add prohibit 10.20.0.13/32 @table\n"
		"ip route add unreachable fd20::13/128 @table\n",
		"ip route delete prohibit 10.20.0.13/32 @table\n"
		"ip route delete unreachable fd20::13/128 @table\n",
		.weight = 1,
		.ends = ENDS_MASQUERADE,
	},
	{
		"policy rule by source",
		"ip rule add from 10.1.0.12 table 5 priority 90\n"
		"ip -6 rule add from fd01::12 table 5 priority 90\n",
		"ip rule delete priority 90\n"
		"ip -6 rule delete priority 90\n", .weight = 2,
		.ends = ENDS_MASQUERADE,
	},
	{
		"policy rule by TOS",
		"ip rule add to 10.20.0.0/16 tos 0x10 table 5 priority 90\n"
		"ip -6 rule add to fd20::/64 tos 0x10 table 5 priority 90\n",
		"ip rule delete priority 90\n"
		"ip -6 rule delete priority 90\n", .weight = 2,
		.ends = ENDS_MASQUERADE,
	},
	{
		"policy rule by device",
		"ip rule add to 10.20.0.0/16 iif lan table 5 priority 90\n"
		"ip -6 rule add to fd20::/64 iif lan table 5 priority 90\n",
		"ip rule delete priority 90\n"
		"ip -6 rule delete priority 90\n", .weight = 1,
		.ends = ENDS_MASQUERADE,
	},
	{
		"neighbour moves",
		"ip neigh replace 10.2.0.2 lladdr 02:00:00:00:03:01 dev wan "
		"nud permanent\n"
		"ip neigh replace fd02::2 lladdr 02:00:00:00:03:01 dev wan "
		"nud permanent\n"
		"ip neigh replace 10.1.0.12 lladdr 02:00:00:00:03:00 dev lan "
		"nud permanent\n"
		"ip neigh replace fd01::12 lladdr 02:00:00:00:03:00 dev lan "
		"nud permanent\n",
		"@neighbours\n", .weight = 3,
		.not_with = TOPO_NOARP | TOPO_FAR,
	},
	{
		"MTU of the device",
		"ip link set wan mtu 1300\n",
		"ip link set wan mtu @mtu\n", .weight = 3,
		.not_with = TOPO_FAR,
	},
	{
		"MTU of the LAN",
		"ip link set lan mtu 1280\n",
		"ip link set lan mtu 1500\n", .weight = 2,
	},
	{
		"MTU of a route",
		"ip route add 10.20.0.14/32 via 10.3.0.2 dev wan2 mtu 1000 "
		"@table\n"
		"ip route add fd20::14/128 via fd03::2 dev wan2 mtu 1280 "
		"@table\n",
		"ip route delete 10.20.0.14/32 @table\n"
		"ip route delete fd20::14/128 @table\n", .weight = 2,
		.ends = ENDS_MASQUERADE,
	},
	{
		"another address",
		"ip address add 10.2.0.5/24 dev wan\n"
		"ip address add fd02::5/64 dev wan nodad preferred_lft 0\n",
		"ip address delete 10.2.0.5/24 dev wan\n"
		"ip address delete fd02::5/64 dev wan\n", .weight = 2,
		.ends = ENDS_MASQUERADE,
	},
	{
		"address changes",
		"ip address delete 10.2.0.1/24 dev wan\n"
		"ip address add 10.2.0.6/24 dev wan\n@routes\n",
		"ip address delete 10.2.0.6/24 dev wan\n"
		"ip address add 10.2.0.1/24 dev wan\n", .weight = 2,
		.not_with = TOPO_FAR,
		.ends = ENDS_MASQUERADE,
	},
	{
		"WAN down and up",
		"ip link set wan down\n" EVENT_WAIT,
		"ip link set wan up\n@neighbours\n", .weight = 2,
		.not_with = TOPO_FAR,
		.ends = ENDS_MASQUERADE,
	},
	{
		"LAN down and up",
		"ip link set lan down\n" EVENT_WAIT,
		"ip link set lan up\n@neighbours\n", .weight = 2,
		.ends = ENDS_MASQUERADE,
	},
	{
		"LAN has another MAC",
		"ip link set lan address 02:00:00:00:01:77\n@neighbours\n",
		"ip link set lan address 02:00:00:00:01:00\n@neighbours\n",
		.weight = 1,
	},
	{
		"drop by rule",
		"nft add rule inet event forward meta l4proto { tcp, udp } "
		"ct original proto-dst @port drop\n" EVENT_FLUSH,
		"nft flush table inet event\n" EVENT_FLUSH, .weight = 2,
	},
	{
		"mark by rule",
		"nft add rule inet event before meta l4proto { tcp, udp } "
		"ct original proto-dst @port ct direction original "
		"meta mark set 5\n" EVENT_FLUSH,
		"nft flush table inet event\n" EVENT_FLUSH, .weight = 2,
		.ends = ENDS_MASQUERADE,
	},
	{
		"DSCP by rule",
		"nft add rule inet event after meta l4proto { tcp, udp } "
		"ct original proto-dst @port ip dscp set 34\n"
		"nft add rule inet event after meta l4proto { tcp, udp } "
		"ct original proto-dst @port ip6 dscp set 34\n" EVENT_FLUSH,
		"nft flush table inet event\n" EVENT_FLUSH, .weight = 2,
	},
	{
		"priority by rule",
		"nft add rule inet event after meta l4proto { tcp, udp } "
		"ct original proto-dst @port meta priority set 0:5\n"
		EVENT_FLUSH,
		"nft flush table inet event\n" EVENT_FLUSH, .weight = 2,
	},
	{
		"no forwarding of IPv4",
		"sysctl net.ipv4.ip_forward 0\n",
		"sysctl net.ipv4.ip_forward 1\n"
		"sysctl net.ipv4.conf.all.send_redirects 0\n"
		"sysctl net.ipv4.conf.all.rp_filter 0\n", .weight = 1,
	},
	{
		"no forwarding of IPv6",
		"sysctl net.ipv6.conf.all.forwarding 0\n",
		"sysctl net.ipv6.conf.all.forwarding 1\n", .weight = 2,
	},
	{
		"priority not by TOS",
		"sysctl net.ipv4.ip_forward_update_priority 0\n" EVENT_FLUSH,
		"sysctl net.ipv4.ip_forward_update_priority 1\n" EVENT_FLUSH,
		.weight = 1,
	},
	{
		"liberal windows",
		"sysctl net.netfilter.nf_conntrack_tcp_be_liberal 1\n"
		EVENT_FLUSH, "", .weight = 1,
	},
	{
		"connection deleted",
		"ct delete @tuple\n", "", .weight = 4, .ends = ENDS_ONE,
	},
	{
		"all connections deleted",
		"ct flush\n", "", .weight = 1, .ends = ENDS_ALL,
	},
	{
		"policy blocks",
		"ip xfrm policy add src 10.1.0.0/16 dst 10.20.0.0/16 "
		"dir fwd action block\n"
		"ip xfrm policy add src fd01::/64 dst fd20::/64 dir fwd "
		"action block\n",
		"ip xfrm policy flush\n", .weight = 1,
	},
	{
		"policy that allows goes, one that blocks is behind it",
		"ip xfrm policy add src 10.0.0.0/8 dst 10.20.0.0/16 dir fwd "
		"priority 2 action block\n"
		"ip xfrm policy add src fd00::/8 dst fd20::/64 dir fwd "
		"priority 2 action block\n"
		"ip xfrm policy add src 10.1.0.0/16 dst 10.20.0.0/16 "
		"dir fwd priority 1\n"
		"ip xfrm policy add src fd01::/64 dst fd20::/64 dir fwd "
		"priority 1\n",
		"ip xfrm policy flush\n", .weight = 1,
		.then = "ip xfrm policy delete src 10.1.0.0/16 "
			"dst 10.20.0.0/16 dir fwd\n"
			"ip xfrm policy delete src fd01::/64 dst fd20::/64 "
			"dir fwd\n",
	},
	{
		"policy blocks what leaves",
		"ip xfrm policy add src 10.2.0.0/16 dst 10.20.0.0/16 "
		"dir out action block\n"
		"ip xfrm policy add src fd20::/64 dst fd01::/64 dir out "
		"action block\n",
		"ip xfrm policy flush\n", .weight = 1,
	},
	{
		"short lease", "ft lease 1000\n", "ft lease 5000\n",
		.weight = 1,
	},
	{
		"off and on", "ft enabled 0\n", "ft enabled 1\n", .weight = 1,
	},
	{ "flush", "ft flush\n", "", .weight = 2 },
	{
		"ingress hooks go and come", "ft ingress 2\n",
		"ft ingress 1\n", .weight = 1,
	},
};

/* Lines of an event with what is only known now put in */
static void event_write(struct gen *g, const struct flow *f, const char *what,
			const char *lines, bool routes)
{
	char text[4096], part[1024], tuple[200];
	size_t used = 0;

	text[0] = 0;
	flow_tuple(f, tuple, sizeof(tuple));
	for (; *lines && used < sizeof(text) - sizeof(part); lines++) {
		part[0] = *lines;
		part[1] = 0;
		if (!strncmp(lines, "@table", 6)) {
			snprintf(part, sizeof(part), "%s",
				 g->t->vrf ? "table 10" : "");
			lines += 5;
		} else if (!strncmp(lines, "@mtu", 4)) {
			snprintf(part, sizeof(part), "%u", g->t->mtu);
			lines += 3;
		} else if (!strncmp(lines, "@port", 5)) {
			snprintf(part, sizeof(part), "%u",
				 f->sport[END_VIRTUAL]);
			lines += 4;
		} else if (!strncmp(lines, "@tuple", 6)) {
			snprintf(part, sizeof(part), "%s", tuple);
			lines += 5;
		}
		used += snprintf(text + used, sizeof(text) - used, "%s", part);
	}
	scenario_event(g->s, "# %s\n%s%s" EVENT_WAIT, what, text,
		       routes ? "@routes\n" : "");
}

static const struct event *event_choose(struct gen *g)
{
	u32 i, sum = 0, dice;

	for (i = 0; i < ARRAY_SIZE(events); i++)
		sum += events[i].weight;
	dice = rng_below(&g->rng, sum);
	for (i = 0; dice >= events[i].weight; i++)
		dice -= events[i].weight;
	return &events[i];
}

/* From now on the servers whose translations may end are mute. Without a
 * translation it does not matter who is heard first, unless both sides are on one
 * port: in a list neither has an entry when the other gets one, and 6.1 looks for
 * another source port, at random.
 */
static void event_mute(struct gen *g, const struct event *e,
		       const struct flow *one)
{
	struct flow *f;
	u16 i;

	for (i = 0; i < g->flows; i++) {
		f = &g->flow[i];
		if (e->ends == ENDS_NONE ||
		    (f->nat == NAT_NONE && f->port[ORIG] != f->port[REPLY]))
			continue;
		if (e->ends == ENDS_ALL || (e->ends == ENDS_ONE && f == one) ||
		    (e->ends == ENDS_MASQUERADE && nat_has_masquerade(f->nat)))
			f->mute = true;
	}
}

/**
 * event_scene - something is done to the routers, and undone
 * @g: scenario in the making
 * @traffic: what goes on meanwhile
 */
void event_scene(struct gen *g, void (*traffic)(struct gen *g))
{
	const struct flow *f = &g->flow[rng_below(&g->rng, g->flows)];
	const struct event *e = event_choose(g);
	u32 bursts = rng_range(&g->rng, 1, 3);

	if (g->t->flags & e->not_with)
		return;
	traffic(g);
	event_write(g, f, e->what, e->doing, false);
	event_mute(g, e, f);
	g->hold = true;
	while (bursts--)
		traffic(g);
	if (e->then) {
		event_write(g, f, e->what, e->then, false);
		event_mute(g, e, f);
		traffic(g);
	}
	event_write(g, f, "undone", e->undoing ?: "", true);
	event_mute(g, e, f);
	g->hold = false;
	traffic(g);
}
