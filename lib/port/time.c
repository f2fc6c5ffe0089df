/* SPDX-License-Identifier: BSD-3-Clause */
#include "port/time.h"

#include <rte_errno.h>

#include "core/log.h"

#include "core/banned.h"

int packet_time_offset = -1;
int packet_wire_length_offset = -1;

int
packet_time_register(void)
{
	static const struct rte_mbuf_dynfield wire_length = {
		.name = "sluice_wire_length",
		.size = sizeof(uint32_t),
		.align = sizeof(uint32_t),
	};
	uint64_t flag;

	if (packet_time_offset >= 0)
		return 0;
	packet_wire_length_offset = rte_mbuf_dynfield_register(&wire_length);
	if (packet_wire_length_offset < 0 ||
	    rte_mbuf_dyn_rx_timestamp_register(&packet_time_offset, &flag) < 0) {
		packet_time_offset = -1;
		return log_fail(rte_errno, "no room in the mbuf for a packet's time");
	}
	return 0;
}
