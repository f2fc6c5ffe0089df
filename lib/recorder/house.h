/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * House: all captures that are written, from the first program that had one. Each outlives the
 * programs that have it, until what it was given is written. For this room alone.
 */
#ifndef RECORDER_HOUSE_H
#define RECORDER_HOUSE_H

#include <pthread.h>

#include "recorder/ring.h"
#include "stage/target.h"
#include "store/store.h"

struct house {
	pthread_mutex_t lock; /* of all below; held for moments */
	unsigned holders;     /* programs, and recorders */
	struct recorder *first;
	struct target_done past; /* of those that are no more */
	struct house_numbers {
		uint64_t bursts __attribute__((aligned(64)));
	} numbers[CONFIG_WORKERS_MAX]; /* each a worker's: bursts that it has numbered */
};

/* One capture. Its store is the writer's alone, or offline that of the one thread; but for what the
 * store publishes. */
struct recorder {
	struct house *house;
	struct recorder *next;
	unsigned holders, users; /* by the house's lock: users are programs */
	char *name, *directory;
	uint64_t memory;
	uint32_t queue; /* packets that a ring takes */
	bool offline;
	struct store *store;

	/* Orders to the writer, by lock; asked says that there are some. */
	pthread_mutex_t lock;
	atomic_bool asked;
	bool begun, rotate, trigger, change, end, ended;
	struct store_terms terms;
	struct store_interface interfaces[STORE_SLOTS];
	unsigned interface_count;

	unsigned workers;
	struct recorder_ring rings[]; /* none offline */
};

/* NULL: no memory. */
struct house *house_make(void);
struct house *house_hold(struct house *house);
void house_drop(struct house *house);

/* The one of this name whose files, memory and queue are the same, for one program more; NULL:
 * there is none. */
struct recorder *house_find(struct house *house, const struct config_capture *capture);

/* A new one, of one program, with a writer that waits. 0, or a negative errno with a reason. */
int recorder_make(struct house *house, const struct config_capture *capture,
		  const struct store_terms *terms, const struct store_interface *interfaces,
		  unsigned interface_count, const struct stage_env *env, struct recorder **out,
		  char *reason, size_t size);

/* A program has it no more. The last one ends it. */
void recorder_leave(struct recorder *recorder);

/* It is used from now on, or goes on by other terms. */
void recorder_begin(struct recorder *recorder, const struct store_terms *terms,
		    const struct store_interface *interfaces, unsigned count);

enum recorder_order { RECORDER_ROTATE, RECORDER_TRIGGER, RECORDER_END };
/* The writer will. Any thread. */
void recorder_ask(struct recorder *recorder, enum recorder_order order);

/* Ends all that there are, and waits for it until then (now_ns). False: some have not. No worker
 * runs any more. */
bool house_drain(struct house *house, uint64_t until_ns);

/* The writer's, and whoever ended it: it counts with the past, and is freed with its last
 * holder. */
void recorder_retire(struct recorder *recorder);
void recorder_drop(struct recorder *recorder);
/* Its thread is a holder; so it is not freed while that runs. 0, or a negative errno. */
int recorder_start_writer(struct recorder *recorder);

/* Adds what was done with packets that workers left with any of them. */
void house_add_done(struct house *house, struct target_done *sum);

#endif
