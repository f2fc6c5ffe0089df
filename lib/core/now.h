/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Now: CLOCK_MONOTONIC in nanoseconds, for whoever waits or measures outside the packet path (there
 * the engine's clock is read). Any thread.
 */
#ifndef CORE_NOW_H
#define CORE_NOW_H

#include <stdint.h>
#include <time.h>

static inline uint64_t
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * UINT64_C(1000000000) + now.tv_nsec;
}

/* The same in seconds, for what people are shown. */
static inline double
now_seconds(void)
{
	return (double)now_ns() / 1e9;
}

#endif
