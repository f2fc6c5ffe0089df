/* SPDX-License-Identifier: BSD-3-Clause */
#include "forward/forward.h"

#include <errno.h>
#include <rte_branch_prediction.h>
#include <string.h>

#include "core/units.h"
#include "forward/deliver.h"
#include "forward/jobs.h"
#include "forward/plain.h"
#include "forward/whole.h"

#include "core/banned.h"

static void
mirror(const struct forward_plan *plan, struct forward_local *local, struct burst *burst,
       unsigned index, uint32_t list)
{
	const struct forward_mirrors *mirrors = &plan->mirrors[list];

	/* Every reference is taken before any is given away: a device may free at once. */
	rte_pktmbuf_refcnt_update(burst->packets[index], mirrors->count);
	burst->in->copies += mirrors->count;
	for (uint32_t i = 0; i < mirrors->count; i++)
		forward_deliver(plan, local, burst, index, plan->targets[mirrors->first + i],
				burst->packets[index], false);
}

/* The end that all packets of the burst share, in *end; false when they differ. */
static inline bool
same_end(const struct forward_plan *plan, const struct burst *burst, forward_end *end)
{
	forward_end first = plan->ends[burst->verdicts[0]];
	forward_end differing = 0;

	*end = first;
	if (burst->uniform)
		return true;
	for (unsigned i = 1; i < burst->count; i++)
		differing |= plan->ends[burst->verdicts[i]] ^ first;
	return differing == 0;
}

/* All packets at once, where nobody is given one twice. */
static __rte_noinline void
mirror_all(const struct forward_plan *plan, struct burst *burst, forward_end end)
{
	const struct forward_mirrors *mirrors = &plan->mirrors[END_MIRRORS(end)];
	const uint8_t *targets = &plan->targets[mirrors->first];

	/* Every reference is taken before any is given away: a device may free at once. */
	for (unsigned i = 0; i < burst->count; i++)
		rte_pktmbuf_refcnt_update(burst->packets[i], mirrors->count);
	burst->in->copies += (uint64_t)mirrors->count * burst->count;
	for (uint32_t i = 0; i < mirrors->count; i++) {
		/* Where packets don't fit, others change places. */
		struct rte_mbuf *packets[BURST_MAX];

		memcpy(packets, burst->packets, sizeof(packets));
		exit_send(plan->ports[targets[i]], burst, packets, burst->count, burst->bytes);
	}
	if (END_TARGET(end) < FORWARD_GROUP)
		exit_send(plan->ports[END_TARGET(end)], burst, burst->packets, burst->count,
			  burst->bytes);
	else
		exit_drop(burst, burst->packets, burst->count,
			  forward_drop_reason(END_TARGET(end)));
}

/* Packet by packet, so that what leaves on one port leaves in the order in which it came. */
static __rte_noinline void
distribute(const struct forward_plan *plan, struct forward_local *local, struct burst *burst)
{
	unsigned pass = 0;

	/* Now, while every packet is still here to be read. */
	if (plan->uses_groups)
		burst_parse(burst);
	if (plan->enters)
		burst_enter(burst, burst_suspects(burst));
	for (unsigned i = 0; i < burst->count; i++) {
		forward_end end = plan->ends[burst->verdicts[burst->uniform ? 0 : i]];

		for (; pass < burst->passed_count && burst->passed[pass].packet == i; pass++)
			mirror(plan, local, burst, i,
			       END_MIRRORS(plan->ends[burst->passed[pass].rule]));
		if (END_MIRRORS(end))
			mirror(plan, local, burst, i, END_MIRRORS(end));
		forward_deliver(plan, local, burst, i, END_TARGET(end), burst->packets[i], false);
	}
	forward_empty(plan, local, burst);
}

/* Whether some packet of the burst was taken by a rule with edits or gates. */
static bool
wants_jobs(const struct forward_plan *plan, const struct burst *burst)
{
	unsigned count = burst->uniform ? 1 : burst->count;

	for (unsigned i = 0; i < count; i++) {
		if (forward_has_forms(plan->ends[burst->verdicts[i]]))
			return true;
	}
	for (unsigned i = 0; i < burst->passed_count; i++) {
		if (forward_has_forms(plan->ends[burst->passed[i].rule]))
			return true;
	}
	return false;
}

static __rte_noinline void
part(const struct forward_plan *plan, struct forward_local *local, struct burst *burst)
{
	forward_end end;

	if (burst->passed_count == 0 && same_end(plan, burst, &end)) {
		if (end < FORWARD_GROUP) {
			exit_send(plan->ports[end], burst, burst->packets, burst->count,
				  burst->bytes);
			return;
		}
		if (end == FORWARD_DROP_RULE || end == FORWARD_DROP_DEFAULT) {
			exit_drop(burst, burst->packets, burst->count, forward_drop_reason(end));
			return;
		}
		if (!forward_has_forms(end) && plan->mirrors[END_MIRRORS(end)].whole) {
			mirror_all(plan, burst, end);
			return;
		}
		if (burst->uniform && forward_has_forms(end) &&
		    (plain_run(plan, local, burst, end) || whole_run(plan, local, burst, end)))
			return;
	}
	if (plan->forms.list_count && wants_jobs(plan, burst))
		jobs_run(plan, local, burst);
	else
		distribute(plan, local, burst);
}

/* Bursts that leave whole pay for no more than the call: what else there is to do is a function of
 * its own, so that this one saves no registers. */
static void
forward_run(const void *state, void *memory, struct burst *burst)
{
	const struct forward_plan *plan = state;
	forward_end end = plan->ends[burst->verdicts[0]];

	if (likely(burst->uniform && burst->passed_count == 0 && end < FORWARD_GROUP))
		exit_send(plan->ports[end], burst, burst->packets, burst->count, burst->bytes);
	else
		part(plan, memory, burst);
}

static int
forward_compile(const struct stage_env *env, void **state, struct error_list *errors)
{
	struct forward_others others;
	struct forward_plan *plan;
	int ret = forward_others_make(&others, env, errors);

	if (ret < 0)
		return ret;
	plan = forward_plan_make(env, &others);
	if (!plan) {
		error_add(errors, 0, 0, NULL, "out of memory for the actions of %u rule%s",
			  env->config->rule_count, units_plural(env->config->rule_count));
		return -ENOMEM;
	}
	*state = plan;
	return 0;
}

/* What deliver.h says of it, without jobs; these lie behind. */
static size_t
size_without_jobs(const struct forward_plan *plan)
{
	return RTE_ALIGN_CEIL(sizeof(struct forward_local) +
				      plan->others.count * sizeof(struct other_parcel),
			      RTE_CACHE_LINE_SIZE);
}

static size_t
forward_local_size(const void *state)
{
	const struct forward_plan *plan = state;

	return size_without_jobs(plan) + (plan->forms.list_count ? jobs_size(plan) : 0);
}

static int
forward_local_init(const void *state, void *memory)
{
	const struct forward_plan *plan = state;
	struct forward_local *local = memory;

	if (plan->forms.list_count) {
		local->jobs = (struct jobs *)((char *)memory + size_without_jobs(plan));
		jobs_begin(plan, local);
	}
	return 0;
}

static void
forward_release(void *state)
{
	forward_plan_free(state);
}

const struct stage forward_stage = {
	.name = "forward",
	.compile = forward_compile,
	.local_size = forward_local_size,
	.local_init = forward_local_init,
	.run = forward_run,
	.release = forward_release,
};
