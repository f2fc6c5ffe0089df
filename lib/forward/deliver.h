/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Deliver: a packet to one target. One worker's. Inline, as both ways that packets take through
 * forward call it for each packet.
 */
#ifndef FORWARD_DELIVER_H
#define FORWARD_DELIVER_H

#include <rte_branch_prediction.h>

#include "exit/outbox.h"
#include "forward/plan.h"

struct jobs;

/* One worker's. */
struct forward_local {
	struct outbox outbox;
	struct jobs *jobs; /* NULL where no rule has edits or gates */
	/* Theirs: of a burst with forms, flows as groups take them that look inside. */
	const uint32_t *inner;
	struct other_parcel others[]; /* as plan->others; empty between bursts */
};

/* The member that a flow belongs to: the same as long as it has a link; while it has none, its
 * flows (and no others) are spread over those that have. -1 when none has. */
static inline int
forward_member(const struct forward_group *group, uint32_t hash, uint64_t up)
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
static inline uint32_t
forward_hash_inner(const struct burst *burst, unsigned index)
{
	const struct rte_mbuf *packet = burst->packets[index];

	if (burst->tunnelled >> index & 1)
		return tunnel_flow_hash(packet, &burst->views[index], &burst->tunnels[index],
					&burst->inner[index]);
	return packet_flow_hash(packet, &burst->views[index]);
}

/* hashed as in forward_deliver. */
static inline uint32_t
forward_hash(const struct forward_local *local, const struct forward_group *group,
	     const struct burst *burst, unsigned index, bool hashed)
{
	if (hashed)
		return group->inner ? local->inner[index] : burst->hashes[index];
	if (group->inner)
		return forward_hash_inner(burst, index);
	return packet_flow_hash(burst->packets[index], &burst->views[index]);
}

static inline enum drop_reason
forward_drop_reason(unsigned target)
{
	return target == FORWARD_DROP_RULE ? DROP_RULE : DROP_DEFAULT;
}

static inline void
forward_give(const struct forward_plan *plan, struct forward_local *local, struct burst *burst,
	     unsigned index, unsigned other, struct rte_mbuf *packet)
{
	const struct forward_other *item = &plan->others.items[other];
	struct other_parcel *given = &local->others[item->parcel];
	struct parcel *parcel = &given->parcel;

	if (parcel->count == BURST_MAX)
		forward_others_give(&plan->others.items[item->parcel], given, burst);
	given->marked |= (uint32_t)item->marks << parcel->count;
	given->from[parcel->count] = index;
	parcel->packets[parcel->count++] = packet;
}

/* Gives a packet, or what was made of it, to a target; index is which of the burst's it was.
 * hashed: the burst's hashes are those of the packets as they came in, which may have changed
 * since. */
static __rte_always_inline void
forward_deliver(const struct forward_plan *plan, struct forward_local *local, struct burst *burst,
		unsigned index, unsigned target, struct rte_mbuf *packet, bool hashed)
{
	struct outbox *outbox = &local->outbox;

	if (likely(target < FORWARD_GROUP)) {
		outbox_put(outbox, plan->ports, burst, target, packet);
	} else if (target >= FORWARD_DROP_RULE) {
		outbox_drop(outbox, burst, forward_drop_reason(target), packet);
	} else if (likely(target < FORWARD_OTHER)) {
		const struct forward_group *group = &plan->groups[target - FORWARD_GROUP];
		uint32_t hash = forward_hash(local, group, burst, index, hashed);
		int member = forward_member(group, hash, burst->up);

		if (likely(member >= 0))
			outbox_put(outbox, plan->ports, burst, member, packet);
		else
			outbox_drop(outbox, burst, DROP_NO_MEMBER, packet);
	} else {
		forward_give(plan, local, burst, index, target - FORWARD_OTHER, packet);
	}
}

/* Sends and frees all that was delivered. */
static inline void
forward_empty(const struct forward_plan *plan, struct forward_local *local, struct burst *burst)
{
	for (unsigned i = 0; i < plan->others.count; i++) {
		if (local->others[i].parcel.count)
			forward_others_give(&plan->others.items[i], &local->others[i], burst);
	}
	outbox_empty(&local->outbox, plan->ports, burst);
}

#endif
