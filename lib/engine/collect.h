/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Collect: how the control thread gets at what workers count. A worker has two tallies, and two
 * sets of counters for the rules of each program, and counts in one of each. Asked, it changes over
 * to the others between two rounds, which takes it as long for a million rules as for one; the
 * control thread adds what rests to what it knows, and empties it before it asks again. So what is
 * known of a worker is what it had counted at one moment between two bursts, and a worker that does
 * not answer leaves it as it was. Control thread.
 */
#ifndef ENGINE_COLLECT_H
#define ENGINE_COLLECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/program.h"
#include "engine/worker.h"

/* Gathers what workers answered, and asks those that did. Called now and then, so that what is
 * known of a worker that stops answering is not old. */
void collect_ask(struct worker *const *workers, unsigned count, struct program *program);

/* The same, and gathers what they answer. They are waited for some milliseconds; one that is late
 * then is not waited for again until it has answered. */
void collect(struct worker *const *workers, unsigned count, struct program *program);

/* The same of workers that have stopped, or that are no threads: gathers everything. */
void collect_stopped(struct worker *const *workers, unsigned count, struct program *program);

/* A counter at this moment, which need not agree with any other: one that is counted with
 * tally_count, by its offset in struct tally. */
uint64_t collect_look(const struct worker *worker, size_t offset);

/* How long ago a worker's counters were as they are known; 0 when it has stopped. */
uint64_t collect_age_ns(const struct worker *worker);

#endif
