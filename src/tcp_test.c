// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit: TCP tracking against conntrack itself. Two connections with the same
 * segments: conntrack sees all those of the first; of the second the engine
 * keeps what it would send fast, and syncs before what it would not. Whatever
 * conntrack is shown must find both entries alike, and get the same answer.
 *
 * A connection is left alone when a segment beyond the window has made conntrack
 * forget data that it saw before (td_end goes back): the engine does not forget.
 */
#include <linux/ip.h>
#include <linux/tcp.h>
#include <net/net_namespace.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_l4proto.h>
#include <net/tcp.h>

#include "hook.h"
#include "testbed.h"

/**
 * struct tc_pair - both connections
 * @family: 0 IPv4, 1 IPv6
 * @t: original tuple of each, they differ in the source port
 * @ct: their entries, referenced
 * @flow: of the second
 * @end: hosts, by direction
 * @fast: segments that went fast
 * @slow: segments that conntrack saw of both
 * @sacked: fast ones whose selective acknowledgment moved the edge
 */
struct tc_pair {
	u8			family;
	struct tb_tuple		t[2];
	struct nf_conn		*ct[2];
	struct fasttrack_flow	*flow;
	struct tb_end		end[IP_CT_DIR_MAX];
	unsigned int		fast;
	unsigned int		slow;
	unsigned int		sacked;
};

static struct tb_tuple tc_tuple(const struct tb_tuple *t, unsigned int dir)
{
	struct tb_tuple out = *t;

	if (dir == IP_CT_DIR_REPLY) {
		out.src = t->dst;
		out.dst = t->src;
		out.sport = t->dport;
		out.dport = t->sport;
	}
	return out;
}

static struct sk_buff *tc_skb(struct kunit *test, const struct tc_pair *pair,
			      unsigned int which, unsigned int dir,
			      const struct tb_packet *p)
{
	struct tb_packet packet = *p;
	struct sk_buff *skb;

	packet.family = pair->family;
	packet.proto = IPPROTO_TCP;
	packet.t = tc_tuple(&pair->t[which], dir);
	skb = tb_skb(test, &packet);
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	return skb;
}

/* Show conntrack a packet. Returns the entry, referenced, if it is valid. */
static struct nf_conn *tc_conntrack(struct kunit *test, u8 family,
				    struct sk_buff *skb)
{
	struct nf_hook_state state = {
		.hook	= NF_INET_PRE_ROUTING,
		.pf	= family ? NFPROTO_IPV6 : NFPROTO_IPV4,
		.in	= init_net.loopback_dev,
		.net	= &init_net,
	};
	enum ip_conntrack_info ctinfo;
	struct nf_conn *ct;
	unsigned int verdict;

	rcu_read_lock();
	verdict = nf_conntrack_in(skb, &state);
	if (verdict == NF_ACCEPT)
		verdict = nf_conntrack_confirm(skb);
	rcu_read_unlock();
	ct = nf_ct_get(skb, &ctinfo);
	if (verdict != NF_ACCEPT || !ct)
		return NULL;
	nf_conntrack_get(&ct->ct_general);
	return ct;
}

/* A segment that must be valid, to both connections */
static void tc_both(struct kunit *test, struct tc_pair *pair, unsigned int dir,
		    const struct tb_packet *p)
{
	struct sk_buff *skb;
	struct nf_conn *ct;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		skb = tc_skb(test, pair, i, dir, p);
		ct = tc_conntrack(test, pair->family, skb);
		kfree_skb(skb);
		KUNIT_ASSERT_NOT_NULL(test, ct);
		if (pair->ct[i])
			nf_ct_put(ct);
		else
			pair->ct[i] = ct;
	}
}

static void tc_open(struct kunit *test, struct tc_pair *pair)
{
	struct tb_end *c = &pair->end[0], *s = &pair->end[1];
	u8 opt[8] = { TCPOPT_WINDOW, TCPOLEN_WINDOW, 0, TCPOPT_NOP,
		      TCPOPT_NOP, TCPOPT_NOP,
		      TCPOPT_SACK_PERM, TCPOLEN_SACK_PERM };
	struct tb_packet p = { .opt = opt };

	tb_bytes(&pair->t[0], sizeof(pair->t[0]));
	pair->t[1] = pair->t[0];
	pair->t[1].sport ^= htons(1);
	c->iss = tb_random();
	s->iss = tb_below(4) ? tb_random() : 0U - tb_below(5000);
	c->scale = tb_below(9);
	s->scale = tb_below(9);

	/* Both, one or none offers SACK */
	opt[2] = c->scale;
	p.optlen = tb_below(4) ? 8 : 4;
	p.seq = c->iss;
	p.flags = TCPHDR_SYN;
	p.win = 20000;
	tc_both(test, pair, 0, &p);
	opt[2] = s->scale;
	p.optlen = tb_below(4) ? 8 : 4;
	p.seq = s->iss;
	p.ack = c->iss + 1;
	p.flags = TCPHDR_SYN | TCPHDR_ACK;
	tc_both(test, pair, 1, &p);
	c->next = c->iss + 1;
	s->next = s->iss + 1;
	c->edge = c->next + p.win;

	p.optlen = 0;
	p.seq = c->next;
	p.ack = s->next;
	p.flags = TCPHDR_ACK;
	p.win = 1 + tb_below(40000);
	tc_both(test, pair, 0, &p);
	s->edge = s->next + ((u32)p.win << c->scale);

	/* Conntrack wants the window of both sides before it is sure */
	p.seq = s->next;
	p.ack = c->next;
	p.win = 1 + tb_below(40000);
	tc_both(test, pair, 1, &p);
	c->edge = max(c->edge, c->next + ((u32)p.win << s->scale));
	pair->flow = tb_flow(test, pair->ct[1]);
	spin_lock_bh(&pair->flow->lock);
	KUNIT_EXPECT_TRUE(test, ft_ct_load(pair->flow));
	ft_flow_dir(pair->flow, 0)->seen = (u16)~FT_SEEN_ODD;
	ft_flow_dir(pair->flow, 1)->seen = (u16)~FT_SEEN_ODD;
	spin_unlock_bh(&pair->flow->lock);
}

static void tc_close(struct tc_pair *pair)
{
	unsigned int i;

	if (pair->flow) {
		rcu_read_lock();
		ft_flow_kill(pair->flow, FASTTRACK_REASON_FLUSHED);
		rcu_read_unlock();
	}
	for (i = 0; i < 2; i++) {
		if (!pair->ct[i])
			continue;
		nf_ct_kill(pair->ct[i]);
		nf_ct_put(pair->ct[i]);
	}
}

/* Both entries as they are, and the segment that showed a difference */
static void tc_fail(struct kunit *test, const struct tc_pair *pair,
		    unsigned int dir, const struct tb_packet *p,
		    const char *what)
{
	unsigned int i, j;

	KUNIT_FAIL(test, "%s: dir %u seq %u len %u ack %u win %u flags %#x; %u fast %u slow\n",
		   what, dir, p->seq, p->len, p->ack, p->win, p->flags,
		   pair->fast, pair->slow);
	for (i = 0; i < 2; i++) {
		const struct ip_ct_tcp *tcp = &pair->ct[i]->proto.tcp;

		for (j = 0; j < IP_CT_DIR_MAX; j++)
			kunit_err(test, "%s state %u dir %u: end %u maxend %u maxwin %u maxack %u flags %#x\n",
				  i ? "with the engine" : "conntrack alone",
				  tcp->state, j, tcp->seen[j].td_end,
				  tcp->seen[j].td_maxend,
				  tcp->seen[j].td_maxwin,
				  tcp->seen[j].td_maxack, tcp->seen[j].flags);
	}
	for (j = 0; j < IP_CT_DIR_MAX; j++) {
		const struct fasttrack_dir *d = ft_flow_dir(pair->flow, j);

		kunit_err(test, "engine dir %u: end %u edge %u maxwin %u ack %u scale %u\n",
			  j, d->tcp_end, d->tcp_edge, d->tcp_maxwin,
			  ft_tcp_word_ack(d->tcp_word),
			  d->scale);
	}
}

static bool tc_equal(const struct tc_pair *pair)
{
	const struct ip_ct_tcp *a = &pair->ct[0]->proto.tcp;
	const struct ip_ct_tcp *b = &pair->ct[1]->proto.tcp;
	unsigned int dir;

	for (dir = 0; dir < IP_CT_DIR_MAX; dir++) {
		const struct ip_ct_tcp_state *s = &a->seen[dir];
		const struct ip_ct_tcp_state *u = &b->seen[dir];

		if (s->td_end != u->td_end || s->td_maxend != u->td_maxend ||
		    s->td_maxwin != u->td_maxwin ||
		    s->td_maxack != u->td_maxack || s->flags != u->flags)
			return false;
	}
	return a->state == b->state;
}

/* The second connection's segment takes the slow path, as ft_slow() and the
 * learn hook treat it. Returns whether conntrack took it for valid.
 */
static bool tc_slow(struct kunit *test, struct tc_pair *pair, unsigned int dir,
		    struct sk_buff *skb)
{
	struct nf_conn *ct;

	spin_lock_bh(&pair->flow->lock);
	ft_ct_fold(pair->flow, dir, (u32)jiffies);
	spin_unlock_bh(&pair->flow->lock);
	ct = tc_conntrack(test, pair->family, skb);
	if (ct)
		nf_ct_put(ct);
	spin_lock_bh(&pair->flow->lock);
	ft_ct_load(pair->flow);
	spin_unlock_bh(&pair->flow->lock);
	return ct;
}

/* Would the early hook send it? Then it is done with it, as the hook does. */
static bool tc_fast(struct tc_pair *pair, unsigned int dir,
		    const struct sk_buff *skb)
{
	struct fasttrack_dir *d = ft_flow_dir(pair->flow, dir);
	const struct tcphdr *th = tcp_hdr(skb);
	struct fasttrack_packet pkt = {
		.skb	= (struct sk_buff *)skb,
		.dir	= d,
		.thoff	= tb_thoff(pair->family),
		.len	= skb->len,
	};
	u32 edge = d->tcp_edge, granted;
	bool fast;

	local_bh_disable();
	fast = !ft_tcp_pass(&pkt, th, pair->family);
	if (fast) {
		d->last = (u32)jiffies;
		ft_account(tb_net(), d, (u32)jiffies, skb->len, 0,
			   pair->family);
	}
	local_bh_enable();
	if (!fast)
		return false;
	granted = ntohl(th->ack_seq) + ((u32)ntohs(th->window) << d->scale);
	pair->sacked += d->tcp_edge != edge && after(d->tcp_edge, granted + 1);
	pair->fast++;
	return true;
}

static void tc_learn_model(struct tc_pair *pair, unsigned int dir,
			   const struct tb_packet *p)
{
	struct tb_end *me = &pair->end[dir], *peer = &pair->end[!dir];
	u32 end = p->seq + p->len + !!(p->flags & TCPHDR_FIN);
	u32 edge = p->ack + ((u32)p->win << me->scale);

	if (after(end, me->next))
		me->next = end;
	if (after(edge, peer->edge))
		peer->edge = edge;
}

/* One segment to both; false after a difference */
static bool tc_step(struct kunit *test, struct tc_pair *pair, unsigned int dir,
		    const struct tb_packet *p, bool force_slow)
{
	struct sk_buff *a = tc_skb(test, pair, 0, dir, p);
	struct sk_buff *b = tc_skb(test, pair, 1, dir, p);
	struct nf_conn *valid = tc_conntrack(test, pair->family, a);
	const char *wrong = NULL;

	if (!force_slow && tc_fast(pair, dir, b)) {
		if (!valid)
			wrong = "fast, but conntrack alone calls it invalid";
	} else {
		pair->slow++;
		if (tc_slow(test, pair, dir, b) != !!valid)
			wrong = valid ? "invalid with the engine" :
					"valid with the engine";
		else if (!tc_equal(pair))
			wrong = "states differ";
	}
	if (wrong)
		tc_fail(test, pair, dir, p, wrong);
	if (valid) {
		tc_learn_model(pair, dir, p);
		nf_ct_put(valid);
	}
	kfree_skb(a);
	kfree_skb(b);
	return !wrong;
}

/* Has conntrack forgotten data? See the top of the file. */
static bool tc_forgot(const struct tc_pair *pair, u32 end[])
{
	bool forgot = false;
	unsigned int dir;

	for (dir = 0; dir < IP_CT_DIR_MAX; dir++) {
		u32 is = pair->ct[0]->proto.tcp.seen[dir].td_end;

		forgot |= before(is, end[dir]);
		end[dir] = is;
	}
	return forgot;
}

static void tcp_window(struct kunit *test)
{
	unsigned int i, n, fast = 0, slow = 0, forgot = 0, sacked = 0;
	u8 opt[MAX_TCP_OPTION_SPACE];
	u32 end[IP_CT_DIR_MAX];
	struct tb_packet p;
	bool good = true;

	for (i = 0; i < 300 && good; i++) {
		struct tc_pair pair = { .family = i & 1 };

		tc_open(test, &pair);
		end[0] = pair.end[0].next;
		end[1] = pair.end[1].next;
		for (n = 0; n < 300 && good; n++) {
			unsigned int dir = tb_random() & 1;

			if (tc_forgot(&pair, end)) {
				forgot++;
				break;
			}
			tb_segment(&pair.end[dir], &pair.end[!dir], &p, opt);
			good = tc_step(test, &pair, dir, &p, !tb_below(12));
		}
		fast += pair.fast;
		slow += pair.slow;
		sacked += pair.sacked;
		tc_close(&pair);
	}
	rcu_barrier();
	kunit_info(test, "%u fast, %u of them with SACK, %u slow, %u of 300 left alone\n",
		   fast, sacked, slow, forgot);
	KUNIT_EXPECT_GT(test, sacked, 1000U);
	KUNIT_EXPECT_GT(test, fast, 10000U);
	KUNIT_EXPECT_GT(test, slow, 3000U);
}

/* No header length and no flags, behind a segment that nothing was judged by */
static void tcp_headless(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < 4; i++) {
		struct tc_pair pair = { .family = i & 1 };
		struct tb_packet p = { .flags = TCPHDR_ACK };
		struct sk_buff *skb;

		tc_open(test, &pair);
		p.seq = pair.end[0].next;
		p.ack = pair.end[1].next;
		skb = tc_skb(test, &pair, 1, 0, &p);
		ft_flow_dir(pair.flow, 0)->tcp_word = ft_tcp_word(p.ack, 0);
		tcp_hdr(skb)->doff = 0;
		tcp_hdr(skb)->ack = 0;
		tcp_hdr(skb)->psh = i > 1;
		KUNIT_EXPECT_FALSE(test, tc_fast(&pair, 0, skb));
		tcp_hdr(skb)->doff = 5;
		tcp_hdr(skb)->ack = 1;
		KUNIT_EXPECT_TRUE(test, tc_fast(&pair, 0, skb));
		kfree_skb(skb);
		tc_close(&pair);
	}
	rcu_barrier();
}

/* Bulk data, then a reset or a FIN: conntrack's judgement of it */
static void tcp_ending(struct kunit *test)
{
	bool good = true;
	struct tb_packet p;
	unsigned int i, n;

	for (i = 0; i < 200 && good; i++) {
		struct tc_pair pair = { .family = i & 1 };
		unsigned int dir = tb_random() & 1;

		tc_open(test, &pair);
		for (n = 0; n < 20; n++) {
			memset(&p, 0, sizeof(p));
			p.flags = TCPHDR_ACK;
			p.win = 30000;
			p.seq = pair.end[n & 1].next;
			p.ack = pair.end[!(n & 1)].next;
			p.len = n < 18 && (n & 1) == dir ? 100 : 0;
			good = good && tc_step(test, &pair, n & 1, &p, false);
		}
		p.seq = pair.end[dir].next;
		p.ack = pair.end[!dir].next;
		p.len = 0;
		switch (i % 4) {
		case 0:	/* the right RST */
			p.flags = TCPHDR_RST;
			break;
		case 1:	/* a blind one, before what the peer has acked */
			p.flags = TCPHDR_RST;
			p.seq -= 1 + tb_below(1000000);
			break;
		case 2:	/* a blind one in the window */
			p.flags = TCPHDR_RST;
			p.seq += 1 + tb_below(1000);
			break;
		case 3:
			p.flags = TCPHDR_FIN | TCPHDR_ACK;
			break;
		}
		good = good && tc_step(test, &pair, dir, &p, false);
		tc_close(&pair);
	}
	rcu_barrier();
	KUNIT_EXPECT_TRUE(test, good);
}

/* After the last segment both entries live equally long. The two timeouts that
 * conntrack chooses between are made different for that.
 */
static void tcp_timeout(struct kunit *test)
{
	unsigned int *t = nf_tcp_pernet(&init_net)->timeouts;
	unsigned int unack = t[TCP_CONNTRACK_UNACK];
	unsigned int retrans = t[TCP_CONNTRACK_RETRANS];
	unsigned int i, n, seen[3] = {};
	bool good = true;
	struct tb_packet p;

	t[TCP_CONNTRACK_UNACK] = 200 * HZ;
	t[TCP_CONNTRACK_RETRANS] = 100 * HZ;
	for (i = 0; i < 200 && good; i++) {
		struct tc_pair pair = { .family = i & 1 };
		u32 a, b;

		tc_open(test, &pair);
		for (n = 0; n < 10; n++) {
			memset(&p, 0, sizeof(p));
			p.flags = TCPHDR_ACK;
			p.win = n == 9 && !tb_below(3) ? 0 : 20000;
			p.seq = pair.end[n & 1].next;
			p.ack = pair.end[!(n & 1)].next;
			p.len = n < 8 || tb_below(2) ? 1 + tb_below(100) : 0;
			/* Which packet was the last one is known to a jiffy */
			if (n == 9)
				schedule_timeout_uninterruptible(2);
			good = good && tc_step(test, &pair, n & 1, &p, false);
		}
		spin_lock_bh(&pair.flow->lock);
		ft_ct_fold(pair.flow, IP_CT_DIR_ORIGINAL, (u32)jiffies);
		spin_unlock_bh(&pair.flow->lock);
		a = DIV_ROUND_CLOSEST(pair.ct[0]->timeout - (u32)jiffies,
				      50 * HZ);
		b = DIV_ROUND_CLOSEST(pair.ct[1]->timeout - (u32)jiffies,
				      50 * HZ);
		KUNIT_EXPECT_EQ(test, a, b);
		seen[a == 2 ? 0 : a == 4 ? 1 : 2]++;
		tc_close(&pair);
	}
	t[TCP_CONNTRACK_UNACK] = unack;
	t[TCP_CONNTRACK_RETRANS] = retrans;
	rcu_barrier();
	kunit_info(test, "%u of zero window, %u unacknowledged, %u established\n",
		   seen[0], seen[1], seen[2]);
	KUNIT_EXPECT_TRUE(test, good && seen[0] && seen[1] && seen[2]);
}

static struct kunit_case tcp_cases[] = {
	KUNIT_CASE(tcp_window),
	KUNIT_CASE(tcp_headless),
	KUNIT_CASE(tcp_ending),
	KUNIT_CASE(tcp_timeout),
	{}
};

struct kunit_suite ft_tcp_suite = {
	.name		= "fasttrack_tcp",
	.init		= tb_init,
	.exit		= tb_exit,
	.test_cases	= tcp_cases,
};
