/* SPDX-License-Identifier: BSD-3-Clause */
#include "engine/watched.h"

#include <rte_cycles.h>
#include <string.h>

#include "core/probe.h"

#include "core/banned.h"

/* As the program has it, whose config lives as long as this round. */
static const char *
name_of(const struct worker *worker, const struct program *program, uint16_t slot)
{
	const struct program_local *local = program_of(program, worker->index);
	uint16_t place = local->places[slot];

	return place == PROGRAM_NOWHERE ? "" : local->config->ports[place].name;
}

static void
tell_copies(const struct tally_copy *before, const struct tally_copy *after)
{
	for (unsigned i = 0; i < COPY_REASONS; i++)
		if (after[i].packets != before[i].packets)
			probe_copy(copy_reasons[i].name, after[i].packets - before[i].packets,
				   after[i].bytes - before[i].bytes);
}

static void
tell_drops(const char *port, const uint64_t *before, const uint64_t *after)
{
	for (unsigned i = 0; i < DROP_REASONS; i++)
		if (after[i] != before[i])
			probe_drop(port, drop_reasons[i].name, after[i] - before[i]);
}

void
watched_process(struct worker *worker, const struct program *program,
		const struct worker_queue *queue)
{
	const struct tally *tally = worker->burst.tally;
	uint16_t slot = queue->port->index;
	const char *name = name_of(worker, program, slot);
	const uint64_t *drops = tally->ports[slot].drops;
	unsigned count = worker->burst.count;
	struct tally_copy copies[COPY_REASONS];
	uint64_t dropped[DROP_REASONS], begun;

	memcpy(copies, tally->copies, sizeof(copies));
	memcpy(dropped, drops, sizeof(dropped));
	begun = rte_rdtsc();
	worker_process(worker, program, queue->port);
	probe_burst(name, queue->queue, count, rte_rdtsc() - begun);
	tell_copies(copies, tally->copies);
	tell_drops(name, dropped, drops);
}

/* What a lane handed over too late, or did not for that reason, at now_ns; due_ns: the time of the
 * first. Where late packets shift the schedule they are due when they leave. */
static void
tell_late(const struct replay_lane *lane, const struct lane_tally *before, uint64_t due_ns,
	  uint64_t now_ns)
{
	const struct lane_tally *after = &lane->tally;
	uint64_t late_ns = now_ns > due_ns ? now_ns - due_ns : 0;
	uint64_t shift_ns = after->shifted_ns - before->shifted_ns;

	if (after->late != before->late || after->dropped != before->dropped)
		probe_late(lane->plan->name, RTE_MAX(late_ns, shift_ns));
}

unsigned
watched_play(struct worker *worker, const struct program *program, struct replay_lane *lane)
{
	const struct stage_clock *clock = &worker->shared->clock;
	const char *name = name_of(worker, program, lane->port);
	const struct tally *tally = worker->burst.tally;
	struct tally_copy copies[COPY_REASONS];
	struct lane_tally before = lane->tally;
	uint64_t begun, due_ns = before.due_ns;
	unsigned count;

	memcpy(copies, tally->copies, sizeof(copies));
	count = replay_lane_take(lane, clock_now(clock), worker->burst.packets);
	if (count) {
		due_ns = lane->dues[0];
		worker->burst.count = count;
		begun = rte_rdtsc();
		worker_play(worker, program, lane, clock_now(clock));
		probe_burst(name, PROBE_REPLAY, count, rte_rdtsc() - begun);
	}
	/* The first of a run begins at 0. */
	if (lane->tally.run != before.run)
		before = (struct lane_tally){0};
	tell_late(lane, &before, due_ns, clock_now(clock));
	tell_drops(name, before.drops, lane->tally.drops);
	tell_copies(copies, tally->copies);
	return count;
}
