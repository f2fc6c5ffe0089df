/* SPDX-License-Identifier: BSD-3-Clause */
/* What a worker does with packets of a replay. */
#include <string.h>

#include "engine/run.h"

#include "core/banned.h"

/* Out of a port. */
static void
play_out(struct worker *worker, struct replay_lane *lane, uint16_t slot, uint64_t now_ns)
{
	struct burst *burst = &worker->burst;
	const uint64_t *drops = burst->tally->ports[slot].drops;
	struct look_set *looks = run_looks(worker);
	uint64_t before[DROP_REASONS];
	unsigned count = burst->count;

	/* Nothing else is dropped on that port's account meanwhile: a burst runs to its end. */
	memcpy(before, drops, sizeof(before));
	run_begin(worker, slot, &frame_any);
	if (unlikely(looks != NULL))
		burst->sight = look_open(looks, burst, slot, NULL);
	replay_lane_send(lane, burst, ports_at(worker->shared->ports, slot), now_ns);
	if (unlikely(burst->sight != NULL))
		look_close(looks, burst);
	/* What waits for room comes again. */
	count -= lane->waiting;
	if (count)
		run_count(burst->tally, count);
	replay_lane_lost(lane, before, drops);
}

/* Out of two. */
static void
play_pair(struct worker *worker, struct replay_lane *lane, uint64_t now_ns)
{
	struct burst *burst = &worker->burst;
	struct lane_parts parts;
	uint16_t slot;

	replay_lane_part(lane, burst, &parts);
	while (replay_lane_next_part(lane, burst, &parts, &slot))
		play_out(worker, lane, slot, now_ns);
}

/* In on a port. */
static void
play_in(struct worker *worker, const struct program *program, struct replay_lane *lane,
	uint64_t now_ns)
{
	struct burst *burst = &worker->burst;
	const uint64_t *drops = burst->tally->ports[lane->port].drops;
	uint64_t before[DROP_REASONS];

	memcpy(before, drops, sizeof(before));
	run_begin(worker, lane->port, &frame_any);
	replay_lane_enters(lane, burst, now_ns);
	replay_lane_handed(lane, burst->count, burst->bytes, now_ns);
	run_count(burst->tally, burst->count);
	tally_count(&burst->in->replayed, burst->count);
	run_burst(worker, program_of(program, worker->index), burst, lane->port);
	replay_lane_lost(lane, before, drops);
}

void
worker_play(struct worker *worker, const struct program *program, struct replay_lane *lane,
	    uint64_t now_ns)
{
	if (unlikely(lane->edits != NULL) &&
	    !replay_lane_edit(lane, &worker->burst,
			      program_of(program, worker->index)->places[lane->port]))
		return;
	if (lane->as)
		play_in(worker, program, lane, now_ns);
	else if (likely(!lane->pair))
		play_out(worker, lane, lane->port, now_ns);
	else
		play_pair(worker, lane, now_ns);
}
