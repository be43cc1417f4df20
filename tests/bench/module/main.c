// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the module, its part of a namespace and the file /proc/net/ft_bench: a
 * line that is written is a command and is carried out at once; what is read
 * is the result of the last one, and the time. Knows no packets.
 *
 *	set WORD...	a flow set: ipv4|ipv6 udp|tcp none|snat|dnat|both
 *			nothing|same|routed|translated flows=N first=N
 *			port=N
 *	open		open all connections of the set
 *	connect WORD...	carry out whole short connections, timed: list|single
 *	send WORD...	original|reply list|single check timed
 *			packets=N bytes=N skip=N
 */
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/vmalloc.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "bench.h"

#define BENCH_FLOWS_MAX		BIT(22)
#define BENCH_PACKETS_MAX	BIT(28)

static unsigned int bench_net_id __read_mostly;

/**
 * bench_net - the benchmark of a namespace
 * @net: namespace
 *
 * Return: never NULL.
 */
struct bench_net *bench_net(const struct net *net)
{
	return net_generic(net, bench_net_id);
}

/* What the words of one line say, with what they do not say as defaults */
struct bench_line {
	struct bench_set	set;
	struct bench_order	order;
};

static const struct bench_word {
	const char	*name;
	size_t		offset;
	u8		value;
} bench_words[] = {
#define WORD(name, member, value) \
	{ name, offsetof(struct bench_line, member), value }
	WORD("ipv4", set.family, 0),
	WORD("ipv6", set.family, 1),
	WORD("udp", set.proto, IPPROTO_UDP),
	WORD("tcp", set.proto, IPPROTO_TCP),
	WORD("none", set.nat, 0),
	WORD("snat", set.nat, BENCH_SNAT),
	WORD("dnat", set.nat, BENCH_DNAT),
	WORD("both", set.nat, BENCH_SNAT | BENCH_DNAT),
	WORD("nothing", set.expect, BENCH_NOTHING),
	WORD("same", set.expect, BENCH_SAME),
	WORD("routed", set.expect, BENCH_ROUTED),
	WORD("translated", set.expect, BENCH_TRANSLATED),
	WORD("original", order.dir, 0),
	WORD("reply", order.dir, 1),
	WORD("list", order.single, false),
	WORD("single", order.single, true),
	WORD("check", order.check, true),
	WORD("timed", order.timed, true),
#undef WORD
};

static const struct bench_number {
	const char	*name;
	size_t		offset;
	u32		max;
} bench_numbers[] = {
#define NUMBER(name, member, max) \
	{ name, offsetof(struct bench_line, member), max }
	NUMBER("flows=", set.flows, BENCH_FLOWS_MAX),
	NUMBER("first=", set.first, BENCH_FLOWS_MAX),
	NUMBER("port=", set.port, 65535),
	NUMBER("packets=", order.packets, BENCH_PACKETS_MAX),
	NUMBER("bytes=", order.bytes, 1500),
	NUMBER("skip=", order.skip, BENCH_FLOWS_MAX),
#undef NUMBER
};

static int bench_parse_word(struct bench_line *line, const char *word)
{
	size_t i, len;
	u32 value;

	for (i = 0; i < ARRAY_SIZE(bench_words); i++) {
		if (strcmp(word, bench_words[i].name))
			continue;
		*((u8 *)line + bench_words[i].offset) = bench_words[i].value;
		return 0;
	}
	for (i = 0; i < ARRAY_SIZE(bench_numbers); i++) {
		len = strlen(bench_numbers[i].name);
		if (strncmp(word, bench_numbers[i].name, len))
			continue;
		if (kstrtou32(word + len, 10, &value) ||
		    value > bench_numbers[i].max)
			break;
		*(u32 *)((u8 *)line + bench_numbers[i].offset) = value;
		return 0;
	}
	pr_err("ft_bench: '%s' is not understood\n", word);
	return -EINVAL;
}

static int bench_parse(struct bench_line *line, char *text)
{
	char *word;
	int err = 0;

	while (!err && (word = strsep(&text, " ")))
		if (*word)
			err = bench_parse_word(line, word);
	return err;
}

static int bench_set(struct bench_net *bn, const struct bench_set *set)
{
	struct bench_seq *seq;
	u32 i;

	if (!set->flows)
		return -EINVAL;
	seq = vmalloc(array_size(set->flows, sizeof(*seq)));
	if (!seq)
		return -ENOMEM;
	for (i = 0; i < set->flows; i++) {
		seq[i].next[0] = (set->first + i) * 0x9e3779b1U;
		seq[i].next[1] = (set->first + i) * 0x85ebca6bU;
	}
	vfree(bn->set.seq);
	bn->set = *set;
	bn->set.seq = seq;
	return 0;
}

static bool bench_too_small(const struct bench_net *bn, u32 bytes)
{
	return bytes && bytes < bench_shortest(&bn->set, BENCH_PSH);
}

static int bench_command(struct bench_net *bn, char *text)
{
	struct bench_line line = {
		.set = { .proto = IPPROTO_UDP, .expect = BENCH_TRANSLATED },
	};
	char *name = strsep(&text, " ");
	int err;

	err = bench_parse(&line, text);
	if (err)
		return err;
	memset(&bn->result, 0, sizeof(bn->result));
	if (!strcmp(name, "set"))
		return bench_set(bn, &line.set);
	if (!bn->set.flows || bench_too_small(bn, line.order.bytes))
		return -EINVAL;
	if (!strcmp(name, "open"))
		return bench_open(bn);
	if (!strcmp(name, "connect"))
		return bench_connect(bn, line.order.single);
	if (!strcmp(name, "send"))
		return bench_send(bn, &line.order);
	return -EINVAL;
}

static int bench_write_file(struct file *file, char *buf, size_t size)
{
	struct bench_net *bn = bench_net(seq_file_single_net(file->private_data));
	int err;

	if (mutex_lock_interruptible(&bn->lock))
		return -EINTR;
	err = bench_command(bn, strim(buf));
	mutex_unlock(&bn->lock);
	return err;
}

static int bench_show(struct seq_file *file, void *v)
{
	struct bench_net *bn = bench_net(seq_file_single_net(file));
	const struct bench_result *r = &bn->result;

	if (mutex_lock_interruptible(&bn->lock))
		return -EINTR;
	seq_printf(file, "sent=%llu\nreceived=%llu\nwrong=%llu\n",
		   r->sent, r->received, r->wrong);
	seq_printf(file, "disturbed=%u\nbatches=%u\nmedian=%llu\nleast=%llu\ntotal=%llu\n",
		   r->disturbed, r->batches, r->median, r->least, r->total);
	seq_printf(file, "busy=%llu\nnow=%llu\n", r->busy, bench_now());
	seq_printf(file, "complaint=%s\n", r->complaint);
	mutex_unlock(&bn->lock);
	return 0;
}

static int __net_init bench_net_init(struct net *net)
{
	struct bench_net *bn = bench_net(net);

	bn->net = net;
	mutex_init(&bn->lock);
	if (!proc_create_net_single_write("ft_bench", 0600, net->proc_net,
					  bench_show, bench_write_file, NULL))
		return -ENOMEM;
	return 0;
}

static void __net_exit bench_net_exit(struct net *net)
{
	remove_proc_entry("ft_bench", net->proc_net);
	vfree(bench_net(net)->set.seq);
}

static struct pernet_operations bench_net_ops = {
	.init	= bench_net_init,
	.exit	= bench_net_exit,
	.id	= &bench_net_id,
	.size	= sizeof(struct bench_net),
};

static int __init bench_init(void)
{
	int err;

	bench_clock_init();
	err = register_pernet_device(&bench_net_ops);
	if (err)
		return err;
	err = bench_device_init();
	if (err)
		unregister_pernet_device(&bench_net_ops);
	return err;
}

static void __exit bench_exit(void)
{
	bench_device_exit();
	unregister_pernet_device(&bench_net_ops);
}

module_init(bench_init);
module_exit(bench_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Benchmark of fasttrack: packets, devices, times");
