/* SPDX-License-Identifier: GPL-2.0 */
/* Owns what ftctl keeps of the fasttrack family's messages. Prototypes of
 * fasttrack.c (requests) and fasttrack_decode.c (answers).
 */
#ifndef FTCTL_FASTTRACK_H
#define FTCTL_FASTTRACK_H

#include "nl.h"

struct filter;

enum {
	DIR_ORIG,
	DIR_REPLY,
	DIR_COUNT,
};

/**
 * struct ft_key - Names one connection among all.
 * @id: Conntrack id in network order. A 32 bit hash: two connections of a
 *	large table may share one, so it is never enough by itself.
 * @src_port: Source port of the original direction, host order.
 * @dst_port: Destination port of the original direction, host order.
 * @family: AF_INET or AF_INET6.
 * @protocol: IPPROTO_*.
 * @pad: Zero.
 * @src: Source address of the original direction; IPv4 in the first four
 *	bytes, the rest zero.
 * @dst: Destination address likewise.
 *
 * Compared as bytes, so it is zeroed before it is filled.
 */
struct ft_key {
	u32 id;
	u16 src_port;
	u16 dst_port;
	u8 family;
	u8 protocol;
	u8 pad[2];
	u8 src[16];
	u8 dst[16];
};

/**
 * struct ft_dir - One direction of a fast connection.
 * @packets: Packets sent fast.
 * @bytes: Bytes sent fast, network header included.
 * @ifindex_in: Learned ingress device, 0 before the first arming.
 * @ifindex_out: Learned egress device, 0 before the first arming.
 * @lease: Milliseconds until the slow path has to prove it again.
 * @idle: Milliseconds since the last fast packet, valid with @has_idle.
 * @state: enum fasttrack_dir_state.
 * @reason: enum fasttrack_reason.
 * @has_idle: There was a fast packet.
 */
struct ft_dir {
	u64 packets;
	u64 bytes;
	u32 ifindex_in;
	u32 ifindex_out;
	u32 lease;
	u32 idle;
	u16 state;
	u16 reason;
	bool has_idle;
};

/**
 * struct ft_conn - One connection of the fast table.
 * @key: Its name.
 * @state: enum fasttrack_flow_state.
 * @reason: enum fasttrack_reason, last refusal of the whole connection.
 * @dir: Both directions.
 */
struct ft_conn {
	struct ft_key key;
	u16 state;
	u16 reason;
	struct ft_dir dir[DIR_COUNT];
};

/**
 * struct ft_found - One connection with all there is to tell of it.
 * @fast: What the fast table tells; without @has_flow only name and reason.
 * @has_flow: It is in the fast table.
 * @has_totals: Conntrack counts.
 * @zone: Conntrack zone.
 * @status: Bits of the conntrack status.
 * @mark: Connection mark.
 * @obstacle: enum fasttrack_reason, what keeps the entry from being fast at
 *	this moment whatever the rules say.
 * @reply: Name of the reply's direction; its id is unset.
 * @total_packets: Packets of both paths by direction, valid with @has_totals.
 * @total_bytes: Bytes likewise.
 */
struct ft_found {
	struct ft_conn fast;
	bool has_flow;
	bool has_totals;
	u16 zone;
	u32 status;
	u32 mark;
	u32 obstacle;
	struct ft_key reply;
	u64 total_packets[DIR_COUNT];
	u64 total_bytes[DIR_COUNT];
};

/**
 * enum ft_event_kind - What news are about.
 * @FT_EVENT_FAST: A connection became fast.
 * @FT_EVENT_RELEASED: It went back to the slow path.
 * @FT_EVENT_CLOSED: Its conntrack entry has gone.
 */
enum ft_event_kind {
	FT_EVENT_FAST,
	FT_EVENT_RELEASED,
	FT_EVENT_CLOSED,
};

/**
 * struct ft_family - Status of one address family.
 * @rules: FASTTRACK rules in the namespace.
 * @connections: Connections in the fast table.
 * @active: Connections with an armed direction.
 * @packets: Packets sent fast.
 * @bytes: Bytes sent fast.
 * @forwarded: Packets forwarded by either path since the first rule came,
 *	valid with @has_forwarded.
 * @has_forwarded: There was a rule.
 */
struct ft_family {
	u32 rules;
	u32 connections;
	u32 active;
	u64 packets;
	u64 bytes;
	u64 forwarded;
	bool has_forwarded;
};

/**
 * struct ft_status - Status of the engine.
 * @version: Module's version, empty if it does not say.
 * @enabled: The setting.
 * @ipv4: IPv4.
 * @ipv6: IPv6.
 * @table_limit: Most connections in the fast table.
 * @table_buckets: Its buckets.
 * @ingress_packets: Packets that went fast at netdev ingress.
 * @ingress_ifindex: Devices with a hook there.
 * @ingress_devices: How many they are.
 */
struct ft_status {
	char version[32];
	bool enabled;
	struct ft_family ipv4;
	struct ft_family ipv6;
	u32 table_limit;
	u32 table_buckets;
	u64 ingress_packets;
	u32 ingress_ifindex[64];
	unsigned int ingress_devices;
};

/**
 * struct ft_setting - Settings of the engine.
 * @enabled: 0 or 1.
 * @lease: Milliseconds.
 * @table_limit: Connections.
 * @ingress: enum fasttrack_ingress.
 * @tracking: enum fasttrack_tracking.
 * @has: Bit (1 << FASTTRACK_A_SETTING_*) for each that is told or changed.
 */
struct ft_setting {
	u8 enabled;
	u32 lease;
	u32 table_limit;
	u32 ingress;
	u32 tracking;
	u32 has;
};

/**
 * struct ft_reason - One reason with its counter.
 * @reason: enum fasttrack_reason.
 * @name: Kernel's name of it; part of the message, or NULL.
 * @packets: Counter.
 */
struct ft_reason {
	u32 reason;
	const char *name;
	u64 packets;
};

typedef int (*ft_conn_cb)(const struct ft_conn *conn, void *data);
typedef int (*ft_reason_cb)(const struct ft_reason *reason, void *data);

/**
 * struct ft - Way to the fasttrack family.
 * @nl: Socket, NULL before ft_open().
 * @id: Family id.
 */
struct ft {
	struct nl *nl;
	u16 id;
};

int ft_open(struct ft *ft);
int ft_open_loaded(struct ft *ft);
void ft_close(struct ft *ft);
int ft_report(const struct ft *ft, int err, const char *what);
int ft_get_status(struct ft *ft, struct ft_status *status);
int ft_get_setting(struct ft *ft, struct ft_setting *setting);
int ft_set_setting(struct ft *ft, const struct ft_setting *setting);
int ft_dump_reasons(struct ft *ft, ft_reason_cb cb, void *data);
int ft_dump_connections(struct ft *ft, const struct filter *filter,
			ft_conn_cb cb, void *data);
int ft_flush(struct ft *ft);
int ft_find(struct ft *ft, const struct ft_key *key, struct ft_found *found);
int ft_release(struct ft *ft, const struct ft_key *key, u32 *count);
int ft_release_all(struct ft *ft, const struct filter *filter, u32 *count);

int ft_decode_status(const struct nlmsghdr *nlh, struct ft_status *status);
int ft_decode_setting(const struct nlmsghdr *nlh, struct ft_setting *setting);
int ft_decode_reason(const struct nlmsghdr *nlh, struct ft_reason *reason);
int ft_decode_conn(const struct nlmsghdr *nlh, struct ft_conn *conn);
int ft_decode_found(const struct nlmsghdr *nlh, struct ft_found *found);
int ft_decode_event(const struct nlmsghdr *nlh, enum ft_event_kind *kind,
		    struct ft_found *found);
int ft_decode_count(const struct nlmsghdr *nlh, u32 *count);

#endif /* FTCTL_FASTTRACK_H */
