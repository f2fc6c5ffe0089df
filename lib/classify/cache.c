/* SPDX-License-Identifier: BSD-3-Clause */
#include "classify/cache.h"

#include "core/banned.h"

/* A vlan that no packet has: 12 bits, or all 16 without a tag. It stands in bytes 4 and 5. */
#define NO_KEY (UINT64_C(0xfefe) << 32)

void
cache_narrow_clear(struct cache_narrow *sets, size_t count)
{
	memset(sets, 0, count * sizeof(*sets));
	for (size_t i = 0; i < count; i++) {
		for (unsigned way = 0; way < CACHE_WAYS; way++)
			sets[i].keys[way][1] = NO_KEY;
	}
}

void
cache_wide_clear(struct cache_wide *sets, size_t count)
{
	memset(sets, 0, count * sizeof(*sets));
	for (size_t i = 0; i < count; i++) {
		for (unsigned way = 0; way < CACHE_WAYS; way++)
			sets[i].keys[way][4] = NO_KEY;
	}
}

void
cache_gate_judge(struct cache_gate *gate)
{
	bool useless = gate->hits < CACHE_HITS_WORTH, full = gate->mask == gate->mask_max;

	if (gate->closed) {
		gate->closed = false;
	} else if (useless) {
		gate->closed = full;
		gate->grown = !full;
		gate->mask = gate->mask_max;
	} else {
		gate->grown = !gate->grown && !full && gate->hits < CACHE_HITS_GOOD;
		if (gate->grown)
			gate->mask = gate->mask * 2 + 1;
	}
	gate->left = gate->closed ? CACHE_WHILE : CACHE_WINDOW;
	gate->hits = 0;
}
