// SPDX-License-Identifier: GPL-2.0
/* Owns the words for states and protocols, in RouterOS spelling where
 * RouterOS has them. Pure: must not know netlink or output.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <linux/fasttrack.h>
#include <linux/netfilter/nf_conntrack_tcp.h>

#include "names.h"

static const char * const tcp_states[] = {
	[TCP_CONNTRACK_NONE] = "none",
	[TCP_CONNTRACK_SYN_SENT] = "syn-sent",
	[TCP_CONNTRACK_SYN_RECV] = "syn-received",
	[TCP_CONNTRACK_ESTABLISHED] = "established",
	[TCP_CONNTRACK_FIN_WAIT] = "fin-wait",
	[TCP_CONNTRACK_CLOSE_WAIT] = "close-wait",
	[TCP_CONNTRACK_LAST_ACK] = "last-ack",
	[TCP_CONNTRACK_TIME_WAIT] = "time-wait",
	[TCP_CONNTRACK_CLOSE] = "close",
	[TCP_CONNTRACK_SYN_SENT2] = "syn-sent2",
};

static const char * const flow_states[] = {
	[FASTTRACK_FLOW_STATE_CANDIDATE] = "candidate",
	[FASTTRACK_FLOW_STATE_ACTIVE] = "active",
	[FASTTRACK_FLOW_STATE_CLOSING] = "closing",
};

static const char * const dir_states[] = {
	[FASTTRACK_DIR_STATE_UNARMED] = "unarmed",
	[FASTTRACK_DIR_STATE_ARMED] = "armed",
	[FASTTRACK_DIR_STATE_HELD] = "held",
};

static const struct {
	u8 number;
	const char *name;
} protocols[] = {
	{ IPPROTO_TCP, "tcp" },
	{ IPPROTO_UDP, "udp" },
	{ IPPROTO_ICMP, "icmp" },
	{ IPPROTO_ICMPV6, "icmpv6" },
	{ IPPROTO_GRE, "gre" },
	{ IPPROTO_SCTP, "sctp" },
	{ IPPROTO_DCCP, "dccp" },
	{ IPPROTO_UDPLITE, "udplite" },
	{ IPPROTO_ESP, "ipsec-esp" },
	{ IPPROTO_AH, "ipsec-ah" },
	{ IPPROTO_IPIP, "ipip" },
	{ IPPROTO_IPV6, "ipv6-encap" },
	{ IPPROTO_IGMP, "igmp" },
	{ IPPROTO_PIM, "pim" },
};

static const char *pick(const char * const *names, size_t count, u32 value,
			char *number)
{
	if (value < count && names[value])
		return names[value];
	snprintf(number, NAME_SIZE, "%u", value);
	return number;
}

/**
 * tcp_state_name() - Name of a TCP state.
 * @state: enum tcp_conntrack.
 * @number: NAME_SIZE bytes, used for a state without a name.
 *
 * Return: Name, or @number.
 */
const char *tcp_state_name(u8 state, char *number)
{
	return pick(tcp_states, ARRAY_SIZE(tcp_states), state, number);
}

/**
 * flow_state_name() - Name of the state of a fast connection.
 * @state: enum fasttrack_flow_state.
 * @number: As for tcp_state_name().
 *
 * Return: Name, or @number.
 */
const char *flow_state_name(u32 state, char *number)
{
	return pick(flow_states, ARRAY_SIZE(flow_states), state, number);
}

/**
 * dir_state_name() - Name of the state of a direction.
 * @state: enum fasttrack_dir_state.
 * @number: As for tcp_state_name().
 *
 * Return: Name, or @number.
 */
const char *dir_state_name(u32 state, char *number)
{
	return pick(dir_states, ARRAY_SIZE(dir_states), state, number);
}

/**
 * protocol_name() - Name of an IP protocol.
 * @protocol: IPPROTO_*.
 * @number: As for tcp_state_name().
 *
 * Return: Name, or @number.
 */
const char *protocol_name(u8 protocol, char *number)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(protocols); i++)
		if (protocols[i].number == protocol)
			return protocols[i].name;
	snprintf(number, NAME_SIZE, "%u", protocol);
	return number;
}

/**
 * protocol_number() - Number of an IP protocol.
 * @name: Name as protocol_name() knows it.
 *
 * Return: IPPROTO_*, or -1.
 */
int protocol_number(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(protocols); i++)
		if (!strcmp(protocols[i].name, name))
			return protocols[i].number;
	return -1;
}

/**
 * protocol_word() - Names of protocols, for completion.
 * @i: Number.
 *
 * Return: Name, or NULL behind the last.
 */
const char *protocol_word(size_t i)
{
	return i < ARRAY_SIZE(protocols) ? protocols[i].name : NULL;
}
