/* SPDX-License-Identifier: BSD-3-Clause */
#include <rte_branch_prediction.h>
#include <string.h>

#include "replay/lane.h"

#include "core/banned.h"

/* Counts a packet of the burst as replayed and dropped, and frees it. */
static void
drop(struct replay_lane *lane, struct burst *burst, struct rte_mbuf *packet,
     enum drop_reason reason)
{
	struct tally_port *tally = &burst->tally->ports[burst->in_port];

	tally->replayed++;
	tally->drops[reason]++;
	lane->tally.refused++;
	rte_pktmbuf_free(packet);
}

/* Drops what the port can't send, and closes the gaps. The dues of the lane go with their packets. */
static void
sift(struct replay_lane *lane, struct burst *burst, const struct port *port)
{
	bool up = burst->up >> port->index & 1;
	enum drop_reason absence;
	uint16_t kept = 0;

	if (likely(up && port->chains))
		return;
	absence = port_service(port) == PORT_REMOVED ? DROP_REMOVED : DROP_PORT_DOWN;
	for (uint16_t i = 0; i < burst->count; i++) {
		struct rte_mbuf *packet = burst->packets[i];

		if (up && packet->nb_segs == 1) {
			lane->dues[kept] = lane->dues[i];
			burst->packets[kept++] = packet;
			continue;
		}
		burst->bytes -= packet->pkt_len;
		drop(lane, burst, packet, up ? DROP_SEGMENTS : absence);
	}
	burst->count = kept;
}

void
replay_lane_send(struct replay_lane *lane, struct burst *burst, struct port *port, uint64_t now_ns)
{
	struct tally_port *tally = &burst->tally->ports[burst->in_port];
	uint16_t sent;

	sift(lane, burst, port);
	if (burst->count == 0)
		return;
	sent = port_send(port, burst->worker, burst->packets, burst->count);
	for (uint16_t i = sent; i < burst->count; i++)
		burst->bytes -= burst->packets[i]->pkt_len;
	tally->replayed += sent;
	tally->out += sent;
	tally->tx_packets += sent;
	tally->tx_bytes += burst->bytes;
	replay_lane_handed(lane, sent, burst->bytes, now_ns);
	lane->waiting = burst->count - sent;
	if (lane->waiting) {
		memcpy(lane->held, burst->packets + sent,
		       lane->waiting * sizeof(struct rte_mbuf *));
		memmove(lane->dues, lane->dues + sent, lane->waiting * sizeof(*lane->dues));
	}
}
