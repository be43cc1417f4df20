// SPDX-License-Identifier: GPL-2.0
/* Owns the fuzzer of iptables-save's text. */
#include "fuzz.h"
#include "ruleset.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	char *text = fuzz_text(data, size);

	if (ruleset_judge(text) > RULESET_NO_ACCEPT)
		abort();
	free(text);
	return 0;
}
