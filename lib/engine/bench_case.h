/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bench cases: what `sluiced bench` measures: configs, and the frames that go through them.
 */
#ifndef ENGINE_BENCH_CASE_H
#define ENGINE_BENCH_CASE_H

#include <stdbool.h>
#include <stdint.h>

#define BENCH_FRAME 64

struct bench_case {
	const char *name, *text;
	enum {
		BENCH_PARSE,  /* parsing alone, no program */
		BENCH_SHARES, /* each rule takes its share of the flows */
		BENCH_LISTS,  /* five rules with long lists */
	} kind;
	unsigned rules;      /* of BENCH_SHARES */
	const char *actions; /* of every rule, or of the default when there are none */
	bool flood; /* flows change from round to round, so that the flow cache misses them */
};

/* NULL behind the last. */
const struct bench_case *bench_case(unsigned i);

/* The config as YAML, to be freed; NULL when out of memory. */
char *bench_case_config(const struct bench_case *bench);

/* Writes the frame of a flow, BENCH_FRAME bytes; every flow finds a rule, where there is one. */
void bench_case_frame(const struct bench_case *bench, uint32_t flow, uint8_t *frame);

#endif
