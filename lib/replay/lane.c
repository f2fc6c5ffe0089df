/* SPDX-License-Identifier: BSD-3-Clause */
#include "replay/lane.h"

#include <rte_branch_prediction.h>
#include <rte_mempool.h>
#include <rte_prefetch.h>
#include <string.h>

#include "port/time.h"
#include "replay/headers.h"
#include "replay/obey.h"
#include "replay/owners.h"
#include "replay/reach.h"

#include "core/banned.h"

/* Entries looked at in one call, so that a lane to which few of them belong gives its worker
 * back. */
#define LOOKS_MAX (8 * BURST_MAX)
/* For so long after its end a lane sends what it owes. */
#define OWED_NS 100000000

static inline uint64_t
now_of(uint64_t until_ns)
{
	return until_ns ? until_ns - 1 : 0;
}

/* What becomes of a packet whose time has passed by more than late_ns. False: it is not sent. */
static bool
late(struct replay_lane *lane, const struct timeline_entry *entry, uint64_t *due, uint64_t now_ns)
{
	switch (lane->plan->late) {
	case CONFIG_LATE_DROP:
		lane->tally.dropped++;
		if (!lane->plan->timeline->resident)
			headers_release(lane->plan->timeline, entry->offset);
		return false;
	case CONFIG_LATE_SHIFT:
		lane->tally.late++;
		lane_shift(lane, now_ns - *due);
		*due = now_ns;
		return true;
	default:
		return true;
	}
}

/* Notes that the reader is behind, once each time. */
static void
run_dry(struct replay_lane *lane)
{
	if (reach_is_end(lane))
		return;
	/* On a virtual clock the reader is waited for. */
	if (!lane->dry && !lane->plan->stamp)
		lane->tally.underruns++;
	lane->dry = true;
	if (lane->is_pending)
		lane_carry_out_dry(lane);
}

static bool
fill_stash(struct replay_lane *lane)
{
	if (rte_mempool_get_bulk(lane->plan->headers, (void **)lane->stash, BURST_MAX) < 0)
		return false;
	lane->stash_count = BURST_MAX;
	return true;
}

/* Brings what the next packet needs to the core while there is time: at a thousand packets a second
 * all of it would be cold when it is due. */
static void
warm_up(struct replay_lane *lane, const struct timeline_entry *entry)
{
	const struct rte_mbuf *packet;

	if (lane->stash_count == 0 && !fill_stash(lane))
		return;
	packet = lane->stash[lane->stash_count - 1];
	__builtin_prefetch(packet, 1);
	__builtin_prefetch(&packet->shinfo, 1);
	__builtin_prefetch(packet->shinfo, 1);
	rte_prefetch0(lane->plan->timeline->arena + entry->offset);
}

/* Which loop the next entry is of, from 0. A reader that streams says how long one is before the
 * second begins. */
static uint64_t
loop_of(const struct replay_lane *lane)
{
	struct timeline *timeline = lane->plan->timeline;
	uint64_t entries;

	if (timeline->resident)
		return lane->tally.loops;
	entries = atomic_load_explicit(&timeline->loop_entries, memory_order_relaxed);
	return entries ? lane->next / entries : 0;
}

enum gift {
	GIVEN,
	PASSED, /* not sent, as it is late */
	KEPT,   /* not due, or no mbuf is left */
};

/* Gives the caller the next entry, which is the lane's own, has the given length when sent, and
 * lies behind these units, if it is due before until_ns. Here and below that is the nanosecond
 * after now, or 0 to find out when a packet is due and give none: one may be due at 0. */
static inline enum gift
give(struct replay_lane *lane, const struct timeline_entry *entry, uint16_t length,
     const struct schedule_units *units, uint64_t until_ns, struct rte_mbuf **packets,
     uint16_t *count)
{
	const struct lane_plan *plan = lane->plan;
	uint64_t due = schedule_due(&lane->schedule, units);
	struct rte_mbuf *packet;

	if (due >= until_ns) {
		lane->due_ns = due;
		lane->tally.due_ns = due;
		lane->waits = true;
		warm_up(lane, entry);
		return KEPT;
	}
	if (unlikely(until_ns - 1 - due > plan->late_ns) &&
	    lane->schedule.kind != CONFIG_PACE_TOP && !late(lane, entry, &due, until_ns - 1))
		return PASSED;
	if (unlikely(lane->stash_count == 0) && !fill_stash(lane))
		return KEPT;
	packet = lane->stash[lane->stash_count - 1];
	headers_point(packet, plan->timeline, entry->offset, entry->length);
	if (unlikely(lane->edits != NULL))
		lane->loops[*count] = loop_of(lane);
	if (unlikely(lane->pair))
		packet->port = entry->server ? lane->server : lane->port;
	/* Rules look at the packet itself, which lies in memory and in no cache. */
	if (lane->as)
		rte_prefetch0(plan->timeline->arena + entry->offset);
	if (unlikely(length != entry->length) &&
	    !headers_pad(plan->headers, packet, length, plan->zeros, plan->zeros_iova))
		return KEPT;
	lane->stash_count--;
	if (plan->stamp) {
		packet_time_set(packet, due);
		packet_wire_length_set(packet, length);
	}
	lane->dues[*count] = due;
	packets[(*count)++] = packet;
	return GIVEN;
}

/* The time of the next entry, behind so many others. */
static inline uint64_t
entry_time(struct replay_lane *lane, const struct timeline_entry *entry, uint64_t entries)
{
	uint64_t time_ns = lane->base_ns + entry->time_ns;

	if (likely(lane->plan->max_gap_ns == 0))
		return time_ns;
	return gap_shorten(&lane->gap, &lane->pace, lane->plan->max_gap_ns, entries, time_ns);
}

/* Entry by entry: where every packet is the lane's own, or where all lanes must see all of them.
 * Here as in jump the units are a copy, which stays in registers: counted in the lane, each sum
 * would wait for the one before to come back from memory. */
static uint16_t
walk(struct replay_lane *lane, uint64_t until_ns, struct rte_mbuf **packets)
{
	struct timeline *timeline = lane->plan->timeline;
	struct schedule_units units = lane->units;
	bool shortens = lane->plan->max_gap_ns > 0;
	bool dry = false;
	uint16_t count = 0;

	for (unsigned looks = 0; looks < LOOKS_MAX && count < BURST_MAX; looks++) {
		const struct timeline_entry *entry = reach_peek(lane);
		uint16_t length;

		dry = !entry;
		if (unlikely(dry))
			break;
		lane->dry = false;
		units.time_ns = entry_time(lane, entry, units.packets);
		if (unlikely(lane->anchor || lane->changes_pace || lane->is_pending)) {
			lane->units = units;
			if (!lane_settle(lane, now_of(until_ns)))
				break;
		}
		length = timeline->lengths[lane->next & timeline->mask];
		if (entry->lane == lane->index &&
		    give(lane, entry, length, &units, until_ns, packets, &count) == KEPT)
			break;
		if (unlikely(shortens))
			lane->gap.due_ns = schedule_due(&lane->schedule, &units);
		schedule_units_pass(&units, length);
		lane->next++;
	}
	lane->units = units;
	if (unlikely(dry))
		run_dry(lane);
	return count;
}

/* Passes over entries of other lanes. Their lengths are looked at only where the pace counts
 * bytes. */
static inline void
pass_over(struct replay_lane *lane, unsigned entries, struct schedule_units *units)
{
	struct timeline *timeline = lane->plan->timeline;

	if (lane->schedule.kind == CONFIG_PACE_FRAME_BITS ||
	    lane->schedule.kind == CONFIG_PACE_WIRE_BITS) {
		for (unsigned i = 0; i < entries; i++)
			schedule_units_pass(units,
					    timeline->lengths[(lane->next + i) & timeline->mask]);
	} else {
		units->packets += entries;
	}
	lane->next += entries;
}

/* Among other lanes' packets: first finds its own, then jumps from one to the next. */
static uint16_t
jump(struct replay_lane *lane, uint64_t until_ns, struct rte_mbuf **packets)
{
	struct timeline *timeline = lane->plan->timeline;
	struct schedule_units units = lane->units;
	uint16_t own[BURST_MAX + OWNERS_STEP];
	unsigned found, looked, passed = 0;
	uint16_t count = 0;

	if (unlikely(!reach_peek(lane))) {
		run_dry(lane);
		return 0;
	}
	lane->dry = false;
	found = owners_find(timeline, lane->index, lane->next,
			    RTE_MIN(lane->published - lane->next, (uint64_t)LOOKS_MAX), own,
			    BURST_MAX, &looked);
	for (unsigned i = 0; i < found; i++) {
		const struct timeline_entry *entry;
		uint16_t length;

		pass_over(lane, own[i] - passed, &units);
		passed = own[i];
		entry = &timeline->entries[lane->next & timeline->mask];
		length = timeline->lengths[lane->next & timeline->mask];
		units.time_ns = lane->base_ns + entry->time_ns;
		if (give(lane, entry, length, &units, until_ns, packets, &count) == KEPT)
			goto kept;
		schedule_units_pass(&units, length);
		lane->next++;
		passed++;
	}
	pass_over(lane, looked - passed, &units);
kept:
	lane->units = units;
	return count;
}

/* Carries out, or lets wait, an order that came while the port has no room: it may have none for
 * ever. False when the lane no longer runs. */
static bool
obey_at_full_port(struct replay_lane *lane, uint64_t now_ns)
{
	const struct timeline_entry *entry = reach_peek(lane);

	if (!entry) {
		lane_carry_out_dry(lane);
		return lane->state == LANE_RUNNING;
	}
	lane->units.time_ns = entry_time(lane, entry, lane->units.packets);
	return lane_settle(lane, now_ns);
}

/* Those that the port had no room for, once more. After a pause they have later times. */
static uint16_t
take_waiting(struct replay_lane *lane, uint64_t now_ns, struct rte_mbuf **packets)
{
	uint16_t count = lane->waiting;

	if (lane->is_pending && !obey_at_full_port(lane, now_ns))
		return 0;
	if (now_ns < lane->dues[count - 1])
		return 0;
	memcpy(packets, lane->held, count * sizeof(struct rte_mbuf *));
	lane->waiting = 0;
	lane->fresh = false;
	return count;
}

/* Goes on from where it is, or ends. */
static inline uint16_t
advance(struct replay_lane *lane, uint64_t until_ns, struct rte_mbuf **packets)
{
	uint16_t count;

	if (unlikely(lane->next == lane->published) && reach_is_end(lane)) {
		lane_finish(lane);
		return 0;
	}
	lane->due_ns = 0;
	lane->waits = false;
	lane->fresh = true;
	if (lane->plan->late == CONFIG_LATE_SHIFT)
		lane_shift(lane, 0);
	if (lane->plan->timeline->lane_count == 1 || lane->anchor || lane->changes_pace ||
	    lane->is_pending || lane->plan->max_gap_ns)
		count = walk(lane, until_ns, packets);
	else
		count = jump(lane, until_ns, packets);
	if (!lane->plan->timeline->resident)
		atomic_store_explicit(&lane->plan->timeline->lanes[lane->index].passed, lane->next,
				      memory_order_release);
	lane->tally.packet = lane->units.packets;
	lane->tally.time_ns = schedule_later(lane->past_ns, lane->units.time_ns + lane->gap.cut_ns);
	lane->tally.at = lane->units;
	return count;
}

static inline void
take_orders(struct replay_lane *lane)
{
	uint32_t ordered = atomic_load_explicit(&lane->plan->ordered, memory_order_acquire);

	if (unlikely(ordered != atomic_load_explicit(&lane->taken, memory_order_relaxed)))
		lane_take_order(lane, ordered);
}

/* Its time is over. What was due before still leaves, unless that takes too long: a lane that can't
 * keep its pace would go on for as long as it likes. */
static uint16_t
take_last(struct replay_lane *lane, uint64_t now_ns, struct rte_mbuf **packets)
{
	uint64_t ends_ns = lane->plan->ends_ns;

	if (!lane->waiting && lane->due_ns < ends_ns && now_ns - ends_ns < OWED_NS &&
	    lane->pace.kind != CONFIG_PACE_TOP) {
		uint16_t count = advance(lane, ends_ns, packets);

		if (count || lane->state != LANE_RUNNING)
			return count;
	}
	lane_finish(lane);
	return 0;
}

uint16_t
replay_lane_take(struct replay_lane *lane, uint64_t now_ns, struct rte_mbuf **packets)
{
	take_orders(lane);
	if (lane->state != LANE_RUNNING)
		return 0;
	if (unlikely(now_ns >= lane->plan->ends_ns))
		return take_last(lane, now_ns, packets);
	if (unlikely(lane->waiting))
		return take_waiting(lane, now_ns, packets);
	if (now_ns < lane->due_ns)
		return 0;
	return advance(lane, now_ns + 1, packets);
}

bool
replay_lane_look(struct replay_lane *lane, uint64_t *due_ns)
{
	take_orders(lane);
	if (lane->state == LANE_RUNNING && !lane->waits && !lane->waiting)
		advance(lane, 0, NULL);
	*due_ns = replay_lane_wakes(lane);
	return lane->state != LANE_RUNNING || lane->waits || lane->waiting;
}

uint64_t
replay_lane_wakes(const struct replay_lane *lane)
{
	if (lane->state != LANE_RUNNING)
		return UINT64_MAX;
	return lane->waiting ? lane->dues[lane->waiting - 1] : lane->due_ns;
}
