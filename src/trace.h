/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the tracepoints: the same news that listeners of the netlink group get,
 * with the counters as they are at that moment. notify.c is their only caller.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM fasttrack

#if !defined(_FASTTRACK_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _FASTTRACK_TRACE_H

#include <linux/tracepoint.h>
#include <net/netfilter/nf_conntrack.h>

#include "fasttrack.h"

/* Socket addresses, because %pISpc prints those of both families */
DECLARE_EVENT_CLASS(fasttrack_connection,
	TP_PROTO(struct fasttrack_flow *flow, enum fasttrack_reason reason,
		 const u64 *packets, const u64 *bytes),

	TP_ARGS(flow, reason, packets, bytes),

	TP_STRUCT__entry(
		__field(u32, netns)
		__field(u32, id)
		__field(u8, proto)
		__field(u8, reason)
		__array(u8, src, sizeof(struct sockaddr_in6))
		__array(u8, dst, sizeof(struct sockaddr_in6))
		__field(u64, orig_packets)
		__field(u64, orig_bytes)
		__field(u64, repl_packets)
		__field(u64, repl_bytes)
	),

	TP_fast_assign(
		const struct nf_conntrack_tuple *t;

		t = nf_ct_tuple(flow->ct, IP_CT_DIR_ORIGINAL);
		__entry->netns = nf_ct_net(flow->ct)->ns.inum;
		__entry->id = be32_to_cpu((__force __be32)
					  nf_ct_get_id(flow->ct));
		__entry->proto = t->dst.protonum;
		__entry->reason = reason;
		ft_trace_address(__entry->src, t->src.l3num, &t->src.u3,
				 t->src.u.all);
		ft_trace_address(__entry->dst, t->src.l3num, &t->dst.u3,
				 t->dst.u.all);
		__entry->orig_packets = packets[IP_CT_DIR_ORIGINAL];
		__entry->orig_bytes = bytes[IP_CT_DIR_ORIGINAL];
		__entry->repl_packets = packets[IP_CT_DIR_REPLY];
		__entry->repl_bytes = bytes[IP_CT_DIR_REPLY];
	),

	TP_printk("netns=%u id=%u protocol=%u src=%pISpc dst=%pISpc reason=%u orig-packets=%llu orig-bytes=%llu repl-packets=%llu repl-bytes=%llu",
		  __entry->netns, __entry->id, __entry->proto, __entry->src,
		  __entry->dst, __entry->reason,
		  __entry->orig_packets, __entry->orig_bytes,
		  __entry->repl_packets, __entry->repl_bytes)
);

DEFINE_EVENT(fasttrack_connection, fasttrack_fast,
	TP_PROTO(struct fasttrack_flow *flow, enum fasttrack_reason reason,
		 const u64 *packets, const u64 *bytes),
	TP_ARGS(flow, reason, packets, bytes)
);

DEFINE_EVENT(fasttrack_connection, fasttrack_released,
	TP_PROTO(struct fasttrack_flow *flow, enum fasttrack_reason reason,
		 const u64 *packets, const u64 *bytes),
	TP_ARGS(flow, reason, packets, bytes)
);

DEFINE_EVENT(fasttrack_connection, fasttrack_closed,
	TP_PROTO(struct fasttrack_flow *flow, enum fasttrack_reason reason,
		 const u64 *packets, const u64 *bytes),
	TP_ARGS(flow, reason, packets, bytes)
);

#endif /* _FASTTRACK_TRACE_H */

/* Out of the kernel's tree: src/ is on the include path, see Kbuild */
#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
