/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Swap: one program in the place of another, while workers run. The control thread calls everything here but swap_prepare.
 */
#ifndef ENGINE_SWAP_H
#define ENGINE_SWAP_H

#include "engine/worker.h"

struct swap {
	struct worker_shared *shared;
	const struct ports *ports;
	unsigned worker_count;
	bool launched;                 /* workers run */
	_Atomic(struct program *) old; /* replaced, but a worker may still have it */
	uint64_t token;                /* of the workers' quiescent states, for old */
};

static inline struct program *
swap_current(const struct worker_shared *shared)
{
	return atomic_load_explicit(&((struct worker_shared *)shared)->program,
				    memory_order_relaxed);
}

/* See engine_prepare, engine_discard and engine_swap. */
int swap_prepare(const struct swap *swap, struct config *config, struct program **out,
		 struct error_list *errors);
void swap_discard(struct program *program);
int swap_in(struct swap *swap, struct program *program);

/* Hands the replaced program over to be freed as soon as no worker can have it; false: one still may. */
bool swap_reclaim(struct swap *swap);

#endif
