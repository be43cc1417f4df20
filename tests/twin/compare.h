/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the comparison of two captures. Must not know how they came about.
 */
#ifndef TWIN_COMPARE_H
#define TWIN_COMPARE_H

#include "stream.h"

bool compare(const struct stream *a, const struct stream *b, u64 *key);
void compare_show(const struct stream *a, const struct stream *b);

#endif /* TWIN_COMPARE_H */
