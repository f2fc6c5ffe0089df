/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Part: which part of a filter does not hold, where that is certain. For this room alone.
 */
#ifndef EXPLAIN_PART_H
#define EXPLAIN_PART_H

#include <stdint.h>

/*
 * Of a filter that does not hold of these bytes: the first of the parts that `and` joins, at its
 * outermost level, which does not, as it is written there; the caller frees it. NULL: it has no
 * such parts, or libpcap does not say it. Parts are not compiled alone, since they depend on those
 * before: `src net 10.0.0.0/8 and 11.0.0.0/8` asks for the source twice, and `vlan` moves where
 * what follows is looked for. What is compiled is the filter up to the end of each part. Never at
 * once with another compiling of libpcap's.
 */
char *part_that_failed(const char *filter, const uint8_t *bytes, uint32_t length,
		       uint32_t wire_length);

#endif
