/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Forecast: what workers could take, and how long they may stand still, from what they did of late
 * (recent.h, headroom.h). Control thread.
 */
#ifndef ENGINE_FORECAST_H
#define ENGINE_FORECAST_H

#include "engine/snapshot.h"
#include "engine/worker.h"

/* What a worker could take. */
void forecast_worker(const struct worker *worker, struct snapshot_worker *out);

/* What the workers that poll a port's queues have to do with it, whose ring and peaks are known. */
void forecast_port(struct worker *const *workers, unsigned count, unsigned slot,
		   struct snapshot_port *out);

#endif
