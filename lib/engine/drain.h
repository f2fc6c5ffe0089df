/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Drain: lets devices send what they were given before they are stopped, as stopping one throws
 * away what still waits in its rings.
 */
#ifndef ENGINE_DRAIN_H
#define ENGINE_DRAIN_H

#include "engine/worker.h"
#include "port/ports.h"

#define DRAIN_ALL UINT64_MAX

/* Waits until every transmit ring of the ports in these slots is empty, as far as drivers can say,
 * 1.5 s at most. No worker may send on them any more. Logs a port whose ring did not empty. */
void drain_transmit(const struct ports *ports, struct worker *const *workers, unsigned worker_count,
		    uint64_t slots);

/* Targets bring what they hold to its end, in 3 s at most; what is left then is lost, and said in
 * the log. No worker may run any more. */
void drain_targets(const struct program *program);

#endif
