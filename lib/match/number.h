/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Number: a count that one thread writes and others read at any moment. For this room alone.
 */
#ifndef MATCH_NUMBER_H
#define MATCH_NUMBER_H

#include <stdint.h>

static inline void
number_set(uint64_t *number, uint64_t value)
{
	__atomic_store_n(number, value, __ATOMIC_RELAXED);
}

static inline void
number_add(uint64_t *number, uint64_t count)
{
	number_set(number, *number + count);
}

static inline uint64_t
number_read(const uint64_t *number)
{
	return __atomic_load_n(number, __ATOMIC_RELAXED);
}

#endif
