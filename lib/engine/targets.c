/* SPDX-License-Identifier: BSD-3-Clause */
#include "engine/targets.h"

#include <string.h>

#include "engine/inside.h"

#include "core/banned.h"

void
targets_done(const struct program *program, struct target_done *done)
{
	memset(done, 0, sizeof(*done));
	for (const struct target_state *target = program->targets; target->kind; target++) {
		if (target->state && target->kind->done)
			target->kind->done(target->state, done);
	}
}

static void
subtract(struct target_done_port *port, const struct target_done_port *other)
{
	port->out -= other->out;
	for (unsigned i = 0; i < DROP_REASONS; i++)
		port->drops[i] -= other->drops[i];
}

void
targets_subtract(struct target_done *done, const struct target_done *other)
{
	for (unsigned slot = 0; slot < CONFIG_PORTS_MAX; slot++)
		subtract(&done->ports[slot], &other->ports[slot]);
	for (unsigned i = 0; i < COPY_REASONS; i++) {
		done->copies[i].packets -= other->copies[i].packets;
		done->copies[i].bytes -= other->copies[i].bytes;
	}
}

void
targets_settle(const struct target_done_port *done, struct tally_port *counts)
{
	counts->out += done->out;
	counts->taken += done->out;
	counts->held -= done->out;
	for (unsigned i = 0; i < DROP_REASONS; i++) {
		counts->drops[i] += done->drops[i];
		counts->held -= done->drops[i];
	}
}

static struct handed *
notes(const struct program *program, const char *replay, unsigned worker)
{
	for (const struct target_state *target = program->targets; target->kind; target++) {
		struct handed *sent = target->state && target->kind->notes
					      ? target->kind->notes(target->state, replay, worker)
					      : NULL;

		if (sent)
			return sent;
	}
	return NULL;
}

const void *
engine_target(const struct engine *engine, enum config_target_kind kind)
{
	const struct program *program = swap_current(&engine->shared);

	for (const struct target_state *target = program->targets; target->kind; target++) {
		if (target->kind->kind == kind)
			return target->state;
	}
	return NULL;
}

void
targets_follow(const struct program *program, struct replay *replay, unsigned workers)
{
	for (unsigned i = 0; i < workers; i++) {
		struct replay_lane *lane = replay_lane(replay, i);

		if (lane)
			atomic_store_explicit(&lane->sent,
					      notes(program, replay_config(replay)->name, i),
					      memory_order_release);
	}
}

void
targets_judge(const struct program *program, struct replay_report *report)
{
	struct target_verdict verdict;

	for (const struct target_state *target = program->targets; target->kind; target++) {
		if (target->state && target->kind->judges &&
		    target->kind->judges(target->state, report->name, &verdict))
			replay_report_join(report, &verdict);
	}
}

void
targets_begin(const struct program *program)
{
	for (const struct target_state *target = program->targets; target->kind; target++) {
		if (target->state && target->kind->begin)
			target->kind->begin(target->state);
	}
}

bool
targets_drain(const struct program *program, uint64_t until_ns)
{
	bool all = true;

	for (const struct target_state *target = program->targets; target->kind; target++) {
		if (target->state && target->kind->drain)
			all &= target->kind->drain(target->state, until_ns);
	}
	return all;
}
