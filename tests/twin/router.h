/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns a router: its namespaces, its wires, and everything that is told to it.
 * Must not know scenarios.
 */
#ifndef TWIN_ROUTER_H
#define TWIN_ROUTER_H

#include "console.h"
#include "fasttrack.h"
#include "topology.h"

struct nft_ctx;

/**
 * struct router - one of the twins
 * @name: in reports
 * @fast: has the FASTTRACK rule
 * @ns: namespace
 * @far_ns: that of the second router behind some WAN ports
 * @ip: ip in @ns
 * @ip6: ip -6 in @ns
 * @far_ip: ip in @far_ns, from its first use on
 * @nft: nft in @ns
 * @ct: ctnetlink in @ns
 * @ft: the engine in @ns, if @fast
 * @wire: file of the ports
 * @tunnel: files of the WAN device, see tunnel.c, or -1
 * @topology: how it is connected
 * @marks: packets of settle() in this scenario
 * @passed: packets of settle() that got through, ever
 * @quiet: do not tell of commands that fail
 */
struct router {
	const char *name;
	bool fast;
	int ns;
	int far_ns;
	struct console ip;
	struct console ip6;
	struct console far_ip;
	struct nft_ctx *nft;
	struct nl *ct;
	struct ft ft;
	int wire;
	int tunnel[3];
	const struct topology *topology;
	u32 marks;
	u32 passed;
	bool quiet;
};

/**
 * struct router_share - how much went fast
 * @fast: packets
 * @ingress: of these, at netdev ingress
 * @forwarded: packets of the scenarios
 */
struct router_share {
	u64 fast;
	u64 ingress;
	u64 forwarded;
};

void router_open(struct router *r, const char *name, bool fast);
void router_rules(struct router *pair);
void router_setup(struct router *r, const struct topology *t);
bool router_restore(struct router *r, bool neighbours);
void router_reset(struct router *r);
bool router_do(struct router *r, const char *line);
void router_share(struct router *r, struct router_share *share);
void netns_enter(int ns);

#endif /* TWIN_ROUTER_H */
