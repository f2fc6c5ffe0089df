/* SPDX-License-Identifier: BSD-3-Clause */
#include "core/populate.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/banned.h"

/* Linux 5.14, glibc 2.35. */
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

/* Far deeper than a worker's calls go; DPDK's threads have megabytes. */
#define STACK_BYTES (128 * 1024)

void
populate_memory(void *start, size_t size)
{
	uintptr_t page = sysconf(_SC_PAGESIZE);
	uintptr_t from = (uintptr_t)start & ~(page - 1);
	uintptr_t to = ((uintptr_t)start + size + page - 1) & ~(page - 1);

	madvise((void *)from, to - from, MADV_POPULATE_WRITE);
}

__attribute__((noinline)) void
populate_stack(void)
{
	volatile unsigned char stack[STACK_BYTES];

	for (size_t i = 0; i < sizeof(stack); i += 1024)
		stack[i] = 0;
}
