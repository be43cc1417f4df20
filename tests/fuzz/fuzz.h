/* SPDX-License-Identifier: GPL-2.0 */
/* Owns what the fuzzers share: words out of bytes, silence on stderr. Must not
 * know what is fuzzed.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "ftctl.h"

/* Prototype, for who compiles with warnings. */
int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/* Bytes as a string of exactly its size, so that reads behind it are seen. */
static inline char *fuzz_text(const u8 *data, size_t size)
{
	char *text = malloc(size + 1);

	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

/* Complaints are expected, by the thousand. */
static inline void fuzz_quiet(void)
{
	static char caught[256];

	diag_catch(caught, sizeof(caught));
}

#endif /* FUZZ_H */
