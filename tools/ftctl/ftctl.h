/* SPDX-License-Identifier: GPL-2.0 */
/* Owns what every file of ftctl shares: short integer types, exit codes and
 * the options of one run. Must not know any command or any message.
 */
#ifndef FTCTL_H
#define FTCTL_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;

#define BIT(nr)		(1u << (nr))
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/**
 * enum ftctl_exit - Exit codes, part of the interface.
 * @EXIT_OK: Done.
 * @EXIT_USAGE: The command line is wrong, nothing was changed.
 * @EXIT_KERNEL: The kernel refused, no permission, a file or namespace could
 *	not be opened, or output failed.
 * @EXIT_MODULE: A kernel module is not loaded.
 */
enum ftctl_exit {
	EXIT_OK,
	EXIT_USAGE,
	EXIT_KERNEL,
	EXIT_MODULE,
};

/**
 * struct ftctl - Options of one run.
 * @family: AF_INET or AF_INET6 for -4 and -6, else AF_UNSPEC.
 * @json: Print JSON.
 * @pretty: Indent the JSON.
 * @detail: All properties of each connection.
 * @numeric: Numbers in place of names.
 */
struct ftctl {
	u8 family;
	bool json;
	bool pretty;
	bool detail;
	bool numeric;
};

#endif /* FTCTL_H */
