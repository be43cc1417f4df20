// SPDX-License-Identifier: GPL-2.0
/*
 * Owns what the engine reads from and writes to a conntrack entry: TCP
 * sequence state, timeout, accounting. Knows nothing of packets or routes.
 *
 * Conntrack never sees a fast packet. Before any packet of the flow goes slow
 * its TCP state is brought to where it would be had conntrack seen them all,
 * so window and RST checks keep their strength and timeouts their meaning.
 */
#include <linux/tcp.h>
#include <linux/unaligned.h>
#include <net/netfilter/nf_conntrack_acct.h>
#include <net/netfilter/nf_conntrack_l4proto.h>
#include <net/netfilter/nf_conntrack_timeout.h>
#include <net/tcp.h>

#include "fasttrack.h"

/* conntrack's private index of a packet with ACK and nothing of note, enum
 * tcp_bit_set in nf_conntrack_proto_tcp.c: SYN, SYNACK, FIN, ACK.
 */
#define FT_TCP_ACK_SET	3

static u32 ft_later(u32 a, u32 b)
{
	return after(a, b) ? a : b;
}

static bool ft_tcp_known(const struct ip_ct_tcp_state *s)
{
	return s->td_maxwin && s->flags & IP_CT_TCP_FLAG_MAXACK_SET;
}

/* What conntrack knows better, and nothing else: a store of what we have already
 * might take back what a fast packet on another CPU has stored meanwhile, and of
 * that one conntrack would never hear.
 */
static void ft_dir_load(struct fasttrack_dir *d,
			const struct ip_ct_tcp_state *s, u32 edge)
{
	u64 word = READ_ONCE(d->tcp_word);

	if (after(s->td_end, READ_ONCE(d->tcp_end)))
		WRITE_ONCE(d->tcp_end, s->td_end);
	if (after(s->td_maxack, ft_tcp_word_ack(word)))
		WRITE_ONCE(d->tcp_word, ft_tcp_word(s->td_maxack,
						    ft_tcp_word_win(word)));
	if (after(edge, READ_ONCE(d->tcp_edge)))
		WRITE_ONCE(d->tcp_edge, edge);
	if (s->td_maxwin > READ_ONCE(d->tcp_maxwin))
		WRITE_ONCE(d->tcp_maxwin, s->td_maxwin);
}

/**
 * ft_ct_load - learn conntrack's TCP state, slow packets included
 * @flow: flow
 *
 * A fast packet on another CPU may overwrite what is loaded with something
 * older by one packet. Then a window check fails that need not have, that
 * packet goes slow and the state is loaded again.
 *
 * Return: whether the connection is established and conntrack knows the window
 * and the last acknowledgment of both sides; until then nothing is loaded.
 * Always true for UDP. Context: flow->lock; takes ct->lock inside.
 */
bool ft_ct_load(struct fasttrack_flow *flow)
{
	struct nf_conn *ct = flow->ct;
	unsigned int dir;

	if (ft_flow_proto(flow) != IPPROTO_TCP)
		return true;
	spin_lock(&ct->lock);
	if (ct->proto.tcp.state != TCP_CONNTRACK_ESTABLISHED ||
	    !ft_tcp_known(&ct->proto.tcp.seen[IP_CT_DIR_ORIGINAL]) ||
	    !ft_tcp_known(&ct->proto.tcp.seen[IP_CT_DIR_REPLY])) {
		spin_unlock(&ct->lock);
		return false;
	}
	for (dir = 0; dir < IP_CT_DIR_MAX; dir++) {
		const struct ip_ct_tcp_state *s = &ct->proto.tcp.seen[dir];
		u32 edge = ct->proto.tcp.seen[!dir].td_maxend;
		struct fasttrack_dir *d = ft_flow_dir(flow, dir);

		if (flow->tcp_loaded) {
			ft_dir_load(d, s, edge);
		} else {
			u16 win = ft_tcp_word_win(READ_ONCE(d->tcp_word));

			WRITE_ONCE(d->tcp_end, s->td_end);
			WRITE_ONCE(d->tcp_word, ft_tcp_word(s->td_maxack, win));
			WRITE_ONCE(d->tcp_edge, edge);
			WRITE_ONCE(d->tcp_maxwin, s->td_maxwin);
		}
		d->scale = s->td_scale;
	}
	spin_unlock(&ct->lock);
	flow->tcp_loaded = true;
	return true;
}

static u32 ft_dir_acked(const struct fasttrack_dir *d)
{
	return ft_tcp_word_ack(READ_ONCE(d->tcp_word));
}

static u16 ft_dir_window(const struct fasttrack_dir *d)
{
	return ft_tcp_word_win(READ_ONCE(d->tcp_word));
}

static bool ft_dir_unacked(struct fasttrack_flow *flow, unsigned int dir)
{
	return ft_dir_acked(ft_flow_dir(flow, !dir)) !=
	       READ_ONCE(ft_flow_dir(flow, dir)->tcp_end);
}

static void ft_tcp_sync_dir(struct fasttrack_flow *flow, unsigned int dir)
{
	struct ip_ct_tcp *tcp = &flow->ct->proto.tcp;
	struct fasttrack_dir *d = ft_flow_dir(flow, dir);
	struct ip_ct_tcp_state *s = &tcp->seen[dir];

	s->td_end = ft_later(READ_ONCE(d->tcp_end), s->td_end);
	s->td_maxack = ft_later(ft_dir_acked(d), s->td_maxack);
	s->flags |= IP_CT_TCP_FLAG_MAXACK_SET;
	s->td_maxwin = max(READ_ONCE(d->tcp_maxwin), s->td_maxwin);
	tcp->seen[!dir].td_maxend = ft_later(READ_ONCE(d->tcp_edge),
					     tcp->seen[!dir].td_maxend);
}

/* The newest fast packet is conntrack's last packet. Which direction it had
 * is known to a jiffy; in doubt it is @hint, whose next packet is at hand.
 */
static void ft_tcp_sync_last(struct fasttrack_flow *flow, unsigned int hint)
{
	struct ip_ct_tcp *tcp = &flow->ct->proto.tcp;
	unsigned int dir = hint;
	struct fasttrack_dir *d;

	if (ft_before(READ_ONCE(ft_flow_dir(flow, hint)->last),
		      READ_ONCE(ft_flow_dir(flow, !hint)->last)))
		dir = !hint;
	d = ft_flow_dir(flow, dir);
	tcp->last_index = FT_TCP_ACK_SET;
	tcp->last_dir = dir;
	tcp->last_end = READ_ONCE(d->tcp_end);
	tcp->last_seq = tcp->last_end;
	tcp->last_ack = ft_dir_acked(d);
	tcp->last_win = ft_dir_window(d);
	tcp->retrans = 0;
}

/* Bring conntrack's TCP state up to the last fast packet. Its view of the
 * last packet and of what is unacknowledged is its own again once it has seen
 * the connection close.
 */
static void ft_tcp_sync(struct fasttrack_flow *flow, unsigned int hint)
{
	struct nf_conn *ct = flow->ct;
	unsigned int i;

	spin_lock(&ct->lock);
	ft_tcp_sync_dir(flow, IP_CT_DIR_ORIGINAL);
	ft_tcp_sync_dir(flow, IP_CT_DIR_REPLY);
	if (ct->proto.tcp.state == TCP_CONNTRACK_ESTABLISHED) {
		for (i = 0; i < IP_CT_DIR_MAX; i++) {
			struct ip_ct_tcp_state *s = &ct->proto.tcp.seen[i];

			if (s->td_end == ct->proto.tcp.seen[!i].td_maxack)
				s->flags &= ~IP_CT_TCP_FLAG_DATA_UNACKNOWLEDGED;
			else
				s->flags |= IP_CT_TCP_FLAG_DATA_UNACKNOWLEDGED;
		}
		ft_tcp_sync_last(flow, hint);
	}
	spin_unlock(&ct->lock);
}

/* Did the last fast packet close its sender's window? Which one was the last is
 * known to a jiffy; in doubt it did not.
 */
static bool ft_tcp_stuck(struct fasttrack_flow *flow)
{
	const struct fasttrack_dir *a = ft_flow_dir(flow, IP_CT_DIR_ORIGINAL);
	const struct fasttrack_dir *b = ft_flow_dir(flow, IP_CT_DIR_REPLY);
	u32 a_last = READ_ONCE(a->last), b_last = READ_ONCE(b->last);

	return (ft_before(a_last, b_last) || !ft_dir_window(a)) &&
	       (ft_before(b_last, a_last) || !ft_dir_window(b));
}

static u32 ft_tcp_timeout(struct fasttrack_flow *flow, const unsigned int *t)
{
	u32 timeout = t[TCP_CONNTRACK_ESTABLISHED];

	if (ft_dir_unacked(flow, 0) || ft_dir_unacked(flow, 1))
		timeout = min(timeout, t[TCP_CONNTRACK_UNACK]);
	else if (ft_tcp_stuck(flow))
		timeout = min(timeout, t[TCP_CONNTRACK_RETRANS]);
	return timeout;
}

static const unsigned int *ft_timeouts(struct fasttrack_flow *flow)
{
	struct net *net = nf_ct_net(flow->ct);
	const unsigned int *t = nf_ct_timeout_lookup(flow->ct);

	if (t)
		return t;
	if (ft_flow_proto(flow) == IPPROTO_TCP)
		return nf_tcp_pernet(net)->timeouts;
	return nf_udp_pernet(net)->timeouts;
}

/* The timeout conntrack would give the entry at its last fast packet */
static u32 ft_ct_timeout(struct fasttrack_flow *flow)
{
	const unsigned int *t = ft_timeouts(flow);

	if (ft_flow_proto(flow) == IPPROTO_TCP)
		return ft_tcp_timeout(flow, t);
	if (test_bit(IPS_ASSURED_BIT, &flow->ct->status))
		return t[UDP_CT_REPLIED];
	return t[UDP_CT_UNREPLIED];
}

static u16 ft_option_seen(u8 kind)
{
	switch (kind) {
	case TCPOPT_EOL:
	case TCPOPT_NOP:
		return 0;
	case TCPOPT_SACK:
		return FT_SEEN_SACK;
	case TCPOPT_TIMESTAMP:
		return FT_SEEN_STAMPS;
	case TCPOPT_MD5SIG:
		return FT_SEEN_MD5;
	case 29: /* TCP-AO, RFC 5925 */
		return FT_SEEN_AO;
	case TCPOPT_MPTCP:
		return FT_SEEN_MPTCP;
	case 172: /* Accurate ECN, RFC 9768 */
		return FT_SEEN_ACCECN0;
	case 174:
		return FT_SEEN_ACCECN1;
	default:
		return FT_SEEN_ODD;
	}
}

/**
 * ft_tcp_seen - what has a TCP segment that a rule may take away?
 * @th: its header
 * @options: behind the header
 * @left: bytes of them
 *
 * Options are read as TCPOPTSTRIP does, to which the end of them is one like
 * others.
 *
 * Return: FT_SEEN_* but for the ECN field. Context: any.
 */
u16 ft_tcp_seen(const struct tcphdr *th, const u8 *options, int left)
{
	const __be32 flags = tcp_flag_word(th);
	u16 seen = 0;
	int size, i;

	if (flags & TCP_FLAG_ECE)
		seen |= FT_SEEN_ECE;
	if (flags & TCP_FLAG_CWR)
		seen |= FT_SEEN_CWR;
	if (flags & TCP_FLAG_URG)
		seen |= FT_SEEN_URG;
	if (flags & TCP_RESERVED_BITS)
		seen |= FT_SEEN_RESERVED;
	for (i = 0; i < left - 1; i += size) {
		size = options[i] <= TCPOPT_NOP ? 1 : options[i + 1] ?: 1;
		if (i + size > left)
			break;
		seen |= ft_option_seen(options[i]);
	}
	return seen;
}

static u32 ft_sack_highest(const u8 *p, int left, u32 ack)
{
	int size, i;

	for (; left > 1 && *p != TCPOPT_EOL; left -= size, p += size) {
		size = *p == TCPOPT_NOP ? 1 : p[1];
		if (*p == TCPOPT_NOP)
			continue;
		if (size < 2 || size > left)
			break;
		if (*p != TCPOPT_SACK || size < 10 || (size - 2) % 8)
			continue;
		for (i = 2; i < size; i += TCPOLEN_SACK_PERBLOCK)
			ack = ft_later(get_unaligned_be32(p + i + 4), ack);
		break;
	}
	return ack;
}

/* Edge and window that the segment grants, if @sack is what it acknowledges:
 * see ft_tcp_track(), which knows the plain acknowledgment
 */
static void ft_sack_track(struct fasttrack_dir *d, const struct tcphdr *th,
			  u32 sack)
{
	u32 win = (u32)ntohs(th->window) << d->scale;
	u32 edge = sack + (win ?: 1);

	if (after(edge, READ_ONCE(d->tcp_edge)))
		WRITE_ONCE(d->tcp_edge, edge);
	win += sack - ntohl(th->ack_seq);
	if (win > READ_ONCE(d->tcp_maxwin))
		WRITE_ONCE(d->tcp_maxwin, win);
}

/* Conntrack minds selective acknowledgments if the receiver of the segment has
 * offered SACK, and then they count like others: the segment is INVALID if one is
 * of what was never sent, and moves the edge that the peer may send up to.
 */
static enum fasttrack_reason ft_sack(const struct fasttrack_packet *pkt,
				     const u8 *options, int left, u8 family)
{
	const struct fasttrack_dir *rev = ft_dir_reverse(pkt->dir, family);
	const struct tcphdr *th = (void *)(pkt->skb->data + pkt->thoff);
	u32 ack = ntohl(th->ack_seq), sack;

	sack = ft_sack_highest(options, left, ack);
	if (sack == ack)
		return FASTTRACK_REASON_NONE;
	/* Blocks that lie apart by half of all numbers may end anywhere */
	if (after(sack, READ_ONCE(rev->tcp_end)) || before(sack, ack))
		return FASTTRACK_REASON_TCP_WINDOW;
	ft_sack_track(pkt->dir, th, sack);
	return FASTTRACK_REASON_NONE;
}

/**
 * ft_ct_options - judge the options and rare flags of a TCP segment
 * @pkt: TCP segment in the window and good otherwise; it goes fast, or slow past
 *	conntrack, if they are good
 * @family: 0 IPv4, 1 IPv6
 *
 * A rule may take them away, which shows in a segment that has them and in no
 * other. So if the slow path has not been seen to leave them it is asked.
 *
 * Return: why the segment has to go slow. Context: RCU read side.
 */
enum fasttrack_reason ft_ct_options(struct fasttrack_packet pkt, u8 family)
{
	struct fasttrack_flow *flow = ft_dir_flow(pkt.dir, family);
	const struct tcphdr *th = (void *)(pkt.skb->data + pkt.thoff);
	int left = th->doff * 4 - sizeof(*th);
	u8 buf[MAX_TCP_OPTION_SPACE] __uninitialized;
	const u8 *options;
	u16 seen;

	options = skb_header_pointer(pkt.skb, pkt.thoff + sizeof(*th), left,
				     buf);
	if (!options)
		return FASTTRACK_REASON_LENGTH;
	seen = ft_tcp_seen(th, options, left);
	if (seen & FT_SEEN_ODD)
		return FASTTRACK_REASON_TCP_WINDOW;
	if (seen & ~READ_ONCE(pkt.dir->seen))
		return FASTTRACK_REASON_LEARNING;
	if (!(READ_ONCE(flow->ct->proto.tcp.seen[!pkt.dir->dir].flags) &
	      IP_CT_TCP_FLAG_SACK_PERM))
		return FASTTRACK_REASON_NONE;
	return ft_sack(&pkt, options, left, family);
}

/**
 * ft_ct_lease_cap - longest lease that keeps a flow's entry alive and true
 * @flow: flow
 *
 * Half of the shortest timeout that applies; for UDP that is not assured yet
 * just past the two seconds after which conntrack makes it so.
 *
 * Return: jiffies, at least 1. Context: RCU read side.
 */
u32 ft_ct_lease_cap(struct fasttrack_flow *flow)
{
	const unsigned int *t = ft_timeouts(flow);
	s32 assure;
	u32 cap;

	if (ft_flow_proto(flow) == IPPROTO_TCP)
		return max(1U, min3(t[TCP_CONNTRACK_ESTABLISHED],
				    t[TCP_CONNTRACK_UNACK],
				    t[TCP_CONNTRACK_RETRANS]) / 2);
	if (test_bit(IPS_ASSURED_BIT, &flow->ct->status))
		return max(1U, t[UDP_CT_REPLIED] / 2);
	cap = max(1U, t[UDP_CT_UNREPLIED] / 2);
	assure = (s32)((u32)flow->ct->proto.udp.stream_ts - (u32)jiffies) + 2;
	return min_t(u32, cap, max(assure, 1));
}

/* Advance the entry to what conntrack would have set at the last fast packet.
 * Only ever later, with one exception: TCP data that nobody acknowledged, as
 * far as conntrack and we know, or a window that was closed bring an established
 * timeout down to the one for that, as the slow path does.
 *
 * Conntrack writes state before timeout, so read them the other way round: a
 * packet that closes the connection meanwhile shows in the state, or in the
 * timeout and wins the cmpxchg.
 */
static void ft_ct_refresh(struct fasttrack_flow *flow, u32 last)
{
	struct nf_conn *ct = flow->ct;
	u32 was, timeout;

	if (test_bit(IPS_FIXED_TIMEOUT_BIT, &ct->status) || ft_ct_gone(ct))
		return;
	was = READ_ONCE(ct->timeout);
	/* Timeout before state, see above */
	smp_rmb();
	if (!ft_ct_load(flow))
		return;
	timeout = ft_ct_timeout(flow);
	flow->fold_every = clamp_t(u32, timeout / 4, 1, HZ);
	if (ft_before(was, last + timeout) ||
	    (ft_flow_proto(flow) == IPPROTO_TCP &&
	     timeout != ft_timeouts(flow)[TCP_CONNTRACK_ESTABLISHED]))
		cmpxchg(&ct->timeout, was, last + timeout);
}

/* Tell conntrack and the namespace the counters of a direction. Returns
 * whether there was anything to tell.
 */
static bool ft_ct_account(struct fasttrack_net *fn, struct fasttrack_flow *flow,
			  unsigned int dir)
{
	const struct fasttrack_dir *d = ft_flow_dir(flow, dir);
	struct fasttrack_cold *c = &flow->cold[dir];
	struct nf_conn_acct *acct;
	u32 packets, bytes;

	packets = READ_ONCE(d->packets) + atomic_read(&c->other_packets);
	packets -= (u32)c->told_packets;
	bytes = READ_ONCE(d->bytes) + atomic_read(&c->other_bytes);
	bytes -= (u32)c->told_bytes;
	if (!packets && !bytes)
		return false;
	c->told_packets += packets;
	WRITE_ONCE(c->told_bytes, c->told_bytes + bytes);
	ft_mib_tell(fn, flow, dir);
	acct = nf_conn_acct_find(flow->ct);
	if (acct) {
		atomic64_add(packets, &acct->counter[dir].packets);
		atomic64_add(bytes, &acct->counter[dir].bytes);
	}
	ft_ingress_hits(fn, d->iif, packets);
	atomic64_add(packets, &fn->packets[flow->family]);
	atomic64_add(bytes, &fn->bytes[flow->family]);
	return true;
}

/**
 * ft_ct_fold - tell conntrack what the fast packets did: counters, TCP, time
 * @flow: flow
 * @dir: direction of a packet that is about to go slow, else either
 * @now: jiffies
 *
 * The counters of the flow are never set back; what was told is remembered.
 * Cheap when nothing was sent fast since the last call.
 *
 * Context: flow->lock; takes ct->lock inside.
 */
void ft_ct_fold(struct fasttrack_flow *flow, unsigned int dir, u32 now)
{
	struct fasttrack_net *fn = ft_flow_net(flow);
	u32 last[IP_CT_DIR_MAX];
	bool sent[IP_CT_DIR_MAX];
	unsigned int i;

	WRITE_ONCE(flow->last_fold, (u16)now);
	for (i = 0; i < IP_CT_DIR_MAX; i++)
		sent[i] = ft_ct_account(fn, flow, i);
	if (!sent[0] && !sent[1])
		return;
	/* Pairs with ft_account(): what is counted has its state and time stored.
	 * If the time is a later packet's, that one has passed its last check.
	 */
	smp_rmb();
	for (i = 0; i < IP_CT_DIR_MAX; i++)
		last[i] = READ_ONCE(ft_flow_dir(flow, i)->last);
	if (ft_flow_proto(flow) == IPPROTO_TCP)
		ft_tcp_sync(flow, dir);
	if (!sent[0] || (sent[1] && ft_before(last[0], last[1])))
		last[0] = last[1];
	rcu_read_lock();
	ft_ct_refresh(flow, last[0]);
	rcu_read_unlock();
}
