/* SPDX-License-Identifier: BSD-3-Clause */
#include "port/time.h"

#include <rte_errno.h>

#include "core/log.h"

#include "core/banned.h"

int packet_time_offset = -1;

int
packet_time_register(void)
{
	uint64_t flag;

	if (packet_time_offset >= 0)
		return 0;
	if (rte_mbuf_dyn_rx_timestamp_register(&packet_time_offset, &flag) < 0) {
		packet_time_offset = -1;
		return log_fail(rte_errno, "no room in the mbuf for a packet's time");
	}
	return 0;
}
