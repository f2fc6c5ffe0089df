/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Crossing: of each way without copies, and the one that is the same but for them, from which size
 * on it pays.
 */
#ifndef PATHS_CROSSING_H
#define PATHS_CROSSING_H

#include <jansson.h>

/* rows: as in a result. An array, the caller's. By size: "all" or "none" in place of a
 * number. Ways of which no two sizes were measured, or of which the kernel copied anything, have a
 * reason instead. */
json_t *crossings(const json_t *rows, double copy_ns_per_byte);

#endif
