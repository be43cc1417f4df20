// SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/fasttrack.yaml */
/* YNL-GEN kernel source */

#include <net/netlink.h>
#include <net/genetlink.h>

#include "netlink_gen.h"

#include <uapi/linux/fasttrack.h>

/* Integer value ranges */
static const struct netlink_range_validation fasttrack_a_setting_lease_range = {
	.min	= 100ULL,
	.max	= 60000ULL,
};

static const struct netlink_range_validation fasttrack_a_setting_table_limit_range = {
	.min	= 1ULL,
	.max	= 16777216ULL,
};

/* Common nested types */
const struct nla_policy fasttrack_prefix_nl_policy[FASTTRACK_A_PREFIX_LENGTH + 1] = {
	[FASTTRACK_A_PREFIX_IPV4] = { .type = NLA_U32, },
	[FASTTRACK_A_PREFIX_IPV6] = NLA_POLICY_EXACT_LEN(16),
	[FASTTRACK_A_PREFIX_LENGTH] = NLA_POLICY_MAX(NLA_U8, 128),
};

const struct nla_policy fasttrack_tuple_nl_policy[FASTTRACK_A_TUPLE_DST_PORT + 1] = {
	[FASTTRACK_A_TUPLE_SRC_IPV4] = { .type = NLA_U32, },
	[FASTTRACK_A_TUPLE_DST_IPV4] = { .type = NLA_U32, },
	[FASTTRACK_A_TUPLE_SRC_IPV6] = NLA_POLICY_EXACT_LEN(16),
	[FASTTRACK_A_TUPLE_DST_IPV6] = NLA_POLICY_EXACT_LEN(16),
	[FASTTRACK_A_TUPLE_SRC_PORT] = { .type = NLA_U16, },
	[FASTTRACK_A_TUPLE_DST_PORT] = { .type = NLA_U16, },
};

/* FASTTRACK_CMD_SETTING_SET - do */
static const struct nla_policy fasttrack_setting_set_nl_policy[FASTTRACK_A_SETTING_TRACKING + 1] = {
	[FASTTRACK_A_SETTING_ENABLED] = NLA_POLICY_MAX(NLA_U8, 1),
	[FASTTRACK_A_SETTING_LEASE] = NLA_POLICY_FULL_RANGE(NLA_U32, &fasttrack_a_setting_lease_range),
	[FASTTRACK_A_SETTING_TABLE_LIMIT] = NLA_POLICY_FULL_RANGE(NLA_U32, &fasttrack_a_setting_table_limit_range),
	[FASTTRACK_A_SETTING_INGRESS] = NLA_POLICY_MAX(NLA_U32, 2),
	[FASTTRACK_A_SETTING_TRACKING] = NLA_POLICY_MAX(NLA_U32, 2),
};

/* FASTTRACK_CMD_CONNECTION_GET - dump */
static const struct nla_policy fasttrack_connection_get_nl_policy[FASTTRACK_A_CONNECTION_ARMED + 1] = {
	[FASTTRACK_A_CONNECTION_FAMILY] = { .type = NLA_U8, },
	[FASTTRACK_A_CONNECTION_PROTOCOL] = { .type = NLA_U8, },
	[FASTTRACK_A_CONNECTION_MARK] = { .type = NLA_U32, },
	[FASTTRACK_A_CONNECTION_MARK_MASK] = { .type = NLA_U32, },
	[FASTTRACK_A_CONNECTION_SRC] = NLA_POLICY_NESTED(fasttrack_prefix_nl_policy),
	[FASTTRACK_A_CONNECTION_DST] = NLA_POLICY_NESTED(fasttrack_prefix_nl_policy),
	[FASTTRACK_A_CONNECTION_ARMED] = NLA_POLICY_MAX(NLA_U8, 1),
};

/* FASTTRACK_CMD_CONNECTION_FIND - do */
static const struct nla_policy fasttrack_connection_find_nl_policy[FASTTRACK_A_CONNECTION_TUPLE + 1] = {
	[FASTTRACK_A_CONNECTION_ID] = { .type = NLA_U32, },
	[FASTTRACK_A_CONNECTION_ZONE] = { .type = NLA_U16, },
	[FASTTRACK_A_CONNECTION_PROTOCOL] = { .type = NLA_U8, },
	[FASTTRACK_A_CONNECTION_TUPLE] = NLA_POLICY_NESTED(fasttrack_tuple_nl_policy),
};

/* FASTTRACK_CMD_CONNECTION_RELEASE - do */
static const struct nla_policy fasttrack_connection_release_nl_policy[FASTTRACK_A_CONNECTION_TUPLE + 1] = {
	[FASTTRACK_A_CONNECTION_ID] = { .type = NLA_U32, },
	[FASTTRACK_A_CONNECTION_ZONE] = { .type = NLA_U16, },
	[FASTTRACK_A_CONNECTION_FAMILY] = { .type = NLA_U8, },
	[FASTTRACK_A_CONNECTION_PROTOCOL] = { .type = NLA_U8, },
	[FASTTRACK_A_CONNECTION_TUPLE] = NLA_POLICY_NESTED(fasttrack_tuple_nl_policy),
	[FASTTRACK_A_CONNECTION_MARK] = { .type = NLA_U32, },
	[FASTTRACK_A_CONNECTION_MARK_MASK] = { .type = NLA_U32, },
	[FASTTRACK_A_CONNECTION_SRC] = NLA_POLICY_NESTED(fasttrack_prefix_nl_policy),
	[FASTTRACK_A_CONNECTION_DST] = NLA_POLICY_NESTED(fasttrack_prefix_nl_policy),
	[FASTTRACK_A_CONNECTION_ARMED] = NLA_POLICY_MAX(NLA_U8, 1),
};

/* Ops table for fasttrack */
const struct genl_split_ops fasttrack_nl_ops[8] = {
	{
		.cmd	= FASTTRACK_CMD_STATUS_GET,
		.doit	= fasttrack_nl_status_get_doit,
		.flags	= GENL_CMD_CAP_DO,
	},
	{
		.cmd	= FASTTRACK_CMD_REASON_GET,
		.dumpit	= fasttrack_nl_reason_get_dumpit,
		.flags	= GENL_CMD_CAP_DUMP,
	},
	{
		.cmd	= FASTTRACK_CMD_SETTING_GET,
		.doit	= fasttrack_nl_setting_get_doit,
		.flags	= GENL_CMD_CAP_DO,
	},
	{
		.cmd		= FASTTRACK_CMD_SETTING_SET,
		.doit		= fasttrack_nl_setting_set_doit,
		.policy		= fasttrack_setting_set_nl_policy,
		.maxattr	= FASTTRACK_A_SETTING_TRACKING,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= FASTTRACK_CMD_CONNECTION_GET,
		.dumpit		= fasttrack_nl_connection_get_dumpit,
		.policy		= fasttrack_connection_get_nl_policy,
		.maxattr	= FASTTRACK_A_CONNECTION_ARMED,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DUMP,
	},
	{
		.cmd	= FASTTRACK_CMD_FLUSH,
		.doit	= fasttrack_nl_flush_doit,
		.flags	= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= FASTTRACK_CMD_CONNECTION_FIND,
		.doit		= fasttrack_nl_connection_find_doit,
		.policy		= fasttrack_connection_find_nl_policy,
		.maxattr	= FASTTRACK_A_CONNECTION_TUPLE,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= FASTTRACK_CMD_CONNECTION_RELEASE,
		.doit		= fasttrack_nl_connection_release_doit,
		.policy		= fasttrack_connection_release_nl_policy,
		.maxattr	= FASTTRACK_A_CONNECTION_TUPLE,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
};
