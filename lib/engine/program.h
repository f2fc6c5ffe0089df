/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Program: a config, compiled. Immutable but for the memory that each worker has of its own in it.
 * Made and freed by control threads; workers hold it from one burst to the next.
 */
#ifndef ENGINE_PROGRAM_H
#define ENGINE_PROGRAM_H

#include "config/config.h"
#include "core/error.h"
#include "engine/rooms.h"
#include "port/ports.h"
#include "stage/stage.h"

/* What a worker calls for each burst. */
struct program_step {
	void (*run)(const void *state, void *local, struct burst *burst);
	const void *state;
	void *local;
};

struct program_local {
	/* As the program's stages; behind the last, run is NULL. */
	struct program_step steps[ROOMS_STAGES];
	/* By slot of a port, which place it has in the config. */
	uint8_t places[CONFIG_PORTS_MAX];
	/* What rules took: rule_count + 1, the default last. The worker counts in the set whose
	 * turn it is. */
	struct tally_rule *rules[2];
	struct tally_acted *acted[2]; /* the same of edits and gates; NULL where no rule has any */
	uint64_t *step_counts[2];     /* and of their lists */
	const struct config *config;  /* the program's, for whoever looks on */
};

/* What rules counted. */
struct program_totals {
	struct tally_rule *rules;  /* rule_count + 1 of the config, the default last */
	struct tally_acted *acted; /* as many; NULL where no rule has edits or gates */
	uint64_t *steps;           /* step_count of the config; NULL likewise */
	/* Of rules that are no more: what they decided and what they passed on. Of edits and gates
	 * also what those counted that a rule had before it was changed. */
	struct tally_rule retired, retired_passed;
	struct tally_acted retired_acted, retired_passed_acted;
};

struct program {
	struct config *config;           /* owned */
	uint8_t slots[CONFIG_PORTS_MAX]; /* of the config's ports, see port.h */
	/* Those that this config needs. */
	struct program_stage {
		const struct stage *stage;
		void *state;
	} stages[ROOMS_STAGES];
	unsigned stage_count;
	struct target_state targets[ROOMS_TARGETS + 1]; /* of each kind; behind the last no kind */
	unsigned worker_count;
	struct program_local locals[CONFIG_WORKERS_MAX];
	/* What was gathered of all workers, and carried over from earlier programs. Control
	 * thread. */
	struct program_totals totals;
	/* The one before, as long as a worker may still be in it, and by rule of that: which rule
	 * of this one counts on for it, see heirs.h. */
	struct program *before;
	uint32_t *heirs;
	bool *same_lists; /* whether that one's list is the same */
};

/* The place of a slot whose port is in another config. */
#define PROGRAM_NOWHERE UINT8_MAX

/* What a program is compiled for. */
struct program_setting {
	enum stage_use use;
	struct port *const *ports;    /* in the config's order, */
	const struct port_pool *pool; /* and for what edits make; both NULL: just to see whether */
	unsigned workers;
	/* Whom it is to follow, or NULL: what goes on of that both hold. */
	const struct program *before;
};

/* Compiles. Owns the config on success alone. Findings in errors, or -ENOMEM. */
int program_make(struct config *config, const struct program_setting *setting, struct program **out,
		 struct error_list *errors);
void program_free(struct program *program);

/* What a worker has of the program: looked up once for all bursts of a round. */
static inline const struct program_local *
program_of(const struct program *program, unsigned worker)
{
	return &program->locals[worker];
}

/* Runs the program's stages over a burst of the worker whose memory this is; there always is one.
 * Worker. */
static inline void
program_run(const struct program_local *local, struct burst *burst)
{
	const struct program_step *step = local->steps;

	burst->rules = local->rules[burst->turn];
	burst->acted = local->acted[burst->turn];
	burst->steps = local->step_counts[burst->turn];
	do
		step->run(step->state, step->local, burst);
	while (++step < local->steps + ROOMS_STAGES && step->run);
}

/* Adds what a worker counted in a set that rests to the totals, and empties it: of the program
 * before, too, which the worker may have left since, or not yet. Control thread. */
void program_gather(struct program *program, unsigned worker, unsigned turn);

/* Adds what was gathered, also for the rules of a program before that a worker is still in. Control
 * thread. */
void program_add_totals(const struct program *program, struct program_totals *totals);

/* Works out which rules of a program follow which of the one before, while that one runs. -ENOMEM
 * without memory. */
int program_follow(struct program *program, struct program *before);

/* Hands the counters of the program before, which no worker has any more, on to this one: to its
 * rules' heirs, the others to those that are no more. Quick: a few additions a rule. */
void program_carry(struct program *program);

#endif
