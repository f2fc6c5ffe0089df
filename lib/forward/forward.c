/* SPDX-License-Identifier: BSD-3-Clause */
#include "forward/forward.h"

#include <errno.h>
#include <rte_branch_prediction.h>

#include "core/units.h"
#include "exit/outbox.h"
#include "forward/plan.h"

#include "core/banned.h"

/* The member that a flow belongs to: the same as long as it has a link; while it has none, its flows
 * (and no others) are spread over those that have. -1 when none has. */
static int
group_member(const struct forward_group *group, uint32_t hash, uint64_t up)
{
	unsigned member = group->table[(uint64_t)hash * group->slots >> 32];
	unsigned alive = 0, pick;

	if (likely(up >> member & 1))
		return member;
	for (unsigned i = 0; i < group->count; i++)
		alive += up >> group->ports[i] & 1 ? group->shares[i] : 0;
	if (alive == 0)
		return -1;
	/* Other bits than chose the member, so that its flows do not all move to one place. */
	pick = (uint64_t)(hash * 0x85ebca6bu) * alive >> 32;
	for (unsigned i = 0;; i++) {
		unsigned share = up >> group->ports[i] & 1 ? group->shares[i] : 0;

		if (pick < share)
			return group->ports[i];
		pick -= share;
	}
}

/* Of the packet inside, where there is one. */
static uint32_t
hash_of(const struct forward_group *group, const struct burst *burst, unsigned index)
{
	const struct rte_mbuf *packet = burst->packets[index];

	if (group->inner && burst->tunnelled >> index & 1)
		return tunnel_flow_hash(packet, &burst->views[index], &burst->tunnels[index],
					&burst->inner[index]);
	return packet_flow_hash(packet, &burst->views[index]);
}

static inline enum drop_reason
drop_reason(unsigned target)
{
	return target == FORWARD_DROP_RULE ? DROP_RULE : DROP_DEFAULT;
}

/* One worker's. */
struct forward_local {
	struct outbox outbox;
	struct parcel others[]; /* as plan->others; empty between bursts */
};

static void
give(const struct forward_plan *plan, struct forward_local *local, struct burst *burst,
     unsigned other, struct rte_mbuf *packet)
{
	struct parcel *parcel = &local->others[other];

	if (parcel->count == BURST_MAX)
		forward_others_give(&plan->others.items[other], parcel, burst);
	parcel->packets[parcel->count++] = packet;
}

static void
deliver(const struct forward_plan *plan, struct forward_local *local, struct burst *burst,
	unsigned index, unsigned target)
{
	struct rte_mbuf *packet = burst->packets[index];
	struct outbox *outbox = &local->outbox;

	if (likely(target < FORWARD_GROUP)) {
		outbox_put(outbox, plan->ports, burst, target, packet);
	} else if (target >= FORWARD_DROP_RULE) {
		outbox_drop(outbox, burst, drop_reason(target), packet);
	} else if (likely(target < FORWARD_OTHER)) {
		const struct forward_group *group = &plan->groups[target - FORWARD_GROUP];
		int member = group_member(group, hash_of(group, burst, index), burst->up);

		if (likely(member >= 0))
			outbox_put(outbox, plan->ports, burst, member, packet);
		else
			outbox_drop(outbox, burst, DROP_NO_MEMBER, packet);
	} else {
		give(plan, local, burst, target - FORWARD_OTHER, packet);
	}
}

static void
mirror(const struct forward_plan *plan, struct forward_local *local, struct burst *burst,
       unsigned index, uint32_t list)
{
	const struct forward_mirrors *mirrors = &plan->mirrors[list];

	/* Every reference is taken before any is given away: a device may free at once. */
	rte_pktmbuf_refcnt_update(burst->packets[index], mirrors->count);
	burst->in->copies += mirrors->count;
	for (uint32_t i = 0; i < mirrors->count; i++)
		deliver(plan, local, burst, index, plan->targets[mirrors->first + i]);
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

/* Packet by packet, so that what leaves on one port leaves in the order in which it came. */
static __rte_noinline void
distribute(const struct forward_plan *plan, struct forward_local *local, struct burst *burst)
{
	unsigned pass = 0;

	/* Now, while every packet is still here to be read. */
	if (plan->uses_groups)
		burst_parse(burst);
	if (plan->enters)
		burst_enter(burst);
	for (unsigned i = 0; i < burst->count; i++) {
		forward_end end = plan->ends[burst->verdicts[burst->uniform ? 0 : i]];

		for (; pass < burst->passed_count && burst->passed[pass].packet == i; pass++)
			mirror(plan, local, burst, i,
			       END_MIRRORS(plan->ends[burst->passed[pass].rule]));
		if (END_MIRRORS(end))
			mirror(plan, local, burst, i, END_MIRRORS(end));
		deliver(plan, local, burst, i, END_TARGET(end));
	}
	for (unsigned i = 0; i < plan->others.count; i++) {
		if (local->others[i].count)
			forward_others_give(&plan->others.items[i], &local->others[i], burst);
	}
	outbox_empty(&local->outbox, plan->ports, burst);
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
			exit_drop(burst, burst->packets, burst->count, drop_reason(end));
			return;
		}
	}
	distribute(plan, local, burst);
}

/* Bursts that leave whole pay for no more than the call: what else there is to do is a function of its own, so that
 * this one saves no registers. */
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
	plan = forward_plan_make(env->config, env->ports, &others);
	if (!plan) {
		error_add(errors, 0, 0, NULL, "out of memory for the actions of %u rule%s",
			  env->config->rule_count, units_plural(env->config->rule_count));
		return -ENOMEM;
	}
	*state = plan;
	return 0;
}

static size_t
forward_local_size(const void *state)
{
	const struct forward_plan *plan = state;

	return sizeof(struct forward_local) + plan->others.count * sizeof(struct parcel);
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
	.run = forward_run,
	.release = forward_release,
};
