// SPDX-License-Identifier: GPL-2.0
/* Owns the tests of nl.c: what ends an answer, and how. It is included and
 * not linked, to reach the reader behind the socket.
 */
#include "../../tools/ftctl/nl.c"

#include "ktap.h"

static int seen;

static int see(const struct nlmsghdr *nlh, void *data)
{
	(void)nlh;
	seen++;
	return *(int *)data;
}

/* One message at the end of @len bytes in the receive buffer. */
static struct nlmsghdr *put(struct nl *nl, int *len, u16 type, u16 flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(nl->recv + *len);

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = flags;
	nlh->nlmsg_seq = nl->seq;
	nlh->nlmsg_pid = mnl_socket_get_portid(nl->sock);
	return nlh;
}

static void put_plain(struct nl *nl, int *len, u16 flags)
{
	*len += put(nl, len, NLMSG_MIN_TYPE, flags)->nlmsg_len;
}

static void put_done(struct nl *nl, int *len, int error, const char *extack)
{
	struct nlmsghdr *nlh;

	nlh = put(nl, len, NLMSG_DONE, extack ? NLM_F_ACK_TLVS : 0);
	*(int *)mnl_nlmsg_put_extra_header(nlh, sizeof(error)) = error;
	if (extack)
		mnl_attr_put_strz(nlh, NLMSGERR_ATTR_MSG, extack);
	*len += nlh->nlmsg_len;
}

/* @echo: Bytes of our own request in front of the text. */
static void put_error(struct nl *nl, int *len, int error, const char *extack,
		      u16 flags, size_t echo)
{
	struct nlmsghdr *nlh = put(nl, len, NLMSG_ERROR, flags);
	struct nlmsgerr *err;

	err = mnl_nlmsg_put_extra_header(nlh, sizeof(*err));
	err->error = error;
	err->msg.nlmsg_len = NLMSG_HDRLEN + 8;
	if (echo)
		mnl_nlmsg_put_extra_header(nlh, echo);
	if (extack)
		mnl_attr_put_strz(nlh, NLMSGERR_ATTR_MSG, extack);
	*len += nlh->nlmsg_len;
}

static void begin(struct nl *nl)
{
	memset(nl->recv, 0, NL_RECV_SIZE);
	free(nl->extack);
	nl->extack = NULL;
	nl->interrupted = false;
	nl->seq = 7;
	seen = 0;
}

static bool extack_is(const struct nl *nl, const char *want)
{
	return nl->extack && !strcmp(nl->extack, want);
}

static void test_dump(struct nl *nl, int *ret)
{
	int len = 0;

	begin(nl);
	put_plain(nl, &len, NLM_F_MULTI);
	put_plain(nl, &len, NLM_F_MULTI);
	ktap_case(see_batch(nl, len, see, ret) == NL_MORE && seen == 2,
		  "a dump goes on");
	put_done(nl, &len, 0, NULL);
	ktap_case(!see_batch(nl, len, see, ret) && seen == 4, "and ends");
	begin(nl);
	len = 0;
	put_plain(nl, &len, NLM_F_MULTI | NLM_F_DUMP_INTR);
	put_plain(nl, &len, NLM_F_MULTI);
	put_done(nl, &len, 0, NULL);
	ktap_case(see_batch(nl, len, see, ret) == NL_INTERRUPTED && seen == 2,
		  "interrupted: read to its end, and said");
	begin(nl);
	len = 0;
	put_done(nl, &len, -EPROTONOSUPPORT, "no such thing");
	ktap_case(see_batch(nl, len, see, ret) == -EPROTONOSUPPORT &&
		  extack_is(nl, "no such thing"), "ends with an error");
}

static void test_error(struct nl *nl, int *ret)
{
	int len = 0;

	begin(nl);
	put_error(nl, &len, 0, NULL, NLM_F_CAPPED, 0);
	ktap_case(!see_batch(nl, len, see, ret), "acknowledged");
	begin(nl);
	len = 0;
	put_error(nl, &len, -ERANGE, "too much",
		  NLM_F_CAPPED | NLM_F_ACK_TLVS, 0);
	ktap_case(see_batch(nl, len, see, ret) == -ERANGE &&
		  extack_is(nl, "too much"), "error with text");
	begin(nl);
	len = 0;
	put_error(nl, &len, -ERANGE, "too much", NLM_F_ACK_TLVS, 8);
	ktap_case(see_batch(nl, len, see, ret) == -ERANGE &&
		  extack_is(nl, "too much"), "error with our request and text");
	begin(nl);
	len = 0;
	put_error(nl, &len, -ERANGE, NULL, NLM_F_ACK_TLVS, 0);
	ktap_case(see_batch(nl, len, see, ret) == -ERANGE && !nl->extack,
		  "text announced and missing");
}

static void test_odd(struct nl *nl, int *ret)
{
	int len = 0;

	begin(nl);
	put_plain(nl, &len, 0);
	nl->seq++;
	put_done(nl, &len, 0, NULL);
	ktap_case(!see_batch(nl, len, see, ret) && !seen,
		  "left over from an older request: skipped");
	begin(nl);
	len = 0;
	put_plain(nl, &len, 0);
	put(nl, &len, NLMSG_MIN_TYPE, 0)->nlmsg_len = 4096;
	ktap_case(see_batch(nl, len + 20, see, ret) == -EBADMSG,
		  "longer than what came");
	begin(nl);
	len = 0;
	put(nl, &len, NLMSG_ERROR, 0);
	ktap_case(see_batch(nl, NLMSG_HDRLEN, see, ret) == -EBADMSG,
		  "error without a number");
	begin(nl);
	len = 0;
	put_plain(nl, &len, 0);
	put_plain(nl, &len, 0);
	*ret = -EPIPE;
	ktap_case(see_batch(nl, len, see, ret) == -EPIPE && seen == 1,
		  "the reader stops");
}

/* The list of families, of which the second is looked for. */
static void test_listed(struct nl *nl)
{
	static const char * const names[] = { "nlctrl", "mine", "mine2" };
	struct listed there = { "mine", -ENOENT };
	struct listed missing = { "min", -ENOENT };
	struct nlmsghdr *nlh;
	size_t i;

	begin(nl);
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		int len = 0;

		nlh = put(nl, &len, GENL_ID_CTRL, NLM_F_MULTI);
		mnl_nlmsg_put_extra_header(nlh, sizeof(struct genlmsghdr));
		mnl_attr_put_u16(nlh, CTRL_ATTR_FAMILY_ID, 16 + i);
		mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, names[i]);
		see_listed(nlh, &there);
		see_listed(nlh, &missing);
	}
	ktap_case(there.id == 17, "listed");
	ktap_case(missing.id == -ENOENT, "not listed");
	ktap_case(nl_genl_listed(nl, "nlctrl") == GENL_ID_CTRL &&
		  nl_genl_listed(nl, "nlctr") == -ENOENT,
		  "by the kernel's list");
}

int main(void)
{
	struct nl *nl = nl_open(NETLINK_GENERIC);
	int ret = 0;

	if (!nl)
		return 1;
	ktap_plan(15);
	test_dump(nl, &ret);
	test_error(nl, &ret);
	test_odd(nl, &ret);
	test_listed(nl);
	nl_close(nl);
	return ktap_end();
}
