/* SPDX-License-Identifier: BSD-3-Clause */
#include "replay/lane.h"

#include <rte_branch_prediction.h>
#include <rte_byteorder.h>
#include <rte_mempool.h>
#include <rte_prefetch.h>
#include <string.h>

#include "port/time.h"
#include "replay/headers.h"
#include "replay/obey.h"
#include "replay/owners.h"

#include "core/banned.h"

/* A lane that is behind by more than this does not owe what it has not sent: orders don't wait for it. */
#define BEHIND_NS 100000
/* Entries looked at in one call, so that a lane to which few of them belong gives its worker back. */
#define LOOKS_MAX (8 * BURST_MAX)

/* Whether no entry will come: the last loop is out, or the good part of files that broke. */
static bool
is_at_end(const struct replay_lane *lane)
{
	struct timeline *timeline = lane->plan->timeline;
	uint64_t end = atomic_load_explicit(&timeline->end, memory_order_acquire);

	return lane->next == end &&
	       (!timeline->resident || end == 0 || lane->tally.loops + 1 == lane->plan->loops ||
		atomic_load_explicit(&timeline->broken, memory_order_relaxed));
}

/* Nothing is published behind the lane: the end of a loop, the end of all, or a reader that is behind. */
static bool
next_loop(struct replay_lane *lane)
{
	struct timeline *timeline = lane->plan->timeline;

	if (lane->next != atomic_load_explicit(&timeline->end, memory_order_acquire) ||
	    is_at_end(lane))
		return false;
	lane->tally.loops++;
	lane->next = 0;
	lane->base_ns += atomic_load_explicit(&timeline->period_ns, memory_order_relaxed);
	if (lane->base_ns > SCHEDULE_NEVER)
		lane->base_ns = SCHEDULE_NEVER;
	return true;
}

static inline const struct timeline_entry *
peek(struct replay_lane *lane)
{
	struct timeline *timeline = lane->plan->timeline;

	if (unlikely(lane->next == lane->published)) {
		lane->published = atomic_load_explicit(&timeline->published, memory_order_acquire);
		/* A resident lane in a later loop has its end where the loop ends. */
		if (lane->next == lane->published && !next_loop(lane))
			return NULL;
	}
	return &timeline->entries[lane->next & timeline->mask];
}

/* The length on the wire of a packet that is to be padded. */
static uint16_t
padded_length(const struct timeline *timeline, const struct timeline_entry *entry)
{
	uint32_t length;

	memcpy(&length, timeline->arena + entry->offset - sizeof(length), sizeof(length));
	return entry->swapped ? rte_bswap32(length) : length;
}

static inline uint16_t
sent_length(const struct timeline *timeline, const struct timeline_entry *entry)
{
	return likely(!entry->pad) ? entry->length : padded_length(timeline, entry);
}

/* Chains zeros behind a cut packet. False when no mbuf is left for them. */
static bool
pad(const struct lane_plan *plan, struct rte_mbuf *packet, uint16_t length)
{
	struct rte_mbuf *tail;

	if (rte_mempool_get(plan->headers, (void **)&tail) < 0)
		return false;
	tail->buf_addr = plan->zeros;
	tail->buf_iova = plan->zeros_iova;
	tail->buf_len = length - packet->data_len;
	tail->data_off = 0;
	tail->data_len = length - packet->data_len;
	tail->ol_flags = RTE_MBUF_F_EXTERNAL;
	rte_mbuf_ext_refcnt_set(tail->shinfo, 1);
	packet->next = tail;
	packet->nb_segs = 2;
	packet->pkt_len = length;
	return true;
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

/* Gives the next entry its time, carrying out what waits for this. False when the lane no longer runs. */
static bool
settle(struct replay_lane *lane, uint64_t now_ns)
{
	uint64_t due;

	if (lane->anchor) {
		schedule_make(&lane->schedule, &lane->pace, lane->anchor_ns, &lane->units);
		lane->anchor = false;
	}
	if (lane->changes_pace) {
		due = schedule_due(&lane->schedule, &lane->units);
		due = now_ns + schedule_rescale(&lane->schedule, &lane->pace,
						due < now_ns ? 0 : due - now_ns);
		schedule_make(&lane->schedule, &lane->pace, due, &lane->units);
		lane->changes_pace = false;
	}
	if (!lane->is_pending)
		return true;
	due = schedule_due(&lane->schedule, &lane->units);
	/* A lane that is behind, or that knows no times, does at once what it is told. */
	if (lane->pace.kind == CONFIG_PACE_TOP || due + BEHIND_NS < now_ns)
		due = lane->pending.at_ns;
	if (due < lane->pending.at_ns)
		return true;
	lane_carry_out(lane, due);
	return lane->state == LANE_RUNNING && settle(lane, now_ns);
}

/* Notes that the reader is behind, once each time. */
static void
run_dry(struct replay_lane *lane)
{
	if (is_at_end(lane))
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

/* Brings what the next packet needs to the core while there is time: at a thousand packets a second all of
 * it would be cold when it is due. */
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

enum gift {
	GIVEN,
	PASSED, /* not sent, as it is late */
	KEPT,   /* not due, or no mbuf is left */
};

/* Gives the caller the next entry, which is the lane's own, has the given length when sent, and lies behind
 * these units. */
static inline enum gift
give(struct replay_lane *lane, const struct timeline_entry *entry, uint16_t length,
     const struct schedule_units *units, uint64_t now_ns, struct rte_mbuf **packets,
     uint16_t *count)
{
	const struct lane_plan *plan = lane->plan;
	uint64_t due = schedule_due(&lane->schedule, units);
	struct rte_mbuf *packet;

	if (due > now_ns) {
		lane->due_ns = due;
		warm_up(lane, entry);
		return KEPT;
	}
	if (unlikely(due + plan->late_ns < now_ns) && lane->schedule.kind != CONFIG_PACE_TOP &&
	    !late(lane, entry, &due, now_ns))
		return PASSED;
	if (unlikely(lane->stash_count == 0) && !fill_stash(lane))
		return KEPT;
	packet = lane->stash[lane->stash_count - 1];
	headers_point(packet, plan->timeline, entry->offset, entry->length);
	/* Rules look at the packet itself, which lies in memory and in no cache. */
	if (lane->as)
		rte_prefetch0(plan->timeline->arena + entry->offset);
	if (unlikely(entry->pad) && !pad(plan, packet, length))
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

/* Entry by entry: where every packet is the lane's own, or where all lanes must see all of them. Here as in jump
 * the units are a copy, which stays in registers: counted in the lane, each sum would wait for the one before
 * to come back from memory. */
static uint16_t
walk(struct replay_lane *lane, uint64_t now_ns, struct rte_mbuf **packets)
{
	struct timeline *timeline = lane->plan->timeline;
	struct schedule_units units = lane->units;
	bool dry = false;
	uint16_t count = 0;

	for (unsigned looks = 0; looks < LOOKS_MAX && count < BURST_MAX; looks++) {
		const struct timeline_entry *entry = peek(lane);
		uint16_t length;

		dry = !entry;
		if (unlikely(dry))
			break;
		lane->dry = false;
		units.time_ns = lane->base_ns + entry->time_ns;
		if (unlikely(lane->anchor || lane->changes_pace || lane->is_pending)) {
			lane->units = units;
			if (!settle(lane, now_ns))
				break;
		}
		length = sent_length(timeline, entry);
		if (entry->lane == lane->index &&
		    give(lane, entry, length, &units, now_ns, packets, &count) == KEPT)
			break;
		schedule_units_pass(&units, length);
		lane->next++;
	}
	lane->units = units;
	if (unlikely(dry))
		run_dry(lane);
	return count;
}

/* Passes over entries of other lanes. Their lengths are looked at only where the pace counts bytes. */
static inline void
pass_over(struct replay_lane *lane, unsigned entries, struct schedule_units *units)
{
	struct timeline *timeline = lane->plan->timeline;

	if (lane->schedule.kind == CONFIG_PACE_FRAME_BITS ||
	    lane->schedule.kind == CONFIG_PACE_WIRE_BITS) {
		for (unsigned i = 0; i < entries; i++)
			schedule_units_pass(
				units,
				sent_length(timeline,
					    &timeline->entries[(lane->next + i) & timeline->mask]));
	} else {
		units->packets += entries;
	}
	lane->next += entries;
}

/* Among other lanes' packets: first finds its own, then jumps from one to the next. */
static uint16_t
jump(struct replay_lane *lane, uint64_t now_ns, struct rte_mbuf **packets)
{
	struct timeline *timeline = lane->plan->timeline;
	struct schedule_units units = lane->units;
	uint16_t own[BURST_MAX + OWNERS_STEP];
	unsigned found, looked, passed = 0;
	uint16_t count = 0;

	if (unlikely(!peek(lane))) {
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
		length = sent_length(timeline, entry);
		units.time_ns = lane->base_ns + entry->time_ns;
		if (give(lane, entry, length, &units, now_ns, packets, &count) == KEPT)
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

/* Carries out, or lets wait, an order that came while the port has no room: it may have none for ever. False when the
 * lane no longer runs. */
static bool
obey_at_full_port(struct replay_lane *lane, uint64_t now_ns)
{
	const struct timeline_entry *entry = peek(lane);

	if (!entry) {
		lane_carry_out_dry(lane);
		return lane->state == LANE_RUNNING;
	}
	lane->units.time_ns = lane->base_ns + entry->time_ns;
	return settle(lane, now_ns);
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
	return count;
}

uint16_t
replay_lane_take(struct replay_lane *lane, uint64_t now_ns, struct rte_mbuf **packets)
{
	uint32_t ordered = atomic_load_explicit(&lane->plan->ordered, memory_order_acquire);
	uint16_t count;

	if (unlikely(ordered != atomic_load_explicit(&lane->taken, memory_order_relaxed)))
		lane_take_order(lane, ordered);
	if (lane->state != LANE_RUNNING)
		return 0;
	if (unlikely(lane->waiting))
		return take_waiting(lane, now_ns, packets);
	if (now_ns < lane->due_ns)
		return 0;
	if (unlikely(lane->next == lane->published) && is_at_end(lane)) {
		lane_finish(lane);
		return 0;
	}
	lane->due_ns = 0;
	if (lane->plan->late == CONFIG_LATE_SHIFT)
		lane_shift(lane, 0);
	if (lane->plan->timeline->lane_count == 1 || lane->anchor || lane->changes_pace ||
	    lane->is_pending)
		count = walk(lane, now_ns, packets);
	else
		count = jump(lane, now_ns, packets);
	if (!lane->plan->timeline->resident)
		atomic_store_explicit(&lane->plan->timeline->lanes[lane->index].passed, lane->next,
				      memory_order_release);
	lane->tally.packet = lane->units.packets;
	lane->tally.time_ns = lane->units.time_ns;
	return count;
}

uint64_t
replay_lane_wakes(const struct replay_lane *lane)
{
	if (lane->state != LANE_RUNNING)
		return UINT64_MAX;
	return lane->waiting ? lane->dues[lane->waiting - 1] : lane->due_ns;
}
