/* SPDX-License-Identifier: BSD-3-Clause */
#include "engine/swap.h"

#include <errno.h>
#include <time.h>

#include "core/log.h"
#include "core/now.h"
#include "core/reaper.h"
#include "engine/targets.h"

#include "core/banned.h"

/* How long a worker that does not move is waited for by the control thread, and so by all clients,
 * before the old program is left to a later tick. */
#define PATIENCE_NS 20000000
/* And by the thread that prepares the next one, before that is refused. */
#define PREPARE_PATIENCE_NS 1000000000
#define STEP_NS 20000

static void
release(void *program)
{
	program_free(program);
}

static void
step(void)
{
	nanosleep(&(struct timespec){.tv_nsec = STEP_NS}, NULL);
}

void
swap_await_room(const struct swap *swap)
{
	uint64_t deadline = now_ns() + PREPARE_PATIENCE_NS;

	while (atomic_load(&swap->old) && now_ns() < deadline)
		step();
	reaper_settle();
}

int
swap_prepare(const struct swap *swap, struct config *config, struct port *const *ports,
	     enum stage_use use, struct program **out, struct error_list *errors)
{
	struct program *program;
	int ret;

	ret = program_make(config,
			   &(struct program_setting){use, ports, swap->shared->ports->pools,
						     swap->worker_count,
						     swap_current(swap->shared)},
			   &program, errors);
	if (ret < 0)
		return ret;
	/* Here, as with a million rules it takes a while. */
	ret = program_follow(program, swap_current(swap->shared));
	if (ret < 0) {
		error_add(errors, 0, 0, NULL, "out of memory for the counters of %u rules",
			  config->rule_count);
		program->config = NULL;
		program_free(program);
		return ret;
	}
	*out = program;
	return 0;
}

void
swap_discard(struct program *program)
{
	if (program)
		reaper_take(release, program);
}

bool
swap_reclaim(struct swap *swap)
{
	if (!swap->old)
		return true;
	if (swap->launched && !rte_rcu_qsbr_check(swap->shared->rcu, swap->token, false))
		return false;
	program_carry(swap_current(swap->shared));
	reaper_take(release, swap->old);
	swap->old = NULL;
	return true;
}

/* Waits for workers to leave the replaced program. */
static bool
await_reclaim(struct swap *swap)
{
	uint64_t deadline = now_ns() + PATIENCE_NS;

	while (!swap_reclaim(swap)) {
		if (now_ns() > deadline)
			return false;
		step();
	}
	return true;
}

int
swap_ready(struct swap *swap, struct program *program)
{
	struct program *old = swap_current(swap->shared);

	if (!swap_reclaim(swap))
		return -EBUSY;
	if (program->before != old && program_follow(program, old) < 0)
		return -ENOMEM;
	return 0;
}

void
swap_publish(struct swap *swap, struct program *program)
{
	swap->old = swap_current(swap->shared);
	targets_begin(program);
	atomic_store_explicit(&swap->shared->program, program, memory_order_release);
	swap->token = rte_rcu_qsbr_start(swap->shared->rcu);
}

void
swap_settle(struct swap *swap)
{
	if (!await_reclaim(swap))
		log_info("a worker has not taken the new config yet: the one before stays in "
			 "memory until it does");
}
