/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Watched: bursts while somebody listens to probes (core/probe.h): carried out as others are, and
 * told of. What is told is the difference of the counters before and after, so it is what sluice
 * counts, and nothing that drops or copies knows of probes. Worker.
 */
#ifndef ENGINE_WATCHED_H
#define ENGINE_WATCHED_H

#include "engine/worker.h"

/* What worker_process does with the packets that are in worker->burst, which came from a queue. */
void watched_process(struct worker *worker, const struct program *program,
		     const struct worker_queue *queue);

/* Takes what is due of a lane and plays it, as worker_play does. Returns how many packets. */
unsigned watched_play(struct worker *worker, const struct program *program,
		      struct replay_lane *lane);

#endif
