// SPDX-License-Identifier: GPL-2.0
/* Owns the netlink socket: requests, answers, errors with the kernel's own
 * text, dumps. Must not know what any attribute of a payload means.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/genetlink.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include "diag.h"
#include "nl.h"

/* The kernel fills dumps up to 32 KiB when the reader offers that much. */
#define NL_RECV_SIZE	65536
/* Requests are a few hundred bytes; the largest is a TCP timeout nest. */
#define NL_SEND_SIZE	2048
/* Not final: the conversation goes on. */
#define NL_MORE		2

/**
 * struct nl - One socket, one conversation at a time.
 * @sock: The socket.
 * @seq: Sequence number of the latest request; answers to older ones, left
 *	over when a reader stopped early, are skipped by it.
 * @interrupted: A message of this dump had NLM_F_DUMP_INTR.
 * @extack: Kernel's text for the latest error, or NULL.
 * @send: Request under construction.
 * @recv: Answer, NL_RECV_SIZE bytes.
 */
struct nl {
	struct mnl_socket *sock;
	u32 seq;
	bool interrupted;
	char *extack;
	char *send;
	char *recv;
};

/**
 * nl_open() - Open a netlink socket that carries error texts.
 * @bus: NETLINK_GENERIC or NETLINK_NETFILTER.
 *
 * Return: The socket, or NULL with errno set.
 */
struct nl *nl_open(int bus)
{
	struct nl *nl = xrealloc(NULL, 1, sizeof(*nl));
	int one = 1;

	memset(nl, 0, sizeof(*nl));
	nl->sock = mnl_socket_open2(bus, SOCK_CLOEXEC);
	if (!nl->sock ||
	    mnl_socket_bind(nl->sock, 0, MNL_SOCKET_AUTOPID) < 0) {
		int err = errno;

		nl_close(nl);
		errno = err;
		return NULL;
	}
	/* Both only make errors readable, so failing to get them is fine. */
	mnl_socket_setsockopt(nl->sock, NETLINK_EXT_ACK, &one, sizeof(one));
	mnl_socket_setsockopt(nl->sock, NETLINK_CAP_ACK, &one, sizeof(one));
	nl->send = xrealloc(NULL, NL_SEND_SIZE, 1);
	nl->recv = xrealloc(NULL, NL_RECV_SIZE, 1);
	return nl;
}

/**
 * nl_close() - Close a socket.
 * @nl: Socket, or NULL.
 */
void nl_close(struct nl *nl)
{
	if (!nl)
		return;
	if (nl->sock)
		mnl_socket_close(nl->sock);
	free(nl->extack);
	free(nl->send);
	free(nl->recv);
	free(nl);
}

/**
 * nl_request() - Begin a request.
 * @nl: Socket.
 * @type: Message type.
 *
 * Return: The message, valid until the next request.
 */
struct nlmsghdr *nl_request(struct nl *nl, u16 type)
{
	struct nlmsghdr *nlh;

	memset(nl->send, 0, NL_SEND_SIZE);
	nlh = mnl_nlmsg_put_header(nl->send);
	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST;
	nlh->nlmsg_seq = ++nl->seq;
	return nlh;
}

/**
 * nl_nfnl_request() - Begin a request to a netfilter subsystem.
 * @nl: Socket of NETLINK_NETFILTER.
 * @subsys: NFNL_SUBSYS_*.
 * @msg: Message of the subsystem.
 * @family: Address family, AF_UNSPEC for any.
 *
 * Return: The message.
 */
struct nlmsghdr *nl_nfnl_request(struct nl *nl, u8 subsys, u8 msg, u8 family)
{
	struct nlmsghdr *nlh = nl_request(nl, subsys << 8 | msg);
	struct nfgenmsg *nfg;

	nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));
	nfg->nfgen_family = family;
	nfg->version = NFNETLINK_V0;
	return nlh;
}

/**
 * nl_genl_request() - Begin a request to a generic netlink family.
 * @nl: Socket of NETLINK_GENERIC.
 * @id: Family as nl_genl_family() found it.
 * @cmd: Command.
 * @version: Version of the family.
 *
 * Return: The message.
 */
struct nlmsghdr *nl_genl_request(struct nl *nl, u16 id, u8 cmd, u8 version)
{
	struct nlmsghdr *nlh = nl_request(nl, id);
	struct genlmsghdr *genl;

	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = version;
	return nlh;
}

/* The text comes after @skip bytes of the payload, if there is one at all. */
static void keep_extack(struct nl *nl, const struct nlmsghdr *nlh, size_t skip)
{
	size_t len = mnl_nlmsg_get_payload_len(nlh);
	const struct nlattr *attr;
	int left;

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS) || skip >= len)
		return;
	attr = mnl_nlmsg_get_payload_offset(nlh, skip);
	left = len - MNL_ALIGN(skip);
	while (mnl_attr_ok(attr, left)) {
		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG &&
		    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0) {
			free(nl->extack);
			nl->extack = strdup(mnl_attr_get_str(attr));
			return;
		}
		left -= MNL_ALIGN(attr->nla_len);
		attr = mnl_attr_next(attr);
	}
}

static int end_error(struct nl *nl, const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *err = mnl_nlmsg_get_payload(nlh);
	size_t skip = sizeof(*err);

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*err))
		return -EBADMSG;
	/* With CAP_ACK only the header of our request is echoed. */
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED) &&
	    err->msg.nlmsg_len >= NLMSG_HDRLEN)
		skip += err->msg.nlmsg_len - NLMSG_HDRLEN;
	keep_extack(nl, nlh, skip);
	return err->error < 0 ? err->error : 0;
}

static int end_dump(struct nl *nl, const struct nlmsghdr *nlh)
{
	const int *error = mnl_nlmsg_get_payload(nlh);

	if (mnl_nlmsg_get_payload_len(nlh) >= sizeof(*error)) {
		keep_extack(nl, nlh, sizeof(*error));
		if (*error < 0)
			return *error;
	}
	return nl->interrupted ? NL_INTERRUPTED : 0;
}

/* Returns NL_MORE as long as the answer has not ended. */
static int see_message(struct nl *nl, const struct nlmsghdr *nlh, nl_cb cb,
		       void *data)
{
	int ret;

	if (nlh->nlmsg_seq != nl->seq ||
	    nlh->nlmsg_pid != mnl_socket_get_portid(nl->sock))
		return NL_MORE;
	if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
		nl->interrupted = true;
	switch (nlh->nlmsg_type) {
	case NLMSG_ERROR:
		return end_error(nl, nlh);
	case NLMSG_DONE:
		return end_dump(nl, nlh);
	case NLMSG_OVERRUN:
		return -EOVERFLOW;
	case NLMSG_NOOP:
		return NL_MORE;
	}
	ret = cb ? cb(nlh, data) : 0;
	return ret < 0 ? ret : NL_MORE;
}

static int see_batch(struct nl *nl, int len, nl_cb cb, void *data)
{
	const struct nlmsghdr *nlh = (const void *)nl->recv;
	int ret;

	while (mnl_nlmsg_ok(nlh, len)) {
		ret = see_message(nl, nlh, cb, data);
		if (ret != NL_MORE)
			return ret;
		nlh = mnl_nlmsg_next(nlh, &len);
	}
	return len > 0 ? -EBADMSG : NL_MORE;
}

static int talk(struct nl *nl, struct nlmsghdr *nlh, nl_cb cb, void *data)
{
	ssize_t len;
	int ret = NL_MORE;

	free(nl->extack);
	nl->extack = NULL;
	nl->interrupted = false;
	if (mnl_socket_sendto(nl->sock, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	while (ret == NL_MORE) {
		len = mnl_socket_recvfrom(nl->sock, nl->recv, NL_RECV_SIZE);
		if (len >= 0)
			ret = see_batch(nl, len, cb, data);
		else if (errno != EINTR)
			ret = -errno;
	}
	return ret;
}

/**
 * nl_do() - Send a request and read its answer up to the acknowledgment.
 * @nl: Socket.
 * @nlh: Request.
 * @cb: Sees each message of the answer, or NULL.
 * @data: For @cb.
 *
 * The acknowledgment, which is always asked for, is what ends the answer.
 * So ctnetlink's totals, which claim to be part of a dump but are never
 * followed by NLMSG_DONE, need no treatment of their own.
 *
 * Return: 0 or a negative errno; nl_report() may know more.
 */
int nl_do(struct nl *nl, struct nlmsghdr *nlh, nl_cb cb, void *data)
{
	nlh->nlmsg_flags |= NLM_F_ACK;
	return talk(nl, nlh, cb, data);
}

/**
 * nl_dump() - Send a request for a list and read it to its end.
 * @nl: Socket.
 * @nlh: Request.
 * @cb: Sees each message of the list.
 * @data: For @cb.
 *
 * Return: 0, NL_INTERRUPTED when the list changed while it was read and may
 * lack entries or hold them twice, or a negative errno.
 */
int nl_dump(struct nl *nl, struct nlmsghdr *nlh, nl_cb cb, void *data)
{
	nlh->nlmsg_flags |= NLM_F_DUMP;
	return talk(nl, nlh, cb, data);
}

/**
 * nl_report() - Say on stderr why a request failed.
 * @nl: Socket on which it failed, or NULL if it could not be opened.
 * @err: Negative errno.
 * @what: What was tried.
 *
 * Return: Exit code.
 */
int nl_report(const struct nl *nl, int err, const char *what)
{
	if (nl && nl->extack)
		return fail(EXIT_KERNEL, "%s: %s: %s", what, strerror(-err),
			    nl->extack);
	if (err == -EPERM)
		return fail(EXIT_KERNEL, "%s: %s (needs CAP_NET_ADMIN)", what,
			    strerror(-err));
	return fail(EXIT_KERNEL, "%s: %s", what, strerror(-err));
}

static int see_family(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr;
	int *id = data;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) != CTRL_ATTR_FAMILY_ID)
			continue;
		if (mnl_attr_get_payload_len(attr) != sizeof(u16))
			return -EBADMSG;
		*id = mnl_attr_get_u16(attr);
	}
	return 0;
}

/**
 * nl_genl_family() - Find a generic netlink family by its name.
 * @nl: Socket of NETLINK_GENERIC.
 * @name: Name.
 *
 * Return: Its id, -ENOENT when there is none, or another negative errno.
 */
int nl_genl_family(struct nl *nl, const char *name)
{
	struct nlmsghdr *nlh;
	int id = -ENOENT;
	int ret;

	nlh = nl_genl_request(nl, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1);
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, name);
	ret = nl_do(nl, nlh, see_family, &id);
	return ret < 0 ? ret : id;
}

/**
 * struct listed - A search in the list of families.
 * @name: Name.
 * @id: Its id, or -ENOENT.
 */
struct listed {
	const char *name;
	int id;
};

static int see_listed(const struct nlmsghdr *nlh, void *data)
{
	struct listed *listed = data;
	const struct nlattr *attr;
	int ret, id = -ENOENT;
	bool same = false;

	ret = see_family(nlh, &id);
	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr))
		if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_NAME &&
		    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
			same = !strcmp(mnl_attr_get_str(attr), listed->name);
	if (same)
		listed->id = id;
	return ret;
}

/**
 * nl_genl_listed() - Find a generic netlink family in the list of all.
 * @nl: Socket of NETLINK_GENERIC.
 * @name: Name.
 *
 * Asked for by its name a family is loaded, if there is a module for it.
 *
 * Return: Its id, -ENOENT when there is none, or another negative errno.
 */
int nl_genl_listed(struct nl *nl, const char *name)
{
	struct listed listed = { name, -ENOENT };
	int ret;

	ret = nl_dump(nl, nl_genl_request(nl, GENL_ID_CTRL, CTRL_CMD_GETFAMILY,
					  1), see_listed, &listed);
	return ret < 0 ? ret : listed.id;
}

/**
 * struct group - A search for a multicast group.
 * @name: Name.
 * @id: Its number, or -ENOENT.
 */
struct group {
	const char *name;
	int id;
};

static void see_group(const struct nlattr *nest, struct group *group)
{
	const struct nlattr *attr;
	bool same = false;
	int id = -ENOENT;

	mnl_attr_for_each_nested(attr, nest) {
		if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GRP_NAME &&
		    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
			same = !strcmp(mnl_attr_get_str(attr), group->name);
		else if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GRP_ID &&
			 mnl_attr_get_payload_len(attr) == sizeof(u32))
			id = mnl_attr_get_u32(attr);
	}
	if (same)
		group->id = id;
}

static int see_groups(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr, *nest;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) != CTRL_ATTR_MCAST_GROUPS)
			continue;
		mnl_attr_for_each_nested(nest, attr)
			see_group(nest, data);
	}
	return 0;
}

/**
 * nl_genl_group() - Find a multicast group of a generic netlink family.
 * @nl: Socket of NETLINK_GENERIC.
 * @family: Name of the family.
 * @group: Name of the group.
 *
 * Return: Its number, -ENOENT when there is none, or another negative errno.
 */
int nl_genl_group(struct nl *nl, const char *family, const char *group)
{
	struct group search = { group, -ENOENT };
	struct nlmsghdr *nlh;
	int ret;

	nlh = nl_genl_request(nl, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1);
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, family);
	ret = nl_do(nl, nlh, see_groups, &search);
	return ret < 0 ? ret : search.id;
}

/**
 * nl_join() - Listen to a multicast group.
 * @nl: Socket.
 * @group: Number of the group.
 *
 * Return: 0 or a negative errno.
 */
int nl_join(struct nl *nl, int group)
{
	if (mnl_socket_setsockopt(nl->sock, NETLINK_ADD_MEMBERSHIP, &group,
				  sizeof(group)) < 0)
		return -errno;
	return 0;
}

/**
 * nl_fd() - Descriptor to wait for.
 * @nl: Socket.
 *
 * Return: File descriptor.
 */
int nl_fd(const struct nl *nl)
{
	return mnl_socket_get_fd(nl->sock);
}

/**
 * nl_receive() - Read what a multicast group has sent.
 * @nl: Socket that has joined one.
 * @cb: Sees each message.
 * @data: For @cb.
 *
 * Return: 0, -EINTR when a signal came first, -ENOBUFS when messages were
 * lost, or another negative errno.
 */
int nl_receive(struct nl *nl, nl_cb cb, void *data)
{
	const struct nlmsghdr *nlh = (const void *)nl->recv;
	ssize_t got = mnl_socket_recvfrom(nl->sock, nl->recv, NL_RECV_SIZE);
	int ret, len = got;

	if (got < 0)
		return -errno;
	for (; mnl_nlmsg_ok(nlh, len); nlh = mnl_nlmsg_next(nlh, &len)) {
		if (nlh->nlmsg_type < NLMSG_MIN_TYPE)
			continue;
		ret = cb(nlh, data);
		if (ret < 0)
			return ret;
	}
	return len > 0 ? -EBADMSG : 0;
}
