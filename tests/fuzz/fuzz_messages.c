// SPDX-License-Identifier: GPL-2.0
/* Owns the fuzzer of netlink messages: whatever is decoded is also shown in
 * all forms, compared and matched. The first byte chooses the decoder, the
 * rest follows the header of a message.
 */
#include <stdlib.h>
#include <linux/genetlink.h>
#include <linux/netfilter/nfnetlink.h>

#include "conn.h"
#include "cttimeout.h"
#include "event.h"
#include "filter.h"
#include "flags.h"
#include "found.h"
#include "fuzz.h"

static void show_all(const struct ct_conn *ct, const struct ft_conn *ft)
{
	struct conn conn = {
		.ct = ct,
		.ft = ft,
		.has_rate = true,
		.flags = conn_flag_set(ct, ft),
	};
	struct filter filter;
	struct buf buf = { 0 };
	int prop;

	for (prop = 0; prop < PROPS; prop++) {
		conn_text(&conn, prop, &buf);
		conn_json(&conn, prop, &buf);
		if (conn_compare(&conn, &conn, prop))
			abort();
	}
	memset(&filter, 0xff, sizeof(filter));
	filter_match(&filter, ct, ft, 1);
	buf_free(&buf);
}

static void try_ct(const struct nlmsghdr *nlh)
{
	struct ct_conn ct;
	struct ft_key key;

	if (ct_decode(nlh, &ct))
		return;
	ct_key(&ct, &key);
	show_all(&ct, NULL);
}

static void try_ft(const struct nlmsghdr *nlh)
{
	struct ct_conn ct = { .family = AF_INET, .status = CT_STATUS_FT };
	struct ft_conn ft;

	if (!ft_decode_conn(nlh, &ft))
		show_all(&ct, &ft);
}

static void try_status(const struct nlmsghdr *nlh)
{
	struct ft_setting setting;
	struct ft_status status;
	struct ft_reason reason;

	ft_decode_status(nlh, &status);
	ft_decode_setting(nlh, &setting);
	if (!ft_decode_reason(nlh, &reason) && reason.name &&
	    !strlen(reason.name))
		reason.name = NULL;
}

static void try_timeouts(const struct nlmsghdr *nlh)
{
	struct ctt_values values = { .l4proto = 6 };
	u32 entries;

	ctt_decode(nlh, &values);
	ct_decode_entries(nlh, &entries);
}

/* News and answers about one connection, as monitor and why show them. */
static void try_found(const struct nlmsghdr *nlh)
{
	const struct timespec when = { .tv_sec = 1 };
	enum ft_event_kind kind;
	struct ft_found found;
	struct buf buf = { 0 };
	struct ct_conn ct;
	struct conn conn;
	u32 count;

	ft_decode_count(nlh, &count);
	if (!ft_decode_found(nlh, &found)) {
		found_conn(&found, &ct, &conn);
		show_all(&ct, conn.ft);
	}
	if (ft_decode_event(nlh, &kind, &found))
		return;
	found_conn(&found, &ct, &conn);
	event_text(&buf, kind, &conn, &when);
	event_json(&buf, kind, &conn, &when, true);
	buf_free(&buf);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static void (*const tries[])(const struct nlmsghdr *nlh) = {
		try_ct, try_ft, try_status, try_timeouts, try_found,
	};
	struct nlmsghdr *nlh;

	if (!size)
		return 0;
	fuzz_quiet();
	nlh = malloc(NLMSG_HDRLEN + size - 1);
	memset(nlh, 0, NLMSG_HDRLEN);
	memcpy((char *)nlh + NLMSG_HDRLEN, data + 1, size - 1);
	nlh->nlmsg_len = NLMSG_HDRLEN + size - 1;
	tries[data[0] % ARRAY_SIZE(tries)](nlh);
	free(nlh);
	return 0;
}
