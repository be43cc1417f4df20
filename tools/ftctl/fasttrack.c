// SPDX-License-Identifier: GPL-2.0
/* Owns the requests to the fasttrack family. Must not know conntrack, nor
 * how anything is printed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <linux/fasttrack.h>

#include "diag.h"
#include "fasttrack.h"
#include "filter.h"

static int open_by(struct ft *ft, int (*find)(struct nl *nl, const char *name))
{
	int id;

	memset(ft, 0, sizeof(*ft));
	ft->nl = nl_open(NETLINK_GENERIC);
	if (!ft->nl)
		return -errno;
	id = find(ft->nl, FASTTRACK_FAMILY_NAME);
	if (id < 0)
		return id;
	ft->id = id;
	return 0;
}

/**
 * ft_open() - Find the way to the fasttrack family.
 * @ft: Filled, to be closed whatever is returned.
 *
 * The kernel loads the module if it can.
 *
 * Return: 0, -ENOENT when the module is not loaded, or a negative errno.
 */
int ft_open(struct ft *ft)
{
	return open_by(ft, nl_genl_family);
}

/**
 * ft_open_loaded() - Find the way to the fasttrack family if it is there.
 * @ft: As for ft_open().
 *
 * Return: As for ft_open(); the module is not loaded for it.
 */
int ft_open_loaded(struct ft *ft)
{
	return open_by(ft, nl_genl_listed);
}

/**
 * ft_close() - Close it again.
 * @ft: What ft_open() filled.
 */
void ft_close(struct ft *ft)
{
	nl_close(ft->nl);
	ft->nl = NULL;
}

/**
 * ft_report() - Say on stderr why a request failed.
 * @ft: Where it failed.
 * @err: Negative errno.
 * @what: What was tried.
 *
 * Return: Exit code.
 */
int ft_report(const struct ft *ft, int err, const char *what)
{
	if (err == -ENOENT && !ft->id)
		return fail(EXIT_MODULE,
			    "module not loaded (modprobe nf_fasttrack)");
	return nl_report(ft->nl, err, what);
}

static struct nlmsghdr *request(struct ft *ft, u8 cmd)
{
	return nl_genl_request(ft->nl, ft->id, cmd, FASTTRACK_FAMILY_VERSION);
}

static int see_status(const struct nlmsghdr *nlh, void *data)
{
	return ft_decode_status(nlh, data);
}

/**
 * ft_get_status() - Ask for the status.
 * @ft: Open family.
 * @status: Filled.
 *
 * Return: 0 or a negative errno.
 */
int ft_get_status(struct ft *ft, struct ft_status *status)
{
	memset(status, 0, sizeof(*status));
	return nl_do(ft->nl, request(ft, FASTTRACK_CMD_STATUS_GET),
		     see_status, status);
}

static int see_setting(const struct nlmsghdr *nlh, void *data)
{
	return ft_decode_setting(nlh, data);
}

/**
 * ft_get_setting() - Ask for the settings.
 * @ft: Open family.
 * @setting: Filled.
 *
 * Return: 0 or a negative errno.
 */
int ft_get_setting(struct ft *ft, struct ft_setting *setting)
{
	memset(setting, 0, sizeof(*setting));
	return nl_do(ft->nl, request(ft, FASTTRACK_CMD_SETTING_GET),
		     see_setting, setting);
}

/**
 * ft_set_setting() - Change settings, all of those given or none.
 * @ft: Open family.
 * @setting: Those with their bit in @has are sent.
 *
 * Return: 0 or a negative errno.
 */
int ft_set_setting(struct ft *ft, const struct ft_setting *setting)
{
	struct nlmsghdr *nlh = request(ft, FASTTRACK_CMD_SETTING_SET);

	if (setting->has & BIT(FASTTRACK_A_SETTING_ENABLED))
		mnl_attr_put_u8(nlh, FASTTRACK_A_SETTING_ENABLED,
				setting->enabled);
	if (setting->has & BIT(FASTTRACK_A_SETTING_LEASE))
		mnl_attr_put_u32(nlh, FASTTRACK_A_SETTING_LEASE,
				 setting->lease);
	if (setting->has & BIT(FASTTRACK_A_SETTING_TABLE_LIMIT))
		mnl_attr_put_u32(nlh, FASTTRACK_A_SETTING_TABLE_LIMIT,
				 setting->table_limit);
	if (setting->has & BIT(FASTTRACK_A_SETTING_INGRESS))
		mnl_attr_put_u32(nlh, FASTTRACK_A_SETTING_INGRESS,
				 setting->ingress);
	if (setting->has & BIT(FASTTRACK_A_SETTING_TRACKING))
		mnl_attr_put_u32(nlh, FASTTRACK_A_SETTING_TRACKING,
				 setting->tracking);
	return nl_do(ft->nl, nlh, NULL, NULL);
}

/* Hands decoded messages of a dump on to the caller. */
struct reader {
	ft_conn_cb conn_cb;
	ft_reason_cb reason_cb;
	void *data;
};

static int see_reason(const struct nlmsghdr *nlh, void *data)
{
	const struct reader *reader = data;
	struct ft_reason reason;
	int ret = ft_decode_reason(nlh, &reason);

	return ret < 0 ? ret : reader->reason_cb(&reason, reader->data);
}

/**
 * ft_dump_reasons() - Read all reasons with their counters.
 * @ft: Open family.
 * @cb: Sees each.
 * @data: For @cb.
 *
 * Return: 0 or a negative errno. The list has a fixed length, so that an
 * interrupted dump would tell nothing.
 */
int ft_dump_reasons(struct ft *ft, ft_reason_cb cb, void *data)
{
	struct reader reader = { .reason_cb = cb, .data = data };
	int ret;

	ret = nl_dump(ft->nl, request(ft, FASTTRACK_CMD_REASON_GET),
		      see_reason, &reader);
	return ret < 0 ? ret : 0;
}

static int see_conn(const struct nlmsghdr *nlh, void *data)
{
	const struct reader *reader = data;
	struct ft_conn conn;
	int ret = ft_decode_conn(nlh, &conn);

	return ret < 0 ? ret : reader->conn_cb(&conn, reader->data);
}

static void put_prefix(struct nlmsghdr *nlh, u16 type,
		       const struct filter_prefix *prefix)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, type);

	if (prefix->family == AF_INET)
		mnl_attr_put(nlh, FASTTRACK_A_PREFIX_IPV4, 4, prefix->address);
	else
		mnl_attr_put(nlh, FASTTRACK_A_PREFIX_IPV6, 16,
			     prefix->address);
	mnl_attr_put_u8(nlh, FASTTRACK_A_PREFIX_LENGTH, prefix->bits);
	mnl_attr_nest_end(nlh, nest);
}

/* What of the filter is in FILTER_KERNEL. */
static void put_filter(struct nlmsghdr *nlh, const struct filter *filter)
{
	if (filter_has(filter, FILTER_FAMILY))
		mnl_attr_put_u8(nlh, FASTTRACK_A_CONNECTION_FAMILY,
				filter->family);
	if (filter_has(filter, FILTER_PROTOCOL))
		mnl_attr_put_u8(nlh, FASTTRACK_A_CONNECTION_PROTOCOL,
				filter->protocol);
	if (filter_has(filter, FILTER_MARK)) {
		mnl_attr_put_u32(nlh, FASTTRACK_A_CONNECTION_MARK,
				 filter->mark);
		mnl_attr_put_u32(nlh, FASTTRACK_A_CONNECTION_MARK_MASK,
				 filter->mark_mask);
	}
	if (filter_has(filter, FILTER_SRC_ADDRESS))
		put_prefix(nlh, FASTTRACK_A_CONNECTION_SRC,
			   &filter->prefix[0]);
	if (filter_has(filter, FILTER_DST_ADDRESS))
		put_prefix(nlh, FASTTRACK_A_CONNECTION_DST,
			   &filter->prefix[1]);
}

/**
 * ft_dump_connections() - Read the fast table.
 * @ft: Open family.
 * @filter: The kernel leaves out what does not match what of it is in
 *	FILTER_KERNEL.
 * @cb: Sees each connection.
 * @data: For @cb.
 *
 * Return: 0, NL_INTERRUPTED as nl_dump(), or a negative errno.
 */
int ft_dump_connections(struct ft *ft, const struct filter *filter,
			ft_conn_cb cb, void *data)
{
	struct nlmsghdr *nlh = request(ft, FASTTRACK_CMD_CONNECTION_GET);
	struct reader reader = { .conn_cb = cb, .data = data };

	put_filter(nlh, filter);
	return nl_dump(ft->nl, nlh, see_conn, &reader);
}

/**
 * ft_flush() - Send every connection back to the slow path.
 * @ft: Open family.
 *
 * Return: 0 or a negative errno.
 */
int ft_flush(struct ft *ft)
{
	return nl_do(ft->nl, request(ft, FASTTRACK_CMD_FLUSH), NULL, NULL);
}

static void put_key(struct nlmsghdr *nlh, const struct ft_key *key)
{
	struct nlattr *nest;

	if (key->id)
		mnl_attr_put_u32(nlh, FASTTRACK_A_CONNECTION_ID, key->id);
	mnl_attr_put_u8(nlh, FASTTRACK_A_CONNECTION_PROTOCOL, key->protocol);
	nest = mnl_attr_nest_start(nlh, FASTTRACK_A_CONNECTION_TUPLE);
	if (key->family == AF_INET) {
		mnl_attr_put(nlh, FASTTRACK_A_TUPLE_SRC_IPV4, 4, key->src);
		mnl_attr_put(nlh, FASTTRACK_A_TUPLE_DST_IPV4, 4, key->dst);
	} else {
		mnl_attr_put(nlh, FASTTRACK_A_TUPLE_SRC_IPV6, 16, key->src);
		mnl_attr_put(nlh, FASTTRACK_A_TUPLE_DST_IPV6, 16, key->dst);
	}
	mnl_attr_put_u16(nlh, FASTTRACK_A_TUPLE_SRC_PORT,
			 htons(key->src_port));
	mnl_attr_put_u16(nlh, FASTTRACK_A_TUPLE_DST_PORT,
			 htons(key->dst_port));
	mnl_attr_nest_end(nlh, nest);
}

static int see_found(const struct nlmsghdr *nlh, void *data)
{
	return ft_decode_found(nlh, data);
}

/**
 * ft_find() - Ask for one connection, fast or not.
 * @ft: Open family.
 * @key: Its name by either direction; an id of 0 matches any.
 * @found: Filled.
 *
 * Return: 0, -ENOENT if conntrack has no such entry, or a negative errno.
 */
int ft_find(struct ft *ft, const struct ft_key *key, struct ft_found *found)
{
	struct nlmsghdr *nlh = request(ft, FASTTRACK_CMD_CONNECTION_FIND);

	put_key(nlh, key);
	return nl_do(ft->nl, nlh, see_found, found);
}

static int see_released(const struct nlmsghdr *nlh, void *data)
{
	return ft_decode_count(nlh, data);
}

/**
 * ft_release() - Send one connection back to the slow path.
 * @ft: Open family.
 * @key: Its name.
 * @count: How many were released so far; one more on success.
 *
 * Return: 0, -ENOENT if it is not in the fast table, or a negative errno.
 */
int ft_release(struct ft *ft, const struct ft_key *key, u32 *count)
{
	struct nlmsghdr *nlh = request(ft, FASTTRACK_CMD_CONNECTION_RELEASE);
	u32 one = 0;
	int ret;

	put_key(nlh, key);
	ret = nl_do(ft->nl, nlh, see_released, &one);
	*count += one;
	return ret;
}

/**
 * ft_release_all() - Send connections back to the slow path.
 * @ft: Open family.
 * @filter: Those that match; all it asks for is in FILTER_KERNEL, and there
 *	is something.
 * @count: Filled with how many it were.
 *
 * Return: 0 or a negative errno.
 */
int ft_release_all(struct ft *ft, const struct filter *filter, u32 *count)
{
	struct nlmsghdr *nlh = request(ft, FASTTRACK_CMD_CONNECTION_RELEASE);

	*count = 0;
	put_filter(nlh, filter);
	return nl_do(ft->nl, nlh, see_released, count);
}
