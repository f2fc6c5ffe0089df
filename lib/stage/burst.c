/* SPDX-License-Identifier: BSD-3-Clause */
#include "stage/burst.h"

#include <rte_mbuf.h>
#include <rte_prefetch.h>

#include "port/time.h"

#include "core/banned.h"

void
burst_parse(struct burst *burst)
{
	if (burst->parsed)
		return;
	burst->kinds = packet_parse(burst->packets, burst->count, burst->in_port, burst->views);
	burst->parsed = true;
}

void
burst_times(struct burst *burst)
{
	bool own = packet_time_offset >= 0;
	uint64_t now;

	if (burst->timed)
		return;
	now = own ? 0 : clock_now(burst->clock);
	for (unsigned i = 0; i < burst->count; i++)
		burst->times[i] = own ? packet_time(burst->packets[i]) : now;
	burst->timed = true;
}

void
burst_hashes(struct burst *burst)
{
	if (burst->hashed)
		return;
	burst_parse(burst);
	for (unsigned i = 0; i < burst->count; i++)
		burst->hashes[i] = packet_flow_hash(burst->packets[i], &burst->views[i]);
	burst->hashed = true;
}

uint32_t
burst_suspects(const struct burst *burst)
{
	uint32_t some = 0;

	for (unsigned i = 0; i < burst->count; i++)
		rte_prefetch0(rte_pktmbuf_mtod(burst->packets[i], void *));
	for (unsigned i = 0; i < burst->count; i++) {
		const struct rte_mbuf *packet = burst->packets[i];

		some |= (uint32_t)tunnel_may_be(rte_pktmbuf_mtod(packet, const uint8_t *),
						packet->data_len)
			<< i;
	}
	return some;
}

void
burst_enter(struct burst *burst, uint32_t some)
{
	if (burst->entered == 0)
		burst->tunnelled = 0;
	some &= ~burst->entered;
	burst->entered |= some;
	burst->tunnelled |= tunnel_enter(burst->packets, some, burst->in_port, burst->views,
					 burst->tunnels, burst->inner);
}
