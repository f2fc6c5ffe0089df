/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory: large pieces that are looked at here and there, in transparent hugepages where the kernel
 * gives such; else each look would also be one at the page tables.
 */
#ifndef MATCH_MEMORY_H
#define MATCH_MEMORY_H

#include <stdlib.h>
#include <sys/mman.h>

#define MEMORY_PAGE (2u << 20)

/* Not cleared; free() gives it back. NULL: there is none. */
static inline void *
memory_take(size_t size)
{
	void *memory;

	if (size < MEMORY_PAGE)
		return aligned_alloc(64, (size + 63) & ~(size_t)63);
	size = (size + MEMORY_PAGE - 1) & ~(size_t)(MEMORY_PAGE - 1);
	memory = aligned_alloc(MEMORY_PAGE, size);
	/* What it is worth is speed alone. */
	if (memory)
		(void)madvise(memory, size, MADV_HUGEPAGE);
	return memory;
}

#endif
