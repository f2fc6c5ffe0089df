/* SPDX-License-Identifier: BSD-3-Clause */
#include "port/cut.h"

#include <rte_errno.h>

#include "core/log.h"

#include "core/banned.h"

uint64_t packet_cut_flag;
int packet_cut_offset = -1;

int
packet_cut_register(void)
{
	static const struct rte_mbuf_dynfield length = {
		.name = "sluice_cut_length",
		.size = sizeof(uint32_t),
		.align = sizeof(uint32_t),
	};
	static const struct rte_mbuf_dynflag flag = {.name = "sluice_cut"};
	int bit;

	if (packet_cut_flag)
		return 0;
	packet_cut_offset = rte_mbuf_dynfield_register(&length);
	bit = packet_cut_offset < 0 ? -1 : rte_mbuf_dynflag_register(&flag);
	if (bit < 0)
		return log_fail(rte_errno, "no room in the mbuf for a cut packet's length");
	packet_cut_flag = UINT64_C(1) << bit;
	return 0;
}
