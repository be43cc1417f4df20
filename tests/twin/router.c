// SPDX-License-Identifier: GPL-2.0
/*
 * Owns a router and what it is told, see router.h. Nothing here starts a
 * program but the consoles and, once, iptables.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <nftables/libnftables.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <linux/fasttrack.h>

#include "conntrack.h"
#include "nl.h"
#include "router.h"
#include "rules.h"
#include "wire/ftwire.h"

static int home = -1;

/**
 * netns_enter - go into a namespace
 * @ns: it, or -1 to go home
 */
void netns_enter(int ns)
{
	if (setns(ns < 0 ? home : ns, CLONE_NEWNET))
		die("setns: %s", strerror(errno));
}

static int netns_new(void)
{
	int ns;

	if (home < 0)
		home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (unshare(CLONE_NEWNET))
		die("no namespace: %s", strerror(errno));
	ns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	netns_enter(-1);
	return ns;
}

/* In the caller's namespace, "net.ipv4.ip_forward", "1" */
static bool sysctl_set(const char *name, const char *value)
{
	char path[256];
	size_t i, n;
	bool good;
	int fd;

	n = snprintf(path, sizeof(path), "/proc/sys/%s", name);
	for (i = 10; i < n && i < sizeof(path); i++)
		if (path[i] == '.')
			path[i] = '/';
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	good = write(fd, value, strlen(value)) > 0;
	close(fd);
	return good;
}

/* Nothing that depends on time, on chance, or on other packets than those
 * injected; time-outs longer than any run.
 */
static void router_sysctls(bool far)
{
	static const char * const both[][2] = {
		{ "net.ipv4.ip_forward", "1" },
		{ "net.ipv4.conf.all.rp_filter", "0" },
		{ "net.ipv4.conf.default.rp_filter", "0" },
		{ "net.ipv4.conf.all.send_redirects", "0" },
		{ "net.ipv4.conf.default.send_redirects", "0" },
		{ "net.ipv4.icmp_ratelimit", "0" },
		{ "net.ipv4.icmp_ratemask", "0" },
		{ "net.ipv6.icmp.ratelimit", "0" },
		{ "net.ipv6.icmp.ratemask", "200" },
		{ "net.ipv6.conf.default.accept_dad", "0" },
		{ "net.ipv6.conf.default.addr_gen_mode", "1" },
		{ "net.ipv6.conf.default.router_solicitations", "0" },
		{ "net.ipv6.conf.all.forwarding", "1" },
		{ "net.ipv6.conf.all.keep_addr_on_down", "1" },
		{ "net.ipv4.ipfrag_time", "600" },
	};
	static const char * const tracked[][2] = {
		{ "net.netfilter.nf_conntrack_frag6_timeout", "600" },
		{ "net.netfilter.nf_conntrack_udp_timeout", "600" },
		{ "net.netfilter.nf_conntrack_udp_timeout_stream", "600" },
		{ "net.netfilter.nf_conntrack_icmp_timeout", "600" },
		{ "net.netfilter.nf_conntrack_icmpv6_timeout", "600" },
		{ "net.netfilter.nf_conntrack_tcp_timeout_close", "600" },
		{ "net.netfilter.nf_conntrack_tcp_timeout_time_wait", "600" },
		{ "net.netfilter.nf_conntrack_tcp_timeout_last_ack", "600" },
		{ "net.netfilter.nf_conntrack_acct", "1" },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(both); i++)
		if (!sysctl_set(both[i][0], both[i][1]))
			die("sysctl %s", both[i][0]);
	for (i = 0; i < ARRAY_SIZE(tracked) && !far; i++)
		if (!sysctl_set(tracked[i][0], tracked[i][1]))
			die("sysctl %s", tracked[i][0]);
}

/**
 * router_open - make a router without devices
 * @r: filled
 * @name: in reports
 * @fast: whether it shall have the FASTTRACK rule
 */
void router_open(struct router *r, const char *name, bool fast)
{
	memset(r, 0, sizeof(*r));
	memset(r->tunnel, -1, sizeof(r->tunnel));
	r->name = name;
	r->fast = fast;
	r->far_ns = netns_new();
	r->ns = netns_new();
	console_open(&r->ip, r->ns, false);
	console_open(&r->ip6, r->ns, true);
	r->wire = open("/dev/ftwire", O_RDWR | O_CLOEXEC);
	if (r->wire < 0)
		die("/dev/ftwire: %s", strerror(errno));
	netns_enter(r->far_ns);
	router_sysctls(true);
	netns_enter(r->ns);
	router_sysctls(false);
	r->nft = nft_ctx_new(NFT_CTX_DEFAULT);
	r->ct = nl_open(NETLINK_NETFILTER);
	if (!r->nft || !r->ct)
		die("no netlink");
	nft_ctx_buffer_error(r->nft);
	if (fast && ft_open(&r->ft))
		die("module nf_fasttrack is not loaded");
	netns_enter(-1);
}

/* iptables-restore in a namespace; its input is small enough for a pipe */
static int restore_start(const struct router *r, int family)
{
	char *text = rules_iptables(family, r->fast);
	int in[2], pid;

	if (pipe2(in, O_CLOEXEC))
		die("no pipe");
	if (write(in[1], text, strlen(text)) != (ssize_t)strlen(text))
		die("iptables-restore: no input");
	free(text);
	pid = fork();
	if (!pid) {
		if (setns(r->ns, CLONE_NEWNET))
			_exit(126);
		dup2(in[0], 0);
		if (family == 4)
			execlp("iptables-nft-restore", "iptables-nft-restore",
			       NULL);
		execlp("ip6tables-nft-restore", "ip6tables-nft-restore", NULL);
		_exit(127);
	}
	close(in[0]);
	close(in[1]);
	return pid;
}

/**
 * router_rules - load the rule sets of both routers
 * @pair: two routers
 */
void router_rules(struct router *pair)
{
	char *text = rules_nft();
	int pid[4], i, status;

	for (i = 0; i < 4; i++)
		pid[i] = restore_start(&pair[i / 2], i % 2 ? 6 : 4);
	for (i = 0; i < 2; i++)
		if (nft_run_cmd_from_buffer(pair[i].nft, text))
			die("nft: %s", nft_ctx_get_error_buffer(pair[i].nft));
	free(text);
	for (i = 0; i < 4; i++)
		if (waitpid(pid[i], &status, 0) != pid[i] || status)
			die("iptables-restore of router %s: status %x",
			    pair[i / 2].name, status);
}

static void router_complain(const struct router *r, const char *what,
			    const char *text)
{
	if (!r->quiet)
		printf("# router %s: %s: %s\n", r->name, what, text);
}

static bool do_ip(struct router *r, struct console *c, const char *lines)
{
	char errors[2048];

	console_send(c, lines);
	if (console_wait(c, errors, sizeof(errors)))
		return true;
	router_complain(r, lines, errors);
	return false;
}

static bool do_sysctl(struct router *r, const char *line)
{
	char name[200], value[100];
	bool good;

	if (sscanf(line, "%199s %99s", name, value) != 2)
		return false;
	netns_enter(r->ns);
	good = sysctl_set(name, value);
	netns_enter(-1);
	if (!good)
		router_complain(r, line, "refused");
	return good;
}

static bool do_nft(struct router *r, const char *line)
{
	if (!nft_run_cmd_from_buffer(r->nft, line))
		return true;
	router_complain(r, line, nft_ctx_get_error_buffer(r->nft));
	return false;
}

/* Only the fast twin has an engine to tell something */
static bool do_ft(struct router *r, const char *line)
{
	struct ft_setting set = {};
	u32 value;
	int err;

	if (!r->fast)
		return true;
	if (!strcmp(line, "flush")) {
		err = ft_flush(&r->ft);
	} else if (sscanf(line, "lease %u", &value) == 1) {
		set.lease = value;
		set.has = BIT(FASTTRACK_A_SETTING_LEASE);
		err = ft_set_setting(&r->ft, &set);
	} else if (sscanf(line, "enabled %u", &value) == 1) {
		set.enabled = value;
		set.has = BIT(FASTTRACK_A_SETTING_ENABLED);
		err = ft_set_setting(&r->ft, &set);
	} else if (sscanf(line, "ingress %u", &value) == 1) {
		set.ingress = value;
		set.has = BIT(FASTTRACK_A_SETTING_INGRESS);
		err = ft_set_setting(&r->ft, &set);
	} else {
		die("unknown event: ft %s", line);
	}
	if (err)
		router_complain(r, line, strerror(-err));
	return !err;
}

/**
 * router_do - carry out one line of a control event
 * @r: router
 * @line: "ip ...", "sysctl NAME VALUE", "nft ...", "ct ...", "ft ...",
 *	"@routes", "@neighbours", or a comment
 *
 * Return: whether it could be done.
 */
bool router_do(struct router *r, const char *line)
{
	if (*line == '#')
		return true;
	if (!strcmp(line, "@routes"))
		return router_restore(r, false);
	if (!strcmp(line, "@neighbours"))
		return router_restore(r, true);
	if (!strncmp(line, "ip -6 ", 6))
		return do_ip(r, &r->ip6, line + 6);
	if (!strncmp(line, "ip ", 3))
		return do_ip(r, &r->ip, line + 3);
	if (!strncmp(line, "sysctl ", 7))
		return do_sysctl(r, line + 7);
	if (!strncmp(line, "nft ", 4))
		return do_nft(r, line + 4);
	if (!strncmp(line, "ct ", 3))
		return conntrack_do(r->ct, line + 3);
	if (!strncmp(line, "ft ", 3))
		return do_ft(r, line + 3);
	die("unknown event: %s", line);
}

static u64 snmp_value(const char *path, const char *name)
{
	char line[4096], names[4096], *save1, *save2, *a, *b;
	u64 value = 0;
	FILE *in = fopen(path, "re");

	names[0] = 0;
	while (in && fgets(line, sizeof(line), in)) {
		if (sscanf(line, name, &value) == 1)
			break;
		if (strncmp(line, "Ip: ", 4))
			continue;
		if (!names[0]) {
			strcpy(names, line);
			continue;
		}
		a = strtok_r(names, " ", &save1);
		b = strtok_r(line, " ", &save2);
		while (a && b && strcmp(a, name)) {
			a = strtok_r(NULL, " ", &save1);
			b = strtok_r(NULL, " ", &save2);
		}
		value = b ? strtoull(b, NULL, 10) : 0;
		break;
	}
	if (in)
		fclose(in);
	return value;
}

/**
 * router_share - how many packets were forwarded, and how many of them fast
 * @r: the fast router
 * @share: filled; since the start
 *
 * Flushes the engine, because counters of live flows lag behind.
 */
void router_share(struct router *r, struct router_share *share)
{
	struct ft_status status;
	int err;

	do_ft(r, "flush");
	err = ft_get_status(&r->ft, &status);
	if (err)
		die("ftctl status: %s", strerror(-err));
	share->fast = status.ipv4.packets + status.ipv6.packets;
	share->ingress = status.ingress_packets;
	netns_enter(r->ns);
	share->forwarded = snmp_value("/proc/net/snmp", "ForwDatagrams") +
		snmp_value("/proc/net/snmp6", "Ip6OutForwDatagrams %llu") -
		r->passed;
	netns_enter(-1);
}
