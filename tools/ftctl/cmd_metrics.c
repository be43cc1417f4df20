// SPDX-License-Identifier: GPL-2.0
/* Owns "metrics": what there is to count, in OpenMetrics text. It is made for
 * a file that node_exporter's textfile collector reads, so of the types only
 * gauge and counter are used, which the older format knows as well. Must not
 * know how messages are coded.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/fasttrack.h>

#include "buf.h"
#include "command.h"
#include "ctnetlink.h"
#include "diag.h"
#include "names.h"
#include "precondition.h"
#include "proc.h"

/**
 * struct family - One metric family.
 * @name: Its name, without the suffix of a counter.
 * @type: gauge or counter.
 * @unit: Unit, which the name ends with, or NULL.
 * @help: One line.
 */
struct family {
	const char *name;
	const char *type;
	const char *unit;
	const char *help;
};

static void begin(struct buf *buf, const struct family *family)
{
	buf_text(buf, "# TYPE fasttrack_");
	buf_text(buf, family->name);
	buf_char(buf, ' ');
	buf_text(buf, family->type);
	if (family->unit) {
		buf_text(buf, "\n# UNIT fasttrack_");
		buf_text(buf, family->name);
		buf_char(buf, ' ');
		buf_text(buf, family->unit);
	}
	buf_text(buf, "\n# HELP fasttrack_");
	buf_text(buf, family->name);
	buf_char(buf, ' ');
	buf_text(buf, family->help);
	buf_char(buf, '\n');
}

/* Only a backslash, a quote and a newline are special in a label. */
static void put_label(struct buf *buf, const char *text)
{
	for (; *text; text++) {
		if (*text == '\n') {
			buf_text(buf, "\\n");
			continue;
		}
		if (*text == '\\' || *text == '"')
			buf_char(buf, '\\');
		buf_char(buf, *text);
	}
}

static void sample(struct buf *buf, const struct family *family,
		   const char *label, const char *value, u64 number)
{
	buf_text(buf, "fasttrack_");
	buf_text(buf, family->name);
	if (!strcmp(family->type, "counter"))
		buf_text(buf, "_total");
	if (label) {
		buf_char(buf, '{');
		buf_text(buf, label);
		buf_text(buf, "=\"");
		put_label(buf, value);
		buf_text(buf, "\"}");
	}
	buf_char(buf, ' ');
	buf_number(buf, number);
	buf_char(buf, '\n');
}

static void single(struct buf *buf, const struct family *family, u64 number)
{
	begin(buf, family);
	sample(buf, family, NULL, NULL, number);
}

/* A value of each address family. */
static void pair(struct buf *buf, const struct ftctl *ftctl,
		 const struct family *family, u64 ipv4, u64 ipv6)
{
	begin(buf, family);
	if (ftctl->family != AF_INET6)
		sample(buf, family, "family", "ipv4", ipv4);
	if (ftctl->family != AF_INET)
		sample(buf, family, "family", "ipv6", ipv6);
}

/* A family that never had a rule has none. */
static void put_forwarded(struct buf *buf, const struct ftctl *ftctl,
			  const struct ft_status *status)
{
	static const struct family forwarded = { "forwarded_packets",
		"counter", "packets",
		"Packets forwarded, fast or not, since the first rule." };
	bool ipv4 = status->ipv4.has_forwarded && ftctl->family != AF_INET6;
	bool ipv6 = status->ipv6.has_forwarded && ftctl->family != AF_INET;

	if (ipv4 || ipv6)
		begin(buf, &forwarded);
	if (ipv4)
		sample(buf, &forwarded, "family", "ipv4",
		       status->ipv4.forwarded);
	if (ipv6)
		sample(buf, &forwarded, "family", "ipv6",
		       status->ipv6.forwarded);
}

static void put_status(struct buf *buf, const struct ftctl *ftctl,
		       const struct ft_status *status)
{
	static const struct family module = { "module", "gauge", NULL,
		"Version of the kernel module." };
	static const struct family enabled = { "enabled", "gauge", NULL,
		"Whether the engine is switched on." };
	static const struct family limit = { "table_limit_connections",
		"gauge", "connections", "Most connections in the fast table." };
	static const struct family buckets = { "table_buckets", "gauge",
		"buckets", "Buckets of the fast table." };
	static const struct family rules = { "rules", "gauge", "rules",
		"FASTTRACK rules." };
	static const struct family connections = { "connections", "gauge",
		"connections", "Connections in the fast table." };
	static const struct family active = { "active_connections", "gauge",
		"connections", "Connections with an armed direction." };
	static const struct family packets = { "packets", "counter",
		"packets", "Packets that went fast." };
	static const struct family ingress = { "ingress_packets", "counter",
		"packets", "Packets that went fast at netdev ingress." };
	static const struct family bytes = { "bytes", "counter", "bytes",
		"Bytes that went fast." };

	begin(buf, &module);
	sample(buf, &module, "version", status->version, 1);
	single(buf, &enabled, status->enabled);
	single(buf, &limit, status->table_limit);
	single(buf, &buckets, status->table_buckets);
	pair(buf, ftctl, &rules, status->ipv4.rules, status->ipv6.rules);
	pair(buf, ftctl, &connections, status->ipv4.connections,
	     status->ipv6.connections);
	pair(buf, ftctl, &active, status->ipv4.active, status->ipv6.active);
	pair(buf, ftctl, &packets, status->ipv4.packets,
	     status->ipv6.packets);
	pair(buf, ftctl, &bytes, status->ipv4.bytes, status->ipv6.bytes);
	single(buf, &ingress, status->ingress_packets);
	put_forwarded(buf, ftctl, status);
}

static void put_conntrack(struct buf *buf)
{
	static const struct family entries = { "conntrack_entries", "gauge",
		"entries", "Entries of the conntrack table." };
	static const struct family limit = { "conntrack_limit_entries",
		"gauge", "entries", "Most entries of the conntrack table." };
	u64 count, most;

	if (!sysctl_read(SYSCTL_CT "count", &count))
		single(buf, &entries, count);
	if (!sysctl_read(SYSCTL_CT "max", &most))
		single(buf, &limit, most);
}

static const struct family slow_packets = { "slow_packets", "counter",
	"packets", "Decisions for the slow path, by reason." };

static int see_reason(const struct ft_reason *reason, void *data)
{
	const char *name = reason->name ?: reason_name(reason->reason);

	if (name && reason->reason != FASTTRACK_REASON_NONE)
		sample(data, &slow_packets, "reason", name, reason->packets);
	return 0;
}

static void put_preconditions(struct buf *buf, const struct facts *facts)
{
	static const struct family family = { "precondition_ok", "gauge",
		NULL, "Whether what a fast connection needs is so." };
	struct verdict verdict;
	size_t i;

	begin(buf, &family);
	for (i = 0; precondition(i, facts, &verdict); i++)
		if (verdict.result != PRECONDITION_UNKNOWN)
			sample(buf, &family, "name", verdict.name,
			       verdict.result == PRECONDITION_OK);
}

static int put_engine(struct buf *buf, const struct ftctl *ftctl,
		      const struct facts *facts, struct ft *ft)
{
	if (!facts->loaded)
		return 0;
	put_status(buf, ftctl, &facts->status);
	begin(buf, &slow_packets);
	return ft_dump_reasons(ft, see_reason, buf);
}

/**
 * cmd_metrics() - Print all metrics.
 * @ftctl: Options.
 * @argc: How many words follow.
 * @argv: Words.
 *
 * That the module is not loaded is data: whoever collects it wants to know.
 *
 * Return: Exit code.
 */
int cmd_metrics(const struct ftctl *ftctl, int argc, char **argv)
{
	static const struct family loaded = { "loaded", "gauge", NULL,
		"Whether the kernel module is loaded." };
	struct facts facts = { .family = ftctl->family };
	struct buf buf = { 0 };
	struct ft ft;
	int ret;

	if (no_words(argc, argv))
		return EXIT_USAGE;
	ret = facts_open(&facts, &ft);
	if (!ret || ret == -ENOENT) {
		single(&buf, &loaded, facts.loaded);
		ret = put_engine(&buf, ftctl, &facts, &ft);
		put_conntrack(&buf);
		put_preconditions(&buf, &facts);
		buf_text(&buf, "# EOF\n");
	}
	if (ret)
		ret = ft_report(&ft, ret, "metrics");
	else
		buf_out(&buf);
	buf_free(&buf);
	ft_close(&ft);
	return ret;
}
