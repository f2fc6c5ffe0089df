/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Swap: one program in the place of another, while workers run. The control thread calls everything
 * here but swap_prepare.
 */
#ifndef ENGINE_SWAP_H
#define ENGINE_SWAP_H

#include "engine/worker.h"

struct swap {
	struct worker_shared *shared;
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

/* Waits, a moment, until what was replaced before is back in the pools that the next program is
 * made of. The thread that prepares. */
void swap_await_room(const struct swap *swap);

/* Compiles a config for ports in its order, to follow the program that runs, while packets flow.
 * Any thread, one at a time. The config is the program's on success alone. Findings in errors. */
int swap_prepare(const struct swap *swap, struct config *config, struct port *const *ports,
		 enum stage_use use, struct program **out, struct error_list *errors);
void swap_discard(struct program *program);

/* Whether a program can be published: -EBUSY: a worker still has the one before that which runs.
 * -ENOMEM. So what workers find by other ways than the program, as the rings of replays, is given
 * to them between this and swap_publish: one that is not published after all is freed at once, and
 * a worker may have looked. */
int swap_ready(struct swap *swap, struct program *program);

/* Makes a program that is ready the one that runs. swap_settle waits a moment for workers to take
 * it: what it replaces is handed over when they have. */
void swap_publish(struct swap *swap, struct program *program);
void swap_settle(struct swap *swap);

/* Hands the replaced program over to be freed as soon as no worker can have it; false: one still
 * may. */
bool swap_reclaim(struct swap *swap);

#endif
