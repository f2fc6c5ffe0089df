/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Stamp: a moment as text. Any thread.
 */
#ifndef CORE_STAMP_H
#define CORE_STAMP_H

#include <time.h>

struct stamp {
	char text[32];
};

/* As ISO 8601 has it, in UTC and milliseconds: 2026-11-29T02:42:32.123Z. */
struct stamp stamp_of(const struct timespec *time);

#endif
