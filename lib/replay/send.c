/* SPDX-License-Identifier: BSD-3-Clause */
#include <rte_branch_prediction.h>
#include <string.h>

#include "exit/exit.h"
#include "replay/lane.h"

#include "core/banned.h"

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

		histogram_add(&lane->errors, error);
		if (error > lane->plan->late_ns)
			tally->late++;
	}
}

void
replay_lane_lost(struct replay_lane *lane, const uint64_t before[DROP_REASONS],
		 const uint64_t after[DROP_REASONS])
{
	for (unsigned i = 0; i < DROP_REASONS; i++)
		lane->tally.drops[i] += after[i] - before[i];
}

/* Drops what the port can't send. The dues of the lane go with their packets. */
static void
sift(struct replay_lane *lane, struct burst *burst, const struct port *port)
{
	uint32_t dropped = exit_sift(port, burst, burst->packets, burst->count, &burst->bytes);
	uint16_t kept = 0;

	if (likely(dropped == 0))
		return;
	for (uint16_t i = 0; i < burst->count; i++) {
		if (!(dropped >> i & 1))
			lane->dues[kept++] = lane->dues[i];
	}
	tally_count(&burst->tally->ports[burst->in_port].replayed, burst->count - kept);
	burst->count = kept;
	lane->tally.waiting = 0;
}

void
replay_lane_send(struct replay_lane *lane, struct burst *burst, struct port *port, uint64_t now_ns)
{
	uint16_t sent;

	sift(lane, burst, port);
	if (burst->count == 0)
		return;
	sent = exit_offer(port, burst, burst->packets, burst->count, &burst->bytes);
	tally_count(&burst->tally->ports[burst->in_port].replayed, sent);
	replay_lane_handed(lane, sent, burst->bytes, now_ns);
	lane->waiting = burst->count - sent;
	lane->tally.waiting = lane->waiting;
	if (lane->waiting) {
		memcpy(lane->held, burst->packets + sent,
		       lane->waiting * sizeof(struct rte_mbuf *));
		memmove(lane->dues, lane->dues + sent, lane->waiting * sizeof(*lane->dues));
	}
}
