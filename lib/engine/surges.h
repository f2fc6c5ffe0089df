/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Surges: those of all workers, by the slot of the port, and what devices lost meanwhile. Control
 * thread.
 *
 * Those of several workers that overlap are one. What a device counts as missed is read when a
 * surge is over, and once a second: what came to it since belongs to the last surge that ended
 * since or less than a second before, as some cards count late. Without one it is told by itself.
 */
#ifndef ENGINE_SURGES_H
#define ENGINE_SURGES_H

#include "engine/snapshot.h"
#include "engine/surge.h"
#include "engine/worker.h"
#include "port/ports.h"

struct surges_one {
	struct surge surge;
	uint64_t lost;
	bool seen; /* by a worker; false: there is nothing but the loss, at some time within it */
	bool goes_on; /* its numbers until now */
};

/* Of a port. */
struct surges_list {
	/* Since the port is there, those that go on not among them; and those of which nothing else
	 * is known, as a worker had more than it keeps. */
	uint64_t count, unknown;
	struct surges_one last[SURGES];     /* number n is at n modulo SURGES */
	uint64_t taken[CONFIG_WORKERS_MAX]; /* of each worker's, how many are in it */
	/* What the device missed, as last read, when that was, and when to read it again. */
	uint64_t missed, missed_tsc, due_tsc;
	uint64_t lost; /* while one goes on, which it is told with */
};

struct surges {
	struct surges_list *lists[CONFIG_PORTS_MAX]; /* NULL until there is a port */
};

/* Takes what workers have noted since; now is TSC. Call it as often as engine_tick, and before
 * they are told. */
void surges_tick(struct surges *surges, const struct ports *ports, struct worker *const *workers,
		 unsigned worker_count, uint64_t now);

/* The last ones of a port in the order of their beginnings; returns how many, at most SURGES. */
unsigned surges_tell(const struct surges *surges, struct worker *const *workers,
		     unsigned worker_count, unsigned slot, struct surges_one out[SURGES]);

/* The same for people; told: the port's driver says how many wait. */
struct snapshot_burst surges_burst(const struct surges_one *one, const struct stage_clock *clock,
				   bool told);

/* How many there were of a port. */
uint64_t surges_count(const struct surges *surges, unsigned slot);

/* Of a port that is no more. */
void surges_forget(struct surges *surges, unsigned slot);

#endif
