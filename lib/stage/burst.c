/* SPDX-License-Identifier: BSD-3-Clause */
#include "stage/burst.h"

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
