/* SPDX-License-Identifier: BSD-3-Clause */
#include "engine/collect.h"

#include <rte_cycles.h>
#include <string.h>
#include <time.h>

#include "core/now.h"

#include "core/banned.h"

/* How long workers are waited for: many rounds of a busy one, a few of one that sleeps. */
#define PATIENCE_NS 20000000
#define NAP_NS 20000

static uint32_t
asked(const struct worker *worker)
{
	return atomic_load_explicit(&((struct worker *)worker)->asked, memory_order_relaxed);
}

static bool
owes(const struct worker *worker)
{
	return atomic_load_explicit(&((struct worker *)worker)->answered, memory_order_acquire) !=
	       asked(worker);
}

static void
take(struct worker *worker, struct program *program, unsigned turn)
{
	struct collected *known = &worker->known;
	struct tally *part = &worker->tallies[turn];

	tally_add(&known->tally, part);
	recent_take(&known->recent, &known->tally, part, program, worker->rested_tsc,
		    rte_get_tsc_hz());
	memset(part, 0, sizeof(*part));
	program_gather(program, worker->index, turn);
}

static void
gather(struct worker *worker, struct program *program)
{
	const struct worker_sources *sources = worker_sources(worker);
	struct collected *known = &worker->known;

	if (!known->awaited)
		return;
	/* It began with the first tally: before its first answer it counted there. */
	take(worker, program, (asked(worker) - 1) & 1);
	/* One that came since it answered has none, and is shown as not begun. */
	for (unsigned i = 0; i < sources->lane_count; i++)
		sources->lanes[i]->known = sources->lanes[i]->answer;
	known->tsc = worker->rested_tsc;
	known->awaited = false;
}

void
collect_ask(struct worker *const *workers, unsigned count, struct program *program)
{
	for (unsigned i = 0; i < count; i++) {
		struct worker *worker = workers[i];

		if (owes(worker))
			continue;
		gather(worker, program);
		worker->known.late = false;
		worker->known.awaited = true;
		atomic_fetch_add_explicit(&worker->asked, 1, memory_order_release);
	}
}

void
collect(struct worker *const *workers, unsigned count, struct program *program)
{
	uint64_t deadline = now_ns() + PATIENCE_NS;

	collect_ask(workers, count, program);
	for (unsigned i = 0; i < count; i++) {
		struct worker *worker = workers[i];

		while (!worker->known.late && owes(worker) && now_ns() < deadline)
			nanosleep(&(struct timespec){.tv_nsec = NAP_NS}, NULL);
		worker->known.late = owes(worker);
		if (!worker->known.late)
			gather(worker, program);
	}
}

void
collect_stopped(struct worker *const *workers, unsigned count, struct program *program)
{
	for (unsigned i = 0; i < count; i++) {
		struct worker *worker = workers[i];
		const struct worker_sources *sources = worker_sources(worker);

		take(worker, program, 0);
		take(worker, program, 1);
		for (unsigned l = 0; l < sources->lane_count; l++)
			sources->lanes[l]->known = sources->lanes[l]->tally;
		worker->known.tsc = 0;
		worker->known.late = false;
		worker->known.awaited = false;
	}
}

uint64_t
collect_look(const struct worker *worker, size_t offset)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < 2; i++)
		sum += tally_look((const uint64_t *)((const char *)&worker->tallies[i] + offset));
	return sum + *(const uint64_t *)((const char *)&worker->known.tally + offset);
}

uint64_t
collect_age_ns(const struct worker *worker)
{
	uint64_t now = rte_rdtsc(), then = worker->known.tsc;

	/* Two cores' counters may differ by a little. */
	if (then == 0 || now <= then)
		return 0;
	return (uint64_t)((double)(now - then) * 1e9 / (double)rte_get_tsc_hz());
}
