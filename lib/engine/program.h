/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Program: a config, compiled. Immutable but for the memory that each worker has of its own in it. Made
 * and freed by control threads; workers hold it from one burst to the next.
 */
#ifndef ENGINE_PROGRAM_H
#define ENGINE_PROGRAM_H

#include "config/config.h"
#include "core/error.h"
#include "port/ports.h"
#include "stage/stage.h"

#define PROGRAM_STAGES 2

struct program_local {
	void *stages[PROGRAM_STAGES];
	/* What rules took: rule_count + 1, the default last. The worker counts in the set whose turn it is. */
	struct tally_rule *rules[2];
};

struct program {
	struct config *config; /* owned */
	void *states[PROGRAM_STAGES];
	unsigned worker_count;
	struct program_local locals[CONFIG_WORKERS_MAX];
	/* What was gathered of all workers, and carried over from earlier programs: by rule of this one, the default last;
	 * and of rules that are no more: what they decided, and what they passed on. Control thread. */
	struct tally_rule *totals;
	struct tally_rule retired, retired_passed;
	/* By rule of the program before: which rule of this one counts on for it, or PROGRAM_NO_HEIR. */
	const struct program *before;
	uint32_t *heirs;
};

#define PROGRAM_NO_HEIR UINT32_MAX

extern const struct stage *const program_stages[PROGRAM_STAGES];

/* Compiles. Owns the config on success alone. Findings in errors, or -ENOMEM. */
int program_make(struct config *config, const struct ports *ports, unsigned workers,
		 struct program **out, struct error_list *errors);
void program_free(struct program *program);

/* Runs all stages over a burst. Worker. */
static inline void
program_run(const struct program *program, struct burst *burst)
{
	const struct program_local *local = &program->locals[burst->worker];

	burst->rules = local->rules[burst->turn];
	for (unsigned i = 0; i < PROGRAM_STAGES; i++)
		program_stages[i]->run(program->states[i], local->stages[i], burst);
}

/* Adds what a worker counted in a set that rests to the totals, and empties it. Control thread. */
void program_gather(struct program *program, unsigned worker, unsigned turn);

/* Works out which rules of a program follow which of the one before, while that one runs: those of the same name that
 * decide or pass on as before. -ENOMEM without memory. */
int program_follow(struct program *program, const struct program *before);

/* Hands the counters of a program that no worker has any more on to the one that followed it: to its rules' heirs, the
 * others to those that are no more. Quick: a few additions a rule. */
void program_carry(struct program *old, struct program *successor);

#endif
