/* SPDX-License-Identifier: BSD-3-Clause */
#include <rte_branch_prediction.h>
#include <string.h>

#include "exit/exit.h"
#include "replay/lane.h"

#include "core/banned.h"

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
	burst->tally->ports[burst->in_port].replayed += burst->count - kept;
	lane->tally.refused += burst->count - kept;
	burst->count = kept;
}

void
replay_lane_send(struct replay_lane *lane, struct burst *burst, struct port *port, uint64_t now_ns)
{
	uint16_t sent;

	sift(lane, burst, port);
	if (burst->count == 0)
		return;
	sent = exit_offer(port, burst, burst->packets, burst->count, &burst->bytes);
	burst->tally->ports[burst->in_port].replayed += sent;
	replay_lane_handed(lane, sent, burst->bytes, now_ns);
	lane->waiting = burst->count - sent;
	if (lane->waiting) {
		memcpy(lane->held, burst->packets + sent,
		       lane->waiting * sizeof(struct rte_mbuf *));
		memmove(lane->dues, lane->dues + sent, lane->waiting * sizeof(*lane->dues));
	}
}
