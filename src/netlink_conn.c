// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the requests about connections: list, find one, release. What they
 * name is a tuple or a filter (netlink_filter.c). Knows how to read the
 * engine, not how it works.
 */
#include <linux/jiffies.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_zones.h>
#include <net/netlink.h>

#include "netlink.h"
#include "netlink_filter.h"
#include "netlink_gen.h"
#include "refusal.h"
#include "table.h"

/**
 * struct ft_dump - where a dump of connections stands, in cb->ctx
 * @set: next bucket, the first of its set
 * @done: flows of that set that went out already
 * @family: table
 */
struct ft_dump {
	u32	set;
	u32	done;
	u8	family;
};

static int ft_put_connection(struct sk_buff *msg, struct netlink_callback *cb,
			     struct fasttrack_flow *flow)
{
	void *hdr;
	int err;

	hdr = genlmsg_put(msg, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			  &fasttrack_nl_family, NLM_F_MULTI,
			  FASTTRACK_CMD_CONNECTION_GET);
	if (!hdr)
		return -EMSGSIZE;
	genl_dump_check_consistent(cb, hdr);
	spin_lock_bh(&flow->lock);
	ft_ct_fold(flow, IP_CT_DIR_ORIGINAL, (u32)jiffies);
	err = ft_put_flow(msg, flow, flow->reason) ||
	      ft_put_direction(msg, flow, flow->ct, IP_CT_DIR_ORIGINAL,
			       false) ||
	      ft_put_direction(msg, flow, flow->ct, IP_CT_DIR_REPLY, false);
	spin_unlock_bh(&flow->lock);
	if (err) {
		genlmsg_cancel(msg, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(msg, hdr);
	return 0;
}

/* One bucket of a set, of whose flows the first @dump->done have gone out. @n
 * counts them.
 */
static int ft_dump_bucket(struct sk_buff *msg, struct netlink_callback *cb,
			  const struct ft_filter *filter,
			  const struct fasttrack_buckets *b, u32 bucket, u32 *n)
{
	struct ft_dump *dump = (struct ft_dump *)cb->ctx;
	struct fasttrack_flow *flow;
	struct fasttrack_dir *d;

	for (d = ft_chain_first(b, bucket); d;
	     d = rcu_dereference(d->next[b->ni])) {
		if (d->dir != IP_CT_DIR_ORIGINAL || (*n)++ < dump->done)
			continue;
		flow = ft_dir_flow(d, dump->family);
		if (ft_filter_match(filter, flow) &&
		    ft_put_connection(msg, cb, flow))
			return -EMSGSIZE;
		dump->done = *n;
	}
	return 0;
}

static int ft_dump_set(struct sk_buff *msg, struct netlink_callback *cb,
		       const struct ft_filter *filter,
		       const struct fasttrack_buckets *b)
{
	struct ft_dump *dump = (struct ft_dump *)cb->ctx;
	unsigned char *mark = skb_tail_pointer(msg);
	u32 n = 0, i;

	for (i = 0; i < FT_WAYS; i++) {
		if (!ft_dump_bucket(msg, cb, filter, b, dump->set + i, &n))
			continue;
		/* A set goes out whole if it can, so that a change of it
		 * between two messages hides no flow.
		 */
		if (mark != msg->data) {
			nlmsg_trim(msg, mark);
			dump->done = 0;
		}
		return -EMSGSIZE;
	}
	dump->done = 0;
	return 0;
}

/* Returns 0 when the family is complete */
static int ft_dump_family(struct sk_buff *msg, struct netlink_callback *cb,
			  const struct ft_filter *filter,
			  struct fasttrack_net *fn)
{
	struct ft_dump *dump = (struct ft_dump *)cb->ctx;
	const struct fasttrack_buckets *b;
	int err = 0;
	bool more;

	/* A filter may pass by millions. A growth in between doubles the sets, and
	 * what was at or after the cursor stays so: see ft_gc_walk().
	 */
	do {
		rcu_read_lock();
		b = rcu_dereference(fn->table[dump->family].cur);
		more = b && dump->set <= b->mask;
		if (more)
			err = ft_dump_set(msg, cb, filter, b);
		rcu_read_unlock();
		if (more && !err)
			dump->set += FT_WAYS;
		cond_resched();
	} while (more && !err);
	return err;
}

int fasttrack_nl_connection_get_dumpit(struct sk_buff *skb,
				       struct netlink_callback *cb)
{
	struct fasttrack_net *fn = ft_net(sock_net(skb->sk));
	struct ft_dump *dump = (struct ft_dump *)cb->ctx;
	struct ft_filter filter;
	int err;

	BUILD_BUG_ON(sizeof(*dump) > sizeof(cb->ctx));
	err = ft_filter_parse(&filter, genl_info_dump(cb)->attrs, cb->extack);
	if (err)
		return err;
	/* A table that grew meanwhile lists some flows twice: say so */
	cb->seq = ft_buckets(fn) + 1;
	while (dump->family < FT_FAMILIES) {
		u8 nfproto = dump->family ? NFPROTO_IPV6 : NFPROTO_IPV4;

		if ((!filter.family || filter.family == nfproto) &&
		    ft_dump_family(skb, cb, &filter, fn))
			break;
		dump->family++;
		dump->set = 0;
		dump->done = 0;
	}
	return skb->len;
}

static int ft_parse_addresses(struct nf_conntrack_tuple *t, struct nlattr **tb,
			      const struct nlattr *attr,
			      struct netlink_ext_ack *extack)
{
	struct nlattr *src4 = tb[FASTTRACK_A_TUPLE_SRC_IPV4];
	struct nlattr *dst4 = tb[FASTTRACK_A_TUPLE_DST_IPV4];
	struct nlattr *src6 = tb[FASTTRACK_A_TUPLE_SRC_IPV6];
	struct nlattr *dst6 = tb[FASTTRACK_A_TUPLE_DST_IPV6];

	if (src4 && dst4 && !src6 && !dst6) {
		t->src.l3num = NFPROTO_IPV4;
		t->src.u3.ip = nla_get_in_addr(src4);
		t->dst.u3.ip = nla_get_in_addr(dst4);
	} else if (src6 && dst6 && !src4 && !dst4) {
		t->src.l3num = NFPROTO_IPV6;
		t->src.u3.in6 = nla_get_in6_addr(src6);
		t->dst.u3.in6 = nla_get_in6_addr(dst6);
	} else {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "tuple needs two addresses of one family");
		return -EINVAL;
	}
	return 0;
}

static int ft_parse_tuple(struct nf_conntrack_tuple *t, struct genl_info *info)
{
	const struct nlattr *attr = info->attrs[FASTTRACK_A_CONNECTION_TUPLE];
	const struct nlattr *proto;
	struct nlattr *tb[FASTTRACK_A_TUPLE_DST_PORT + 1];
	int err;

	memset(t, 0, sizeof(*t));
	proto = info->attrs[FASTTRACK_A_CONNECTION_PROTOCOL];
	if (!attr) {
		NL_SET_ERR_MSG(info->extack, "tuple is missing");
		return -EINVAL;
	}
	if (!proto) {
		NL_SET_ERR_MSG(info->extack, "protocol is missing");
		return -EINVAL;
	}
	err = ft_filter_proto(&t->dst.protonum, proto, info->extack);
	if (err)
		return err;
	err = nla_parse_nested(tb, FASTTRACK_A_TUPLE_DST_PORT, attr,
			       fasttrack_tuple_nl_policy, info->extack);
	if (err)
		return err;
	if (!tb[FASTTRACK_A_TUPLE_SRC_PORT] || !tb[FASTTRACK_A_TUPLE_DST_PORT]) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr,
				    "tuple needs both ports");
		return -EINVAL;
	}
	t->src.u.all = nla_get_be16(tb[FASTTRACK_A_TUPLE_SRC_PORT]);
	t->dst.u.all = nla_get_be16(tb[FASTTRACK_A_TUPLE_DST_PORT]);
	return ft_parse_addresses(t, tb, attr, info->extack);
}

/* The entry of a request's tuple, referenced, or an error with its text */
static struct nf_conn *ft_entry_get(struct genl_info *info)
{
	const struct nlattr *zone = info->attrs[FASTTRACK_A_CONNECTION_ZONE];
	const struct nlattr *id = info->attrs[FASTTRACK_A_CONNECTION_ID];
	struct nf_conntrack_tuple_hash *hash;
	struct nf_conntrack_tuple tuple;
	struct nf_conntrack_zone z;
	struct nf_conn *ct;
	int err;

	err = ft_parse_tuple(&tuple, info);
	if (err)
		return ERR_PTR(err);
	nf_ct_zone_init(&z, zone ? nla_get_u16(zone) : NF_CT_DEFAULT_ZONE_ID,
			NF_CT_DEFAULT_ZONE_DIR, 0);
	hash = nf_conntrack_find_get(genl_info_net(info), &z, &tuple);
	if (!hash) {
		NL_SET_ERR_MSG(info->extack, "conntrack has no such entry");
		return ERR_PTR(-ENOENT);
	}
	ct = nf_ct_tuplehash_to_ctrack(hash);
	if (id && nla_get_be32(id) != (__force __be32)nf_ct_get_id(ct)) {
		nf_ct_put(ct);
		NL_SET_ERR_MSG_ATTR(info->extack, id,
				    "the entry has another id");
		return ERR_PTR(-ENOENT);
	}
	return ct;
}

/* Context: flow->lock if there is a flow. */
static int ft_put_directions(struct sk_buff *msg, struct fasttrack_flow *flow,
			     const struct nf_conn *ct)
{
	if (ft_put_direction(msg, flow, ct, IP_CT_DIR_ORIGINAL, true))
		return -EMSGSIZE;
	return ft_put_direction(msg, flow, ct, IP_CT_DIR_REPLY, true);
}

static int ft_put_fast_entry(struct sk_buff *msg, struct fasttrack_flow *flow)
{
	int err;

	spin_lock_bh(&flow->lock);
	ft_ct_fold(flow, IP_CT_DIR_ORIGINAL, (u32)jiffies);
	err = ft_put_flow(msg, flow, flow->reason) ||
	      ft_put_directions(msg, flow, flow->ct);
	spin_unlock_bh(&flow->lock);
	return err;
}

static int ft_put_slow_entry(struct sk_buff *msg, const struct nf_conn *ct)
{
	enum fasttrack_reason reason = ft_refusal_get(READ_ONCE(ct->status));

	if (ft_put_entry(msg, ct) ||
	    (reason &&
	     nla_put_u32(msg, FASTTRACK_A_CONNECTION_REASON, reason)))
		return -EMSGSIZE;
	return ft_put_directions(msg, NULL, ct);
}

static int ft_put_found(struct sk_buff *msg, const struct nf_conn *ct,
			struct fasttrack_flow *flow)
{
	enum fasttrack_reason obstacle = ft_ct_eligible(ct);
	int err;

	err = flow ? ft_put_fast_entry(msg, flow) : ft_put_slow_entry(msg, ct);
	if (err ||
	    nla_put_u32(msg, FASTTRACK_A_CONNECTION_STATUS,
			READ_ONCE(ct->status)) ||
	    (obstacle &&
	     nla_put_u32(msg, FASTTRACK_A_CONNECTION_OBSTACLE, obstacle)))
		return -EMSGSIZE;
	return 0;
}

/* The flow of an entry, or NULL. Context: RCU read side. */
static struct fasttrack_flow *ft_entry_flow(struct fasttrack_net *fn,
					    const struct nf_conn *ct)
{
	if (!test_bit(FT_CT_FLOW_BIT, &ct->status))
		return NULL;
	return ft_flow_find(fn, ct);
}

int fasttrack_nl_connection_find_doit(struct sk_buff *skb,
				      struct genl_info *info)
{
	struct sk_buff *msg;
	struct nf_conn *ct;
	void *hdr;
	int err;

	ct = ft_entry_get(info);
	if (IS_ERR(ct))
		return PTR_ERR(ct);
	msg = ft_reply_new(info, &hdr);
	if (!msg) {
		nf_ct_put(ct);
		return -ENOMEM;
	}
	rcu_read_lock();
	err = ft_put_found(msg, ct, ft_entry_flow(ft_info_net(info), ct));
	rcu_read_unlock();
	nf_ct_put(ct);
	return ft_reply_send(info, msg, hdr, err);
}

/**
 * struct ft_release - a run of releases
 * @filter: which flows
 * @count: how many it were
 */
struct ft_release {
	struct ft_filter	filter;
	u32			count;
};

static void ft_release_flow(struct fasttrack_flow *flow, void *data)
{
	struct ft_release *release = data;

	if (!ft_filter_match(&release->filter, flow))
		return;
	if (ft_flow_kill(flow, FASTTRACK_REASON_RELEASED))
		release->count++;
}

static int ft_release_one(struct genl_info *info, u32 *count)
{
	struct fasttrack_flow *flow;
	struct nf_conn *ct;

	if (info->attrs[FASTTRACK_A_CONNECTION_MARK] ||
	    info->attrs[FASTTRACK_A_CONNECTION_MARK_MASK] ||
	    info->attrs[FASTTRACK_A_CONNECTION_SRC] ||
	    info->attrs[FASTTRACK_A_CONNECTION_DST] ||
	    info->attrs[FASTTRACK_A_CONNECTION_ARMED]) {
		NL_SET_ERR_MSG(info->extack, "a tuple and a filter exclude each other");
		return -EINVAL;
	}
	ct = ft_entry_get(info);
	if (IS_ERR(ct))
		return PTR_ERR(ct);
	rcu_read_lock();
	flow = ft_entry_flow(ft_info_net(info), ct);
	*count = flow && ft_flow_kill(flow, FASTTRACK_REASON_RELEASED);
	rcu_read_unlock();
	nf_ct_put(ct);
	if (*count)
		return 0;
	NL_SET_ERR_MSG(info->extack, "the connection is not in the fast table");
	return -ENOENT;
}

/* A filter that asks for nothing would be a flush, which has its own name */
static int ft_release_all(struct genl_info *info, u32 *count)
{
	struct ft_release release = {};
	unsigned int i;
	int err;

	for (i = 1; i <= FASTTRACK_A_CONNECTION_TUPLE && !info->attrs[i]; i++)
		;
	if (i > FASTTRACK_A_CONNECTION_TUPLE) {
		NL_SET_ERR_MSG(info->extack, "nothing given that is to be released");
		return -EINVAL;
	}
	if (info->attrs[FASTTRACK_A_CONNECTION_ID] ||
	    info->attrs[FASTTRACK_A_CONNECTION_ZONE]) {
		NL_SET_ERR_MSG(info->extack, "id and zone need a tuple");
		return -EINVAL;
	}
	err = ft_filter_parse(&release.filter, info->attrs, info->extack);
	if (err)
		return err;
	ft_gc_walk(ft_info_net(info), ft_release_flow, &release);
	*count = release.count;
	return 0;
}

int fasttrack_nl_connection_release_doit(struct sk_buff *skb,
					 struct genl_info *info)
{
	struct sk_buff *msg;
	u32 count = 0;
	void *hdr;
	int err;

	/* First the reply, so that nothing fails once something is released */
	msg = ft_reply_new(info, &hdr);
	if (!msg)
		return -ENOMEM;
	if (info->attrs[FASTTRACK_A_CONNECTION_TUPLE])
		err = ft_release_one(info, &count);
	else
		err = ft_release_all(info, &count);
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	err = nla_put_u32(msg, FASTTRACK_A_CONNECTION_COUNT, count);
	return ft_reply_send(info, msg, hdr, err);
}
