/* SPDX-License-Identifier: GPL-2.0 */
/* Owns what ftctl keeps of ctnetlink's messages. Prototypes of ctnetlink.c
 * (requests) and ctnetlink_decode.c (answers).
 */
#ifndef FTCTL_CTNETLINK_H
#define FTCTL_CTNETLINK_H

#include <linux/fasttrack.h>

#include "fasttrack.h"
#include "nl.h"

/* Status bits of the fasttrack target, above those that conntrack uses. */
#define CT_STATUS_FT_SEEN	BIT(FASTTRACK_CT_STATUS_SEEN_BIT)
#define CT_STATUS_FT		BIT(FASTTRACK_CT_STATUS_FLOW_BIT)
#define CT_STATUS_REASON(status) \
	((status) >> FASTTRACK_CT_STATUS_REASON_SHIFT & 0xff)

/* What a message told, in struct ct_conn's has. */
#define CT_HAS_TIMEOUT		BIT(0)
#define CT_HAS_MARK		BIT(1)
#define CT_HAS_TCP_STATE	BIT(2)
#define CT_HAS_COUNTERS		BIT(3)
#define CT_HAS_ZONE		BIT(4)
#define CT_HAS_ID		BIT(5)

/**
 * struct ct_tuple - One direction of a connection.
 * @src: Source address; IPv4 in the first four bytes, the rest zero.
 * @dst: Destination address likewise.
 * @src_port: Source port in host order, valid with @has_ports.
 * @dst_port: Destination port likewise.
 * @gre_key: Call id of PPTP's GRE, 0 for any other.
 * @gre_src_key: The one it is known by to the source.
 * @icmp_id: ICMP id in host order, valid with @has_icmp.
 * @icmp_type: ICMP type, valid with @has_icmp.
 * @icmp_code: ICMP code, valid with @has_icmp.
 * @protocol: IPPROTO_*.
 * @has_ports: It has ports.
 * @has_icmp: It has ICMP fields.
 */
struct ct_tuple {
	u8 src[16];
	u8 dst[16];
	u16 src_port;
	u16 dst_port;
	u16 gre_key;
	u16 gre_src_key;
	u16 icmp_id;
	u8 icmp_type;
	u8 icmp_code;
	u8 protocol;
	bool has_ports;
	bool has_icmp;
};

/**
 * struct ct_count - Counters of one direction.
 * @packets: Packets.
 * @bytes: Bytes.
 */
struct ct_count {
	u64 packets;
	u64 bytes;
};

/**
 * struct ct_conn - One conntrack entry.
 * @has: CT_HAS_*, what of the below the kernel told.
 * @id: Conntrack id in network order.
 * @status: enum ip_conntrack_status and CT_STATUS_FT*.
 * @timeout: Seconds left.
 * @mark: Connection mark.
 * @zone: Zone of both directions.
 * @dir_zone: Zone of one direction, 0 for none; an entry has no more than one
 *	zone, of both or of one.
 * @family: AF_INET or AF_INET6.
 * @tcp_state: enum tcp_conntrack.
 * @tuple: Both directions.
 * @count: Counters of both directions.
 * @helper: Name of the helper, in the message, or NULL.
 */
struct ct_conn {
	u32 has;
	u32 id;
	u32 status;
	u32 timeout;
	u32 mark;
	u16 zone;
	u16 dir_zone[DIR_COUNT];
	u8 family;
	u8 tcp_state;
	struct ct_tuple tuple[DIR_COUNT];
	struct ct_count count[DIR_COUNT];
	const char *helper;
};

/* Source and destination of the original direction, then of the reply. */
#define CT_FILTER_ADDRESSES	4

/**
 * struct ct_filter - What the kernel shall leave out of a dump.
 * @family: Only this address family, or AF_UNSPEC.
 * @has_protocol: Only @protocol; needs a family.
 * @protocol: IPPROTO_*.
 * @status: These status bits, of those in @status_mask.
 * @status_mask: Status bits that count.
 * @mark: This connection mark, of those bits in @mark_mask.
 * @mark_mask: Bits of the mark that count.
 * @address: Only these addresses, NULL for any; need a family.
 */
struct ct_filter {
	u8 family;
	bool has_protocol;
	u8 protocol;
	u32 status;
	u32 status_mask;
	u32 mark;
	u32 mark_mask;
	const u8 *address[CT_FILTER_ADDRESSES];
};

typedef int (*ct_conn_cb)(const struct ct_conn *conn, void *data);

struct nlmsghdr *ct_build_dump(struct nl *nl,
			       const struct ct_filter *filter);
int ct_dump(struct nl *nl, const struct ct_filter *filter, ct_conn_cb cb,
	    void *data);
int ct_count(struct nl *nl, u8 family, u64 *count);
int ct_get_entries(struct nl *nl, u32 *entries);
struct nlmsghdr *ct_build_delete(struct nl *nl, const struct ct_conn *conn);
int ct_delete(struct nl *nl, const struct ct_conn *conn);
int ct_report(const struct nl *nl, int err, const char *what);

int ct_decode(const struct nlmsghdr *nlh, struct ct_conn *conn);
int ct_decode_entries(const struct nlmsghdr *nlh, u32 *entries);
void ct_key(const struct ct_conn *conn, struct ft_key *key);
bool ct_nat_differs(const struct ct_conn *conn, int dir);

#endif /* FTCTL_CTNETLINK_H */
