// SPDX-License-Identifier: GPL-2.0
/* Owns names and explanations of the reasons, the words of the YAML spec; a
 * unit test compares them with it. Must not know netlink or output.
 */
#include <stddef.h>
#include <linux/fasttrack.h>

#include "ftctl.h"
#include "names.h"

static const struct {
	const char *name;
	const char *text;
} reasons[] = {
	[FASTTRACK_REASON_NONE] = {
		"none",
		"Fast, or nothing to say yet."
	},
	[FASTTRACK_REASON_NOT_CONFIRMED] = {
		"not-confirmed",
		"Conntrack has not confirmed the connection yet."
	},
	[FASTTRACK_REASON_NOT_ESTABLISHED] = {
		"not-established",
		"TCP is not in state ESTABLISHED or not assured."
	},
	[FASTTRACK_REASON_NO_REPLY] = {
		"no-reply",
		"UDP without a reply so far."
	},
	[FASTTRACK_REASON_FIRST_HIT] = {
		"first-hit",
		"First hit by a UDP connection, the second makes it a candidate."
	},
	[FASTTRACK_REASON_RELATED] = {
		"related",
		"An ICMP error or other packet that only relates to it."
	},
	[FASTTRACK_REASON_PROTOCOL] = {
		"protocol",
		"Neither TCP nor UDP."
	},
	[FASTTRACK_REASON_HELPER] = {
		"helper",
		"Conntrack helper or sequence adjustment at work."
	},
	[FASTTRACK_REASON_SYNPROXY] = {
		"synproxy",
		"Connection is proxied by SYNPROXY."
	},
	[FASTTRACK_REASON_NAT_CLASH] = {
		"nat-clash",
		"Entry lost a NAT clash and is about to go."
	},
	[FASTTRACK_REASON_IPVS] = {
		"ipvs",
		"Packet belongs to IPVS."
	},
	[FASTTRACK_REASON_ZONE] = {
		"zone",
		"Conntrack zone other than the default one."
	},
	[FASTTRACK_REASON_TEMPLATE] = {
		"template",
		"Conntrack template, not a connection."
	},
	[FASTTRACK_REASON_OFFLOAD] = {
		"offload",
		"Offloaded by an nft flowtable or act_ct."
	},
	[FASTTRACK_REASON_TABLE_FULL] = {
		"table-full",
		"Table limit reached."
	},
	[FASTTRACK_REASON_TABLE_CHAIN] = {
		"table-chain",
		"Hash chain limit reached."
	},
	[FASTTRACK_REASON_NO_MEMORY] = {
		"no-memory",
		"Out of memory."
	},
	[FASTTRACK_REASON_DISABLED] = {
		"disabled",
		"Switched off by the setting or no rule is left."
	},
	[FASTTRACK_REASON_LEARNING] = {
		"learning",
		"Direction not armed yet, or not for such a packet."
	},
	[FASTTRACK_REASON_LEASE] = {
		"lease",
		"Lease ran out, the slow path has to prove it again."
	},
	[FASTTRACK_REASON_RULE] = {
		"rule",
		"The rule no longer matches the connection."
	},
	[FASTTRACK_REASON_HELD] = {
		"held",
		"Waits for packets ahead of it that took the slow path."
	},
	[FASTTRACK_REASON_NO_RECORD] = {
		"no-record",
		"Queued, defragmented or moved to another CPU on its way."
	},
	[FASTTRACK_REASON_MANGLED] = {
		"mangled",
		"A rule changed what the fast path can't reproduce."
	},
	[FASTTRACK_REASON_SETTLING] = {
		"settling",
		"Direction changed, waits for the old way to drain."
	},
	[FASTTRACK_REASON_STALE] = {
		"stale",
		"Route, policy, address or device changed."
	},
	[FASTTRACK_REASON_IPSEC] = {
		"ipsec",
		"An IPsec policy or state applies."
	},
	[FASTTRACK_REASON_ROUTE] = {
		"route",
		"Route is not plain unicast forwarding."
	},
	[FASTTRACK_REASON_LOCAL] = {
		"local",
		"Sent or received by the router itself."
	},
	[FASTTRACK_REASON_FRAGMENT] = {
		"fragment",
		"Fragment, or fragments of the same hosts are on the way."
	},
	[FASTTRACK_REASON_IP_OPTIONS] = {
		"ip-options",
		"IPv4 options."
	},
	[FASTTRACK_REASON_EXT_HEADER] = {
		"ext-header",
		"IPv6 extension header."
	},
	[FASTTRACK_REASON_TTL] = {
		"ttl",
		"TTL or hop limit used up, or other than the learned one."
	},
	[FASTTRACK_REASON_MTU] = {
		"mtu",
		"Larger than the path MTU."
	},
	[FASTTRACK_REASON_IIF] = {
		"iif",
		"Came in on another device than the learned one."
	},
	[FASTTRACK_REASON_MARK] = {
		"mark",
		"Incoming mark other than the learned one."
	},
	[FASTTRACK_REASON_DSCP] = {
		"dscp",
		"Incoming DSCP other than the learned one."
	},
	[FASTTRACK_REASON_LENGTH] = {
		"length",
		"Runt, or the lengths in its headers do not agree."
	},
	[FASTTRACK_REASON_TCP_FLAGS] = {
		"tcp-flags",
		"SYN, FIN, RST, or no ACK."
	},
	[FASTTRACK_REASON_TCP_WINDOW] = {
		"tcp-window",
		"Outside of the TCP window, or an unknown TCP option."
	},
	[FASTTRACK_REASON_CHECKSUM] = {
		"checksum",
		"Wrong transport checksum, which conntrack takes for invalid."
	},
	[FASTTRACK_REASON_CLOSING] = {
		"closing",
		"Connection is closing."
	},
	[FASTTRACK_REASON_DYING] = {
		"dying",
		"Conntrack entry was deleted or has expired."
	},
	[FASTTRACK_REASON_BR_NETFILTER] = {
		"br-netfilter",
		"Bridged frame that br_netfilter shows to iptables."
	},
	[FASTTRACK_REASON_CONNTRACK] = {
		"conntrack",
		"Packet carried a conntrack reference or NOTRACK already."
	},
	[FASTTRACK_REASON_SOCKET] = {
		"socket",
		"Packet carried a socket."
	},
	[FASTTRACK_REASON_DST] = {
		"dst",
		"Packet carried a route."
	},
	[FASTTRACK_REASON_PKT_TYPE] = {
		"pkt-type",
		"Not addressed to the router's own MAC."
	},
	[FASTTRACK_REASON_LRO] = {
		"lro",
		"Merged by LRO, or forwarded by a switch already."
	},
	[FASTTRACK_REASON_FORWARDING_OFF] = {
		"forwarding-off",
		"Forwarding is switched off."
	},
	[FASTTRACK_REASON_NEIGHBOUR] = {
		"neighbour",
		"No neighbour entry yet."
	},
	[FASTTRACK_REASON_FLUSHED] = {
		"flushed",
		"Flushed by the user."
	},
	[FASTTRACK_REASON_RELEASED] = {
		"released",
		"Released by the user, the rule may make it fast again."
	},
};

/**
 * reason_name() - Name of a reason.
 * @reason: enum fasttrack_reason.
 *
 * Return: Name, or NULL for one of a newer kernel.
 */
const char *reason_name(u32 reason)
{
	return reason < ARRAY_SIZE(reasons) ? reasons[reason].name : NULL;
}

/**
 * reason_text() - Explanation of a reason.
 * @reason: enum fasttrack_reason.
 *
 * Return: One line, or NULL for one of a newer kernel.
 */
const char *reason_text(u32 reason)
{
	return reason < ARRAY_SIZE(reasons) ? reasons[reason].text : NULL;
}
