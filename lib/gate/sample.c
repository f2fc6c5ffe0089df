/* SPDX-License-Identifier: BSD-3-Clause */
#include "gate/plan.h"

#include "core/banned.h"

/* The count-down is of packets to come before the next one that passes. */
uint32_t
sample_pass(const struct gate *gate, void *memory, struct burst *burst, uint32_t packets)
{
	uint32_t *wait = (uint32_t *)((char *)memory + gate->memory);
	uint32_t count = __builtin_popcount(packets), passed = 0;

	if (*wait >= count) {
		*wait -= count;
		return 0;
	}
	for (uint32_t left = packets; left; left &= left - 1) {
		if (*wait) {
			--*wait;
			continue;
		}
		passed |= left & -left;
		*wait = gate->one_in - 1;
	}
	return passed;
}

/* The flows whose hash lies in the lowest of one_in equal parts of all: both directions of a flow,
 * and all fragments of a datagram, have one hash. */
uint32_t
sample_flow_pass(const struct gate *gate, void *memory, struct burst *burst, uint32_t packets)
{
	uint32_t passed = 0;

	burst_hashes(burst);
	for (uint32_t left = packets; left; left &= left - 1) {
		unsigned i = __builtin_ctz(left);
		uint32_t hash = burst->hashes[i];

		if ((uint64_t)hash * gate->one_in >> 32 == 0)
			passed |= 1u << i;
	}
	return passed;
}
