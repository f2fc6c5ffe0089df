/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Stage: the contract between the engine and what it runs. A stage is one `const struct stage`; the
 * engine calls the functions below and knows no stage by name.
 */
#ifndef STAGE_STAGE_H
#define STAGE_STAGE_H

#include <stddef.h>

#include "config/config.h"
#include "core/error.h"
#include "stage/burst.h"
#include "stage/counters.h"

struct port;
struct port_pool;
struct target_state;

/* What is compiled for. */
enum stage_use {
	STAGE_LOOKS, /* to be looked at, as by check and explain: nothing runs */
	STAGE_OFFLINE,
	STAGE_LIVE,
};

/* What a stage may look at when it compiles. */
struct stage_env {
	const struct config *config; /* outlives the compiled state */
	struct port *const *ports;   /* by the config's index; NULL when only checking */
	/* Of packets, and of headers, for what is made of packets; NULL when only checking. */
	const struct port_pool *pool;
	enum stage_use use;
	/* The kinds of targets that there are, compiled; see target.h. */
	const struct target_state *targets;
	/* The same stage's state in the program that this one is to follow, which stays while it
	 * compiles; NULL: none. What is to go on is held by both, and written by workers alone,
	 * each its own part: the step from one program to the next moves nothing. */
	const void *before;
	unsigned workers;
	int numa; /* where worker memory should lie, -1 any */
};

/* What a stage tells of things of its own, beside what ports and rules count: an object by name in
 * the report. */
struct stage_section {
	const char *name;             /* "policers"; NULL behind the last */
	const struct counter *counts; /* of a struct of size bytes */
	size_t size;

	/* Control thread, at any moment: how many there are, what each is called, and its numbers,
	 * in zeroed memory. */
	unsigned (*count)(const void *state);
	const char *(*thing)(const void *state, unsigned index);
	void (*look)(const void *state, unsigned index, void *numbers);
};

struct stage {
	const char *name;

	/* Control thread. Compiles the config into immutable state, in any time it needs; leaves it
	 * NULL where the config has no use for the stage, which is then no part of its program. On
	 * failure adds findings to errors, leaves nothing behind and returns a negative errno. */
	int (*compile)(const struct stage_env *env, void **state, struct error_list *errors);

	/* Bytes of memory that each worker needs of its own for this state (zeroed, aligned to a
	 * cache line); may be NULL. */
	size_t (*local_size)(const void *state);

	/* Control thread, once per worker, before its first burst; may be NULL. */
	int (*local_init)(const void *state, void *local);
	void (*local_fini)(const void *state, void *local);

	/* Worker. Must not block, allocate, log, or loop without a bound. */
	void (*run)(const void *state, void *local, struct burst *burst);

	/* Control thread, when no worker can hold the state any more. */
	void (*release)(void *state);

	/* Control thread: says of one rule in which manner it is carried out ("jit", "interpreter",
	 * ...), or NULL when the stage has nothing to say of it; may be NULL. */
	const char *(*manner)(const void *state, unsigned rule);

	const struct stage_section *sections; /* may be NULL */
};

#endif
