/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pulse: what the control thread learns of workers as threads: whether they move at all, and
 * how often the kernel had to bring in a page for them. Control thread.
 */
#ifndef ENGINE_PULSE_H
#define ENGINE_PULSE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/worker.h"

/* Looks whether workers' rounds went on since the last look. One that stands still for a second is
 * logged once, and again when it moves. Call every 100 ms or so; returns how many stand still. */
unsigned pulse_tick(struct worker *const *workers, unsigned count);

/* Whether a worker stood still at the last look. */
bool pulse_stalled(const struct worker *worker);

struct pulse_faults {
	uint64_t minor, major;
};

/* Page faults of the worker's thread since it began to poll. Of a worker that does not run,
 * none. */
struct pulse_faults pulse_faults(const struct worker *worker);

#endif
