// SPDX-License-Identifier: GPL-2.0
/*
 * A plugin of QEMU's TCG: how often each instruction of the guest was executed
 * between the marks that module/feed.c sets around the timed call.
 *
 * Owns: counting. Must not know: symbols; "report" has those.
 *
 * -plugin count.so,out=FILE writes a line "ADDRESS COUNT" for each instruction
 * of each translated block that was met. Debian has no header of the interface
 * (version 1), so what is used of it is declared here.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum { NO_REGISTERS };

typedef void (*exec_cb)(unsigned int vcpu, void *data);

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *
qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t number);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
					    exec_cb cb, int flags, void *data);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb,
					  exec_cb cb, int flags, void *data);
void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id,
					   void (*cb)(uint64_t id,
						      struct qemu_plugin_tb *));
void qemu_plugin_register_atexit_cb(uint64_t id, void (*cb)(uint64_t, void *),
				    void *data);
int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv);

#define EXPORT	__attribute__((visibility("default")))

EXPORT int qemu_plugin_version = 1;

/* One processor, one thread: --icount has no more */
struct block {
	struct block	*next;
	uint64_t	executed;
	size_t		count;
	uint64_t	address[];
};

static struct block *blocks;
static bool between_marks;
static FILE *out;

/* The long no-operation of bench_mark() in module/feed.c */
static int mark_of(const struct qemu_plugin_insn *insn)
{
	static const uint8_t code[] = { 0x0f, 0x1f, 0x80 };
	const uint8_t *data = qemu_plugin_insn_data(insn);

	if (qemu_plugin_insn_size(insn) != 7 ||
	    memcmp(data, code, sizeof(code)) ||
	    data[4] || data[5] != 0x54 || data[6] != 0x46)
		return 0;
	return data[3];
}

static void mark_passed(unsigned int vcpu, void *data)
{
	(void)vcpu;
	between_marks = (uintptr_t)data == 1;
}

static void block_executed(unsigned int vcpu, void *data)
{
	struct block *block = data;

	(void)vcpu;
	if (between_marks)
		block->executed++;
}

static void translated(uint64_t id, struct qemu_plugin_tb *tb)
{
	size_t i, count = qemu_plugin_tb_n_insns(tb);
	struct block *block;

	(void)id;
	block = malloc(sizeof(*block) + count * sizeof(*block->address));
	if (!block)
		abort();
	block->next = blocks;
	block->executed = 0;
	block->count = count;
	blocks = block;
	qemu_plugin_register_vcpu_tb_exec_cb(tb, block_executed, NO_REGISTERS,
					     block);
	for (i = 0; i < count; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uintptr_t mark = mark_of(insn);

		block->address[i] = qemu_plugin_insn_vaddr(insn);
		if (mark)
			qemu_plugin_register_vcpu_insn_exec_cb(insn,
							       mark_passed,
							       NO_REGISTERS,
							       (void *)mark);
	}
}

static void finished(uint64_t id, void *data)
{
	struct block *block;
	size_t i;

	(void)id;
	(void)data;
	for (block = blocks; block; block = block->next)
		for (i = 0; block->executed && i < block->count; i++)
			fprintf(out, "%" PRIx64 " %" PRIu64 "\n",
				block->address[i], block->executed);
	fclose(out);
}

EXPORT int qemu_plugin_install(uint64_t id, const void *info, int argc,
			       char **argv)
{
	(void)info;
	if (argc != 1 || strncmp(argv[0], "out=", 4))
		return -1;
	out = fopen(argv[0] + 4, "w");
	if (!out)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, finished, NULL);
	return 0;
}
