/* SPDX-License-Identifier: GPL-2.0 */
/* Owns the prototypes of precondition.c: what has to be so for connections to
 * become fast.
 */
#ifndef FTCTL_PRECONDITION_H
#define FTCTL_PRECONDITION_H

#include "fasttrack.h"

/**
 * struct facts - What the preconditions are judged by.
 * @loaded: The module is loaded, @status is valid.
 * @status: Its status.
 * @family: Only judge this address family, or AF_UNSPEC.
 */
struct facts {
	bool loaded;
	struct ft_status status;
	u8 family;
};

/**
 * struct verdict - What became of one precondition.
 * @name: Its name.
 * @ok: It holds.
 * @advice: What to do if it does not, empty if it does, NULL if that can't
 *	be judged.
 */
struct verdict {
	const char *name;
	bool ok;
	const char *advice;
};

bool precondition(size_t i, const struct facts *facts,
		  struct verdict *verdict);

#endif /* FTCTL_PRECONDITION_H */
