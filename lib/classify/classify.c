/* SPDX-License-Identifier: BSD-3-Clause */
#include "classify/classify.h"

#include <rte_branch_prediction.h>
#include <rte_mbuf.h>

#include "classify/run.h"

#include "core/banned.h"

static int
classify_compile(const struct stage_env *env, void **state, struct error_list *errors)
{
	struct classify_plan *plan;
	int ret = classify_plan_make(env, &plan, errors);

	if (ret == 0)
		*state = plan;
	return ret;
}

static size_t
classify_memory_size(const void *state)
{
	return classify_local_size(state);
}

static int
classify_memory_init(const void *state, void *memory)
{
	classify_local_init(state, memory);
	return 0;
}

static void
classify_release(void *state)
{
	classify_plan_free(state);
}

static const char *
classify_manner(const void *state, unsigned rule)
{
	const struct classify_plan *plan = state;

	if (rule >= plan->rule_count || plan->rule_filters[rule] == 0)
		return NULL;
	return plan->filters[plan->rule_filters[rule] - 1]->code ? "jit" : "interpreter";
}

static void
count_uniform(struct burst *burst, uint32_t rule)
{
	burst->uniform = true;
	burst->rules[rule].packets += burst->count;
	burst->rules[rule].bytes += burst->bytes;
}

static void
count_verdicts(struct burst *burst)
{
	uint32_t first = burst->verdicts[0], differing = 0;

	for (unsigned i = 1; i < burst->count; i++)
		differing |= burst->verdicts[i] ^ first;
	if (differing == 0) {
		count_uniform(burst, first);
		return;
	}
	burst->uniform = false;
	for (unsigned i = 0; i < burst->count; i++) {
		struct tally_rule *rule = &burst->rules[burst->verdicts[i]];

		rule->packets++;
		rule->bytes += rte_pktmbuf_pkt_len(burst->packets[i]);
	}
}

static __rte_noinline void
look_up(const struct classify_plan *plan, struct classify_local *local, struct burst *burst)
{
	if (classify_plan_looks_up(plan, burst->in_port)) {
		classify_run_terminal(plan, local, burst);
	} else {
		for (unsigned i = 0; i < burst->count; i++)
			burst->verdicts[i] = plan->ports[burst->in_port].terminal;
	}
	if (plan->ports[burst->in_port].always.count || plan->ports[burst->in_port].tunnels ||
	    classify_plan_looks_up_layers(plan, burst->in_port))
		classify_run_conditional(plan, local, burst);
	count_verdicts(burst);
}

/* Where no packet need be looked at, the call is most of what this costs: the rest is a function of
 * its own, so that this one saves no registers. */
static void
classify_run(const void *state, void *memory, struct burst *burst)
{
	const struct classify_plan *plan = state;
	uint32_t terminal = plan->ports[burst->in_port].terminal;

	if (plan->looked_ports >> burst->in_port & 1) {
		look_up(plan, memory, burst);
		return;
	}
	burst->verdicts[0] = terminal;
	count_uniform(burst, terminal);
}

const struct stage classify_stage = {
	.name = "classify",
	.compile = classify_compile,
	.local_size = classify_memory_size,
	.local_init = classify_memory_init,
	.run = classify_run,
	.release = classify_release,
	.manner = classify_manner,
};
