/* SPDX-License-Identifier: BSD-3-Clause */
#include "gate/gate.h"

#include <rte_branch_prediction.h>
#include <rte_common.h>
#include <string.h>

#include "core/units.h"
#include "gate/plan.h"

#include "core/banned.h"

/* From the first packet on that fares otherwise than others, all entries are looked at. */
static void
begin_each(struct burst *burst)
{
	uint32_t all = burst_stopped(burst, 0);

	for (unsigned i = 0; i < burst->count; i++)
		burst->stopped[i] = all;
	for (unsigned i = 0; i < burst->passed_count; i++)
		burst->passed[i].stopped = 0;
	burst->gated = BURST_EACH;
}

/* Notes which packets a gate stopped, and which of these no gate of the reason did before. */
static inline void
count(const struct gate *gate, struct burst *burst, uint32_t rule, uint64_t *step, uint32_t stopped,
      uint32_t first)
{
	uint64_t *counter = (uint64_t *)&burst->acted[rule] + gate->counted;

	*counter += __builtin_popcount(first);
	*step += __builtin_popcount(stopped);
}

/* alike: they are all that there are. */
static inline void
note(struct burst *burst, uint32_t stopped, bool alike, uint32_t bit)
{
	if (alike && burst->gated != BURST_EACH) {
		burst->stopped[0] = burst_stopped(burst, 0) | bit;
		burst->gated = BURST_ALIKE;
		return;
	}
	if (burst->gated != BURST_EACH)
		begin_each(burst);
	for (; stopped; stopped &= stopped - 1)
		burst->stopped[__builtin_ctz(stopped)] |= bit;
}

/*
 * Asks the gates of a rule for packets that it took, as bits. Which gates a packet does not pass is
 * noted in one, where it is a single packet of a rule that passes it on, or NULL: in the burst. A
 * packet is noted by the rule's counters once a reason, whatever number of gates stop it. whole:
 * the rule decided all packets, and these are they.
 */
static void
ask(const struct gate_plan *plan, void *memory, struct burst *burst, uint32_t rule,
    uint32_t packets, uint32_t *one, bool whole)
{
	const struct gate_list *list = &plan->lists[rule];
	const struct gate *gates = &plan->gates[list->first];
	uint32_t waiting[CONFIG_GATES_MAX + 1], here = packets;
	uint32_t counted[sizeof(struct tally_acted) / sizeof(uint64_t)] = {0};

	for (unsigned g = 0; g <= list->count; g++)
		waiting[g] = 0;
	for (unsigned g = 0; g < list->count; g++) {
		uint32_t stopped;

		here |= waiting[g];
		if (!here)
			continue;
		stopped = here & ~gates[g].pass(&gates[g], memory, burst, here);
		if (!stopped)
			continue;
		waiting[gates[g].otherwise] |= stopped;
		here &= ~stopped;
		count(&gates[g], burst, rule, &burst->steps[list->step + g], stopped,
		      stopped & ~counted[gates[g].counted]);
		counted[gates[g].counted] |= stopped;
		if (!one) {
			note(burst, stopped, whole && stopped == packets, 1u << g);
			continue;
		}
		if (burst->gated != BURST_EACH)
			begin_each(burst);
		*one |= 1u << g;
	}
}

/* The same where one rule, of one gate, decided all packets, as it mostly is. */
static void
ask_one(const struct gate_plan *plan, void *memory, struct burst *burst, uint32_t rule,
	uint32_t packets)
{
	const struct gate_list *list = &plan->lists[rule];
	const struct gate *gate = &plan->gates[list->first];
	uint32_t stopped = packets & ~gate->pass(gate, memory, burst, packets);

	if (!stopped)
		return;
	count(gate, burst, rule, &burst->steps[list->step], stopped, stopped);
	note(burst, stopped, stopped == packets, 1);
}

/* Of the burst's packets those that this rule decided. */
static uint32_t
decided_by(const struct burst *burst, uint32_t rule)
{
	uint32_t packets = 0;

	for (unsigned i = 0; i < burst->count; i++)
		packets |= (uint32_t)(burst->verdicts[i] == rule) << i;
	return packets;
}

/* Rule by rule: no gate of one knows of those of another. */
static void
ask_rules(const struct gate_plan *plan, void *memory, struct burst *burst)
{
	uint32_t left = RTE_LEN2MASK(burst->count, uint32_t);

	if (burst->uniform) {
		uint32_t rule = burst->verdicts[0];

		if (likely(plan->lists[rule].count == 1))
			ask_one(plan, memory, burst, rule, left);
		else if (plan->lists[rule].count)
			ask(plan, memory, burst, rule, left, NULL, true);
		return;
	}
	while (left) {
		uint32_t rule = burst->verdicts[__builtin_ctz(left)];
		uint32_t packets = decided_by(burst, rule);

		if (plan->lists[rule].count)
			ask(plan, memory, burst, rule, packets, NULL, false);
		left &= ~packets;
	}
}

static void
ask_packets(const struct gate_plan *plan, void *memory, struct burst *burst)
{
	unsigned pass = 0;

	for (unsigned i = 0; i < burst->count; i++) {
		uint32_t rule = burst->verdicts[burst->uniform ? 0 : i];

		for (; pass < burst->passed_count && burst->passed[pass].packet == i; pass++) {
			struct burst_pass *passed = &burst->passed[pass];

			if (plan->lists[passed->rule].count)
				ask(plan, memory, burst, passed->rule, 1u << i, &passed->stopped,
				    false);
		}
		if (plan->lists[rule].count)
			ask(plan, memory, burst, rule, 1u << i, NULL, false);
	}
}

static void
gate_run(const void *state, void *memory, struct burst *burst)
{
	const struct gate_plan *plan = state;

	if (burst->passed_count || plan->mingled)
		ask_packets(plan, memory, burst);
	else
		ask_rules(plan, memory, burst);
}

static int
gate_compile(const struct stage_env *env, void **state, struct error_list *errors)
{
	struct gate_plan *plan;
	int ret = gate_plan_make(env, &plan);

	if (ret < 0)
		error_add(errors, 0, 0, NULL, "out of memory for the gates of %u rule%s",
			  env->config->rule_count, units_plural(env->config->rule_count));
	else
		*state = plan;
	return ret;
}

static size_t
gate_local_size(const void *state)
{
	return ((const struct gate_plan *)state)->memory;
}

static void
gate_release(void *state)
{
	gate_plan_free(state);
}

const struct stage gate_stage = {
	.name = "gate",
	.compile = gate_compile,
	.local_size = gate_local_size,
	.run = gate_run,
	.release = gate_release,
	.sections = gate_sections,
};
