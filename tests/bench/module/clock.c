// SPDX-License-Identifier: GPL-2.0
/*
 * Owns times: which of them count, and what is said of many. Knows no packets.
 *
 * The clock is the TSC, which counts an instruction each under QEMU's icount
 * with shift=0, and cycles on a real machine. There another hardware thread
 * of the same core, which may not even be ours, makes everything take up to
 * twice as long for minutes. So each time is taken together with that of a
 * yardstick, a short loop that fills a core by itself. A time counts if the
 * yardstick took no longer than ever, give or take an eighth.
 */
#include <linux/ktime.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/vmalloc.h>

#include "bench.h"

#define BENCH_YARD	400	/* turns of the loop, about 1,600 adds */

/**
 * struct bench_times - times of batches
 * @max: room
 * @count: how many there are
 * @time: of each batch
 * @yard: what the yardstick took right after it
 */
struct bench_times {
	u32	max;
	u32	count;
	u64	*time;
	u64	*yard;
};

/* The least that the yardstick ever took */
static u64 bench_yard_least = U64_MAX;

static noinline u64 bench_yardstick(void)
{
	unsigned long a = 0, b = 0, c = 0, d = 0, i;
	u64 start = bench_clock();

	for (i = BENCH_YARD; i; i--)
		asm volatile("add $1, %0; add $1, %1; add $1, %2; add $1, %3"
			     : "+r" (a), "+r" (b), "+r" (c), "+r" (d));
	start = bench_clock() - start;
	if (start < bench_yard_least)
		bench_yard_least = start;
	return start;
}

/**
 * bench_clock_init - find out how fast this processor is
 *
 * Context: module init.
 */
void bench_clock_init(void)
{
	unsigned int i;

	for (i = 0; i < 1000; i++)
		bench_yardstick();
}

/**
 * bench_now - time for what takes long
 *
 * A User-mode kernel asks its host for the time that it had a processor:
 * others have it most of the time. Its modules are programs there.
 *
 * Return: nanoseconds. Context: any.
 */
u64 bench_now(void)
{
#ifdef CONFIG_UML
	/* clock_gettime(CLOCK_PROCESS_CPUTIME_ID) */
	long now[2] = { 0, 0 }, number = 228;

	asm volatile("syscall" : "+a" (number) : "D" (2L), "S" (now)
		     : "rcx", "r11", "memory");
	return now[0] * NSEC_PER_SEC + now[1];
#else
	return ktime_get_ns();
#endif
}

/**
 * bench_times_alloc - make room
 * @max: for how many times
 *
 * Return: no times yet, or NULL. Context: process.
 */
struct bench_times *bench_times_alloc(u32 max)
{
	struct bench_times *t = kzalloc(sizeof(*t), GFP_KERNEL);

	if (!t)
		return NULL;
	t->max = max;
	t->time = vmalloc(array_size(max + 1, sizeof(*t->time)));
	t->yard = vmalloc(array_size(max + 1, sizeof(*t->yard)));
	if (t->time && t->yard)
		return t;
	bench_times_free(t);
	return NULL;
}

/**
 * bench_times_add - one more time, that has just ended
 * @t: times
 * @time: the new one
 */
void bench_times_add(struct bench_times *t, u64 time)
{
	if (t->count >= t->max)
		return;
	t->yard[t->count] = bench_yardstick();
	t->time[t->count++] = time;
}

static int bench_compare(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

static u64 bench_median(u64 *time, u32 count)
{
	sort(time, count, sizeof(*time), bench_compare, NULL);
	return count ? time[count / 2] : 0;
}

/**
 * bench_times_result - what is to be said of the times
 * @t: times; their order is lost
 * @r: filled in
 */
void bench_times_result(struct bench_times *t, struct bench_result *r)
{
	u64 limit = bench_yard_least + bench_yard_least / 8;
	u32 i, count = 0;

	for (i = 0; i < t->count; i++) {
		if (t->yard[i] > limit)
			continue;
		swap(t->time[i], t->time[count]);
		r->total += t->time[count++];
	}
	r->batches = count;
	r->disturbed = t->count - count;
	r->median = bench_median(t->time, count);
	r->least = count ? t->time[0] : 0;
	r->busy = bench_median(t->time, t->count);
}

/**
 * bench_times_free - free the times
 * @t: times, or NULL
 */
void bench_times_free(struct bench_times *t)
{
	if (!t)
		return;
	vfree(t->time);
	vfree(t->yard);
	kfree(t);
}
