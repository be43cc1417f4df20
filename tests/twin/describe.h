/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns frames as text for a reader. Must not know why they are shown.
 */
#ifndef TWIN_DESCRIBE_H
#define TWIN_DESCRIBE_H

#include "twin.h"

#define DESCRIBE_SIZE	400

void describe(char *text, const u8 *frame, u32 len);
void describe_dump(const char *before, const u8 *data, u32 len);

#endif /* TWIN_DESCRIBE_H */
