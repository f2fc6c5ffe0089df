/* SPDX-License-Identifier: BSD-3-Clause */
#include "stage/burst.h"

#include "core/banned.h"

void
burst_parse(struct burst *burst)
{
	if (burst->parsed)
		return;
	burst->kinds = packet_parse(burst->packets, burst->count, burst->in_port, burst->views);
	burst->parsed = true;
}
