// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the filter of a request: from its attributes to the question whether a
 * flow matches. Knows no request.
 */
#include <linux/inetdevice.h>
#include <net/netfilter/nf_conntrack_core.h>

#include "netlink_filter.h"
#include "netlink_gen.h"

static int ft_parse_prefix(struct ft_prefix *p, const struct nlattr *attr,
			   struct netlink_ext_ack *extack)
{
	struct nlattr *tb[FASTTRACK_A_PREFIX_LENGTH + 1];
	u8 most = 32;
	int err;

	err = nla_parse_nested(tb, FASTTRACK_A_PREFIX_LENGTH, attr,
			       fasttrack_prefix_nl_policy, extack);
	if (err)
		return err;
	if (!tb[FASTTRACK_A_PREFIX_IPV4] == !tb[FASTTRACK_A_PREFIX_IPV6]) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "prefix needs one address, IPv4 or IPv6");
		return -EINVAL;
	}
	if (tb[FASTTRACK_A_PREFIX_IPV6]) {
		p->family = NFPROTO_IPV6;
		p->addr.in6 = nla_get_in6_addr(tb[FASTTRACK_A_PREFIX_IPV6]);
		most = 128;
	} else {
		p->family = NFPROTO_IPV4;
		p->addr.ip = nla_get_in_addr(tb[FASTTRACK_A_PREFIX_IPV4]);
	}
	p->length = most;
	if (tb[FASTTRACK_A_PREFIX_LENGTH])
		p->length = nla_get_u8(tb[FASTTRACK_A_PREFIX_LENGTH]);
	if (p->length > most) {
		NL_SET_ERR_MSG_ATTR(extack, tb[FASTTRACK_A_PREFIX_LENGTH],
				    "prefix is longer than 32 bits");
		return -EINVAL;
	}
	return 0;
}

static int ft_parse_family(struct ft_filter *f, const struct nlattr *attr,
			   struct netlink_ext_ack *extack)
{
	switch (nla_get_u8(attr)) {
	case AF_INET:
		f->family = NFPROTO_IPV4;
		return 0;
	case AF_INET6:
		f->family = NFPROTO_IPV6;
		return 0;
	}
	NL_SET_ERR_MSG_ATTR(extack, attr,
			    "family is neither AF_INET nor AF_INET6");
	return -EAFNOSUPPORT;
}

/**
 * ft_filter_proto - protocol of a connection that may be fast
 * @proto: filled
 * @attr: attribute
 * @extack: for the error's text
 *
 * Return: 0 or a negative error with its text. Context: handler.
 */
int ft_filter_proto(u8 *proto, const struct nlattr *attr,
		    struct netlink_ext_ack *extack)
{
	*proto = nla_get_u8(attr);
	if (*proto == IPPROTO_TCP || *proto == IPPROTO_UDP)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr, "protocol is neither TCP nor UDP");
	return -EPROTONOSUPPORT;
}

static int ft_parse_mark(struct ft_filter *f, struct nlattr **attrs,
			 struct netlink_ext_ack *extack)
{
	const struct nlattr *mark = attrs[FASTTRACK_A_CONNECTION_MARK];
	const struct nlattr *mask = attrs[FASTTRACK_A_CONNECTION_MARK_MASK];

	if (!mark) {
		if (!mask)
			return 0;
		NL_SET_ERR_MSG_ATTR(extack, mask, "mark-mask without mark");
		return -EINVAL;
	}
	if (!IS_ENABLED(CONFIG_NF_CONNTRACK_MARK)) {
		NL_SET_ERR_MSG_ATTR(extack, mark,
				    "kernel has no connection marks");
		return -EOPNOTSUPP;
	}
	f->mark = nla_get_u32(mark);
	f->mask = mask ? nla_get_u32(mask) : U32_MAX;
	if (f->mark & ~f->mask) {
		NL_SET_ERR_MSG_ATTR(extack, mark,
				    "mark has bits outside of mark-mask");
		return -EINVAL;
	}
	return 0;
}

/* Addresses are of the family that is asked for, and of the same one */
static int ft_filter_check(struct ft_filter *f, struct netlink_ext_ack *extack)
{
	const struct ft_prefix *p[] = { &f->src, &f->dst };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(p); i++) {
		if (!p[i]->family)
			continue;
		if (f->family && f->family != p[i]->family) {
			NL_SET_ERR_MSG(extack,
				       "addresses of more than one family");
			return -EINVAL;
		}
		f->family = p[i]->family;
	}
	return 0;
}

/**
 * ft_filter_parse - what a request asks for
 * @f: filled
 * @attrs: attributes of a connection, or NULL; up to FASTTRACK_A_CONNECTION_ARMED
 * @extack: for the error's text
 *
 * Return: 0 or a negative error with its text. Context: handler.
 */
int ft_filter_parse(struct ft_filter *f, struct nlattr **attrs,
		    struct netlink_ext_ack *extack)
{
	int err = 0;

	memset(f, 0, sizeof(*f));
	f->armed = -1;
	if (!attrs)
		return 0;
	if (attrs[FASTTRACK_A_CONNECTION_FAMILY])
		err = ft_parse_family(f, attrs[FASTTRACK_A_CONNECTION_FAMILY],
				      extack);
	if (!err && attrs[FASTTRACK_A_CONNECTION_PROTOCOL])
		err = ft_filter_proto(&f->proto,
				      attrs[FASTTRACK_A_CONNECTION_PROTOCOL],
				      extack);
	if (!err)
		err = ft_parse_mark(f, attrs, extack);
	if (!err && attrs[FASTTRACK_A_CONNECTION_SRC])
		err = ft_parse_prefix(&f->src,
				      attrs[FASTTRACK_A_CONNECTION_SRC],
				      extack);
	if (!err && attrs[FASTTRACK_A_CONNECTION_DST])
		err = ft_parse_prefix(&f->dst,
				      attrs[FASTTRACK_A_CONNECTION_DST],
				      extack);
	if (err)
		return err;
	if (attrs[FASTTRACK_A_CONNECTION_ARMED])
		f->armed = nla_get_u8(attrs[FASTTRACK_A_CONNECTION_ARMED]);
	return ft_filter_check(f, extack);
}

static bool ft_prefix_match(const struct ft_prefix *p,
			    const union nf_inet_addr *addr)
{
	if (p->family == NFPROTO_IPV6)
		return ipv6_prefix_equal(&p->addr.in6, &addr->in6, p->length);
	return !((p->addr.ip ^ addr->ip) & inet_make_mask(p->length));
}

/**
 * ft_filter_match - does a connection match?
 * @f: filter
 * @flow: its flow
 *
 * Return: whether. Context: RCU read side, no lock: but for mark and state
 * everything asked for is constant.
 */
bool ft_filter_match(const struct ft_filter *f, struct fasttrack_flow *flow)
{
	const struct nf_conntrack_tuple *t;

	t = nf_ct_tuple(flow->ct, IP_CT_DIR_ORIGINAL);
	if (f->family && f->family != t->src.l3num)
		return false;
	if (f->proto && f->proto != t->dst.protonum)
		return false;
	if (f->armed >= 0 && f->armed != (READ_ONCE(flow->state) ==
					  FASTTRACK_FLOW_STATE_ACTIVE))
		return false;
#if IS_ENABLED(CONFIG_NF_CONNTRACK_MARK)
	if ((READ_ONCE(flow->ct->mark) & f->mask) != f->mark)
		return false;
#endif
	return (!f->src.family || ft_prefix_match(&f->src, &t->src.u3)) &&
	       (!f->dst.family || ft_prefix_match(&f->dst, &t->dst.u3));
}
