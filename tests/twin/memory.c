// SPDX-License-Identifier: GPL-2.0
/*
 * Owns memory and the end when something is wrong with the machine, see
 * twin.h.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "twin.h"

void die(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	printf("Bail out! ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	exit(2);
}

/**
 * alloc - memory, all zero
 * @count: of members
 * @size: of one
 *
 * Return: it; without memory the program ends.
 */
void *alloc(size_t count, size_t size)
{
	void *memory = calloc(count, size);

	if (!memory)
		die("out of memory");
	return memory;
}

/**
 * grow - other size for some memory
 * @old: memory or NULL
 * @count: of members
 * @size: of one
 *
 * Return: as realloc; without memory the program ends.
 */
void *grow(void *old, size_t count, size_t size)
{
	void *memory = reallocarray(old, count, size);

	if (!memory)
		die("out of memory");
	return memory;
}
