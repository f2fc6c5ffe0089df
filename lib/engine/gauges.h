/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Gauges: those of all workers, by the slot of the port. Control thread.
 */
#ifndef ENGINE_GAUGES_H
#define ENGINE_GAUGES_H

#include <stdbool.h>

#include "engine/snapshot.h"
#include "engine/worker.h"

/* The worker's gauge of a port that it polls from now on; NULL: no memory. It goes on with one that
 * there is. */
struct gauge *gauges_of(struct worker *worker, const struct port *port);

/* Frees those of a slot whose port no worker has any more. Workers may be NULL. */
void gauges_forget(struct worker *const *workers, unsigned count, unsigned slot);

/* What all workers noted of a port; false: no memory. */
bool gauges_tell(struct worker *const *workers, unsigned count, unsigned slot,
		 struct snapshot_port *out);

#endif
