/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns what every file of twin shares: integer types, memory, errors. Must
 * not know packets or routers.
 */
#ifndef TWIN_H
#define TWIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/types.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;

#define BIT(nr)		(1u << (nr))
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define __printf(a, b)	__attribute((format(printf, a, b)))

/* Of numbers that are compared as u64 */
static inline u64 min(u64 a, u64 b)
{
	return a < b ? a : b;
}

static inline u64 max(u64 a, u64 b)
{
	return a > b ? a : b;
}

/* The machine is not as it should be: say so and end with status 2 */
__printf(1, 2) void die(const char *fmt, ...) __attribute((noreturn));
void *alloc(size_t count, size_t size);
void *grow(void *old, size_t count, size_t size);

#endif /* TWIN_H */
