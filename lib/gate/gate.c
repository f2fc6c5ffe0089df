/* SPDX-License-Identifier: BSD-3-Clause */
#include "gate/gate.h"

#include <rte_branch_prediction.h>
#include <rte_common.h>
#include <string.h>

#include "core/units.h"
#include "gate/plan.h"

#include "core/banned.h"

/* From the first packet that does not pass on, all entries are looked at. */
static void
begin_stops(struct burst *burst)
{
	memset(burst->stopped, 0, sizeof(burst->stopped));
	for (unsigned i = 0; i < burst->passed_count; i++)
		burst->passed[i].stopped = 0;
	burst->gated = true;
}

static inline void
count(const struct gate *gate, struct burst *burst, uint32_t rule, unsigned packets)
{
	uint64_t *counter = (uint64_t *)&burst->acted[rule] + gate->counted;

	*counter += packets;
}

/*
 * Asks the gates of a rule for packets that it took, as bits. Which gates a packet does not pass is noted in one, where
 * it is a single packet of a rule that passes it on, or NULL: in the burst. A packet is noted by the rule's counters
 * once a reason, whatever number of gates stop it.
 */
static void
ask(const struct gate_plan *plan, void *memory, struct burst *burst, uint32_t rule,
    uint32_t packets, uint32_t *one)
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
		if (!burst->gated)
			begin_stops(burst);
		waiting[gates[g].otherwise] |= stopped;
		here &= ~stopped;
		count(&gates[g], burst, rule,
		      __builtin_popcount(stopped & ~counted[gates[g].counted]));
		counted[gates[g].counted] |= stopped;
		burst->steps[list->step + g] += __builtin_popcount(stopped);
		if (one) {
			*one |= 1u << g;
			continue;
		}
		for (; stopped; stopped &= stopped - 1)
			burst->stopped[__builtin_ctz(stopped)] |= 1u << g;
	}
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
		if (plan->lists[burst->verdicts[0]].count)
			ask(plan, memory, burst, burst->verdicts[0], left, NULL);
		return;
	}
	while (left) {
		uint32_t rule = burst->verdicts[__builtin_ctz(left)];
		uint32_t packets = decided_by(burst, rule);

		if (plan->lists[rule].count)
			ask(plan, memory, burst, rule, packets, NULL);
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
				ask(plan, memory, burst, passed->rule, 1u << i, &passed->stopped);
		}
		if (plan->lists[rule].count)
			ask(plan, memory, burst, rule, 1u << i, NULL);
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
