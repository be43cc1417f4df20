// SPDX-License-Identifier: GPL-2.0
/* Owns the tests of what walk.c asks of the kernel: all that it can do, and
 * nothing that would leave out a connection that matches.
 */
#include <arpa/inet.h>
#include <string.h>
#include <linux/netfilter/nf_conntrack_common.h>

#include "ktap.h"
#include "walk.h"

#define MAX_WORDS	3

/* An address is a text of @family, none where the kernel is to pass all. */
static const struct {
	const char *words[MAX_WORDS];
	bool ipv6;
	u8 family;
	u8 protocol;
	u32 status;
	u32 status_mask;
	u32 mark;
	u32 mark_mask;
	const char *address[CT_FILTER_ADDRESSES];
} filters[] = {
	{ .words = { "family=ipv6" }, .family = AF_INET6 },
	{ .words = { "protocol=udp" } },
	{ .words = { "protocol=udp", "family=ipv4" }, .family = AF_INET,
	  .protocol = IPPROTO_UDP },
	{ .words = { "src-address=10.0.0.1" }, .family = AF_INET,
	  .address = { "10.0.0.1" } },
	{ .words = { "reply-dst-address=10.0.0.1", "protocol=tcp" },
	  .family = AF_INET, .protocol = IPPROTO_TCP,
	  .address = { NULL, NULL, NULL, "10.0.0.1" } },
	{ .words = { "src-address=10.0.0.1/31" }, .family = AF_INET },
	{ .words = { "address=10.0.0.1" }, .family = AF_INET },
	{ .words = { "dst-address=fd00::1" }, .family = AF_INET6 },
	{ .words = { "dst-address=fd00::1" }, .ipv6 = true,
	  .family = AF_INET6, .address = { NULL, "fd00::1" } },
	{ .words = { "dst-address=fd00::1/127" }, .ipv6 = true,
	  .family = AF_INET6 },
	{ .words = { "connection-mark=0x10/0xf0" }, .mark = 0x10,
	  .mark_mask = 0xf0 },
	{ .words = { "connection-mark=7" }, .mark = 7, .mark_mask = ~0u },
	{ .words = { "fasttrack=yes" }, .status = CT_STATUS_FT,
	  .status_mask = CT_STATUS_FT },
	{ .words = { "fasttrack=no" } },
	{ .words = { "device=lan" }, .status = CT_STATUS_FT,
	  .status_mask = CT_STATUS_FT },
	{ .words = { "assured=yes", "seen-reply=no" }, .status = IPS_ASSURED,
	  .status_mask = IPS_ASSURED | IPS_SEEN_REPLY },
	{ .words = { "dstnat=no", "fasttrack=yes" }, .status = CT_STATUS_FT,
	  .status_mask = IPS_DST_NAT | CT_STATUS_FT },
	{ .words = { "state=established" }, .status = IPS_SEEN_REPLY,
	  .status_mask = IPS_SEEN_REPLY },
	{ .words = { "state=new,established" } },
	{ .words = { "src-port=80", "min-bytes=1", "zone=1" } },
};

static const struct {
	const char *release;
	bool ipv6;
} releases[] = {
	{ "6.1.0-56-amd64", false },
	{ "6.11.9", false },
	{ "5.15.0", false },
	{ "6.12.48+deb13-amd64", true },
	{ "7.3.4", true },
	{ "10.0", true },
	{ "6", false },
	{ "", false },
};

static bool same_address(const u8 *got, u8 family, const char *want)
{
	u8 address[16] = { 0 };

	if (!got || !want)
		return !got && !want;
	return inet_pton(family, want, address) == 1 &&
	       !memcmp(got, address, family == AF_INET ? 4 : 16);
}

static bool asks(size_t i)
{
	char error[FILTER_ERROR_SIZE];
	struct ct_filter kernel;
	struct filter filter;
	size_t j;

	filter_init(&filter);
	for (j = 0; j < MAX_WORDS && filters[i].words[j]; j++)
		if (filter_word(&filter, filters[i].words[j], error))
			return false;
	if (filter_end(&filter, AF_UNSPEC, error))
		return false;
	walk_kernel_filter(&filter, &kernel, filters[i].ipv6);
	for (j = 0; j < CT_FILTER_ADDRESSES; j++)
		if (!same_address(kernel.address[j], kernel.family,
				  filters[i].address[j]))
			return false;
	return kernel.family == filters[i].family &&
	       kernel.has_protocol == !!filters[i].protocol &&
	       kernel.protocol == filters[i].protocol &&
	       kernel.status == filters[i].status &&
	       kernel.status_mask == filters[i].status_mask &&
	       kernel.mark == filters[i].mark &&
	       kernel.mark_mask == filters[i].mark_mask;
}

int main(void)
{
	size_t i;

	ktap_plan(ARRAY_SIZE(filters) + ARRAY_SIZE(releases));
	for (i = 0; i < ARRAY_SIZE(filters); i++)
		ktap_case(asks(i), filters[i].words[0]);
	for (i = 0; i < ARRAY_SIZE(releases); i++)
		ktap_case(walk_filters_ipv6(releases[i].release) ==
			  releases[i].ipv6, releases[i].release);
	return ktap_end();
}
