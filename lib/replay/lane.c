/* SPDX-License-Identifier: BSD-3-Clause */
#include "replay/lane.h"

#include <rte_branch_prediction.h>
#include <rte_byteorder.h>
#include <rte_mempool.h>
#include <string.h>

#include "port/time.h"
#include "replay/headers.h"

#include "core/banned.h"

/* Entries looked at in one call, so that a lane to which few of them belong gives its worker back. */
#define LOOKS_MAX (8 * BURST_MAX)

static void
enter(struct replay_lane *lane, enum lane_state state)
{
	lane->state = state;
	lane->due_ns = 0;
	lane->is_pending = false;
	if (state == LANE_STOPPED || state == LANE_DONE) {
		rte_pktmbuf_free_bulk(lane->held, lane->waiting);
		lane->waiting = 0;
		if (lane->stash_count)
			rte_mempool_put_bulk(lane->plan->headers, (void **)lane->stash,
					     lane->stash_count);
		lane->stash_count = 0;
	}
}

static void
obeyed(struct replay_lane *lane)
{
	lane->is_pending = false;
	atomic_store_explicit(&lane->state_seen, lane->state, memory_order_relaxed);
	atomic_store_explicit(&lane->obeyed,
			      atomic_load_explicit(&lane->plan->ordered, memory_order_relaxed),
			      memory_order_release);
}

static void
start(struct replay_lane *lane, const struct lane_order *order)
{
	enter(lane, LANE_RUNNING);
	lane->next = 0;
	lane->base_ns = 0;
	lane->published = 0;
	lane->units = (struct schedule_units){0};
	lane->pace = order->pace;
	lane->anchor = true;
	lane->anchor_ns = order->at_ns;
	lane->dry = true;
	lane->tally = (struct lane_tally){0};
}

/* An order that waits for its packet, carried out at the packet which is due at due. */
static void
carry_out(struct replay_lane *lane, uint64_t due)
{
	if (lane->pending.verb == LANE_PAUSE) {
		enter(lane, LANE_PAUSED);
	} else {
		lane->pace = lane->pending.pace;
		lane->anchor = true;
		lane->anchor_ns = due;
	}
	obeyed(lane);
}

static void
take_order(struct replay_lane *lane)
{
	const struct lane_order *order = &lane->plan->order;

	switch (order->verb) {
	case LANE_START:
		start(lane, order);
		break;
	case LANE_STOP:
		if (lane->state != LANE_DONE)
			enter(lane, LANE_STOPPED);
		break;
	case LANE_RESUME:
		if (lane->state == LANE_PAUSED) {
			enter(lane, LANE_RUNNING);
			lane->anchor = true;
			lane->anchor_ns = order->at_ns;
		}
		break;
	case LANE_PACE:
	case LANE_PAUSE:
		lane->pending = *order;
		lane->due_ns = 0;
		lane->is_pending = true;
		if (lane->state == LANE_RUNNING)
			return;
		/* Standing still: a pace is for when it goes on, and a pause is what there is. */
		if (order->verb == LANE_PACE)
			lane->pace = order->pace;
		break;
	}
	obeyed(lane);
}

/* Nothing is published behind the lane: the end of a loop, the end of all, or a reader that is behind. */
static bool
next_loop(struct replay_lane *lane)
{
	const struct lane_plan *plan = lane->plan;
	struct timeline *timeline = plan->timeline;
	uint64_t end = atomic_load_explicit(&timeline->end, memory_order_acquire);

	if (lane->next != end)
		return false;
	lane->tally.loops++;
	if (!timeline->resident || lane->tally.loops == plan->loops || end == 0) {
		enter(lane, LANE_DONE);
		atomic_store_explicit(&lane->state_seen, LANE_DONE, memory_order_release);
		return false;
	}
	lane->next = 0;
	lane->base_ns += atomic_load_explicit(&timeline->period_ns, memory_order_relaxed);
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
		lane->tally.shifted_ns += now_ns - *due;
		lane->schedule.anchor_ns += now_ns - *due;
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
	if (!lane->is_pending)
		return true;
	due = schedule_due(&lane->schedule, &lane->units);
	/* A lane that is behind, or that knows no times, does at once what it is told. */
	if (lane->pace.kind == CONFIG_PACE_TOP || due + lane->plan->late_ns < now_ns)
		due = lane->pending.at_ns;
	if (due < lane->pending.at_ns)
		return true;
	carry_out(lane, due);
	return lane->state == LANE_RUNNING && settle(lane, now_ns);
}

/* Notes that the reader is behind, once each time. */
static void
run_dry(struct replay_lane *lane)
{
	if (lane->state != LANE_RUNNING)
		return;
	/* On a virtual clock the reader is waited for. */
	if (!lane->dry && !lane->plan->stamp)
		lane->tally.underruns++;
	lane->dry = true;
	/* A pause need not wait for a packet that isn't there; a pace has its time from the next one. */
	if (lane->is_pending && lane->pending.verb == LANE_PAUSE)
		carry_out(lane, 0);
}

static bool
fill_stash(struct replay_lane *lane)
{
	if (rte_mempool_get_bulk(lane->plan->headers, (void **)lane->stash, BURST_MAX) < 0)
		return false;
	lane->stash_count = BURST_MAX;
	return true;
}

static uint16_t
walk(struct replay_lane *lane, uint64_t now_ns, struct rte_mbuf **packets)
{
	const struct lane_plan *plan = lane->plan;
	struct timeline *timeline = plan->timeline;
	uint16_t count = 0;

	for (unsigned looks = 0; looks < LOOKS_MAX && count < BURST_MAX; looks++) {
		const struct timeline_entry *entry = peek(lane);
		uint16_t length;
		uint64_t due;

		if (unlikely(!entry)) {
			run_dry(lane);
			break;
		}
		lane->dry = false;
		lane->units.time_ns = lane->base_ns + entry->time_ns;
		if (unlikely(lane->anchor || lane->is_pending) && !settle(lane, now_ns))
			break;
		length = sent_length(timeline, entry);
		if (entry->lane == lane->index) {
			due = schedule_due(&lane->schedule, &lane->units);
			if (due > now_ns) {
				lane->due_ns = due;
				break;
			}
			if (unlikely(due + plan->late_ns < now_ns) &&
			    lane->schedule.kind != CONFIG_PACE_TOP &&
			    !late(lane, entry, &due, now_ns)) {
				schedule_units_pass(&lane->units, length);
				lane->next++;
				continue;
			}
			if (unlikely(lane->stash_count == 0) && !fill_stash(lane))
				break;
			packets[count] = lane->stash[--lane->stash_count];
			headers_point(packets[count], timeline, entry->offset, entry->length);
			if (unlikely(entry->pad) && !pad(plan, packets[count], length)) {
				lane->stash[lane->stash_count++] = packets[count];
				break;
			}
			if (plan->stamp) {
				packet_time_set(packets[count], due);
				packet_wire_length_set(packets[count], length);
			}
			lane->dues[count++] = due;
		}
		schedule_units_pass(&lane->units, length);
		lane->next++;
	}
	if (!timeline->resident)
		atomic_store_explicit(&timeline->lanes[lane->index].passed, lane->next,
				      memory_order_release);
	lane->tally.packet = lane->units.packets;
	lane->tally.time_ns = lane->units.time_ns;
	return count;
}

uint16_t
replay_lane_take(struct replay_lane *lane, uint64_t now_ns, struct rte_mbuf **packets)
{
	if (unlikely(atomic_load_explicit(&lane->plan->ordered, memory_order_acquire) !=
		     atomic_load_explicit(&lane->obeyed, memory_order_relaxed)) &&
	    !lane->is_pending)
		take_order(lane);
	if (lane->state != LANE_RUNNING || now_ns < lane->due_ns)
		return 0;
	if (unlikely(lane->waiting)) {
		uint16_t count = lane->waiting;

		memcpy(packets, lane->held, count * sizeof(struct rte_mbuf *));
		lane->waiting = 0;
		return count;
	}
	lane->due_ns = 0;
	return walk(lane, now_ns, packets);
}

void
replay_lane_handed(struct replay_lane *lane, uint16_t count, uint64_t bytes, uint64_t at_ns)
{
	struct lane_tally *tally = &lane->tally;
	bool timed = lane->schedule.kind != CONFIG_PACE_TOP && !lane->plan->stamp;

	if (count == 0)
		return;
	if (lane->plan->stamp)
		at_ns = lane->dues[count - 1];
	if (tally->sent == 0) {
		tally->first_ns = at_ns;
		tally->first_due_ns = lane->dues[0];
	}
	tally->sent += count;
	tally->bytes += bytes;
	tally->last_ns = at_ns;
	tally->last_due_ns = lane->dues[count - 1];
	for (unsigned i = 0; timed && i < count; i++) {
		/* The clock is read once a burst, after the last packet was found to be due. */
		uint64_t error = at_ns - lane->dues[i];

		histogram_add(&tally->errors, error);
		if (error > lane->plan->late_ns && lane->plan->late == CONFIG_LATE_CATCH_UP)
			tally->late++;
	}
}

uint64_t
replay_lane_wakes(const struct replay_lane *lane)
{
	if (lane->state != LANE_RUNNING)
		return UINT64_MAX;
	return lane->due_ns;
}
