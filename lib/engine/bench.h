/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bench: what the parts of the packet path cost here, in TSC cycles per packet, measured in process
 * on packets that are already in memory. Devices' own costs are not in it: `make bench` measures
 * the whole.
 */
#ifndef ENGINE_BENCH_H
#define ENGINE_BENCH_H

struct bench_row {
	const char *name, *text;
	/* Cycles per packet over rounds, or by how many they are more than those of the same config
	 * without. */
	double median, best;
};

/* Measures one bench, or a group of them, or all that are in no group when name is NULL, and gives
 * each row to show. Starts and stops an EAL of its own. Returns 0, -ENOENT for an unknown name, or
 * a negative errno after logging what failed. */
int engine_bench(const char *name, void (*show)(const struct bench_row *row, void *context),
		 void *context);

/* The i-th bench's name; NULL behind the last. */
const char *engine_bench_name(unsigned i);

#endif
