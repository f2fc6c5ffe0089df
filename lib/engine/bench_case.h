/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bench cases: what `sluiced bench` measures: configs, and the frames that go through them.
 */
#ifndef ENGINE_BENCH_CASE_H
#define ENGINE_BENCH_CASE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/bench_returns.h"

#define BENCH_FRAME 64
#define BENCH_FRAME_MAX 1500

struct bench_case {
	const char *name, *text;
	enum {
		BENCH_PARSE,  /* parsing alone, no program */
		BENCH_SHARES, /* each rule takes its share of the flows */
		BENCH_LISTS,  /* five rules with long lists */
		BENCH_STORE,  /* what writes a capture, no program */
		BENCH_RETURN, /* what a return costs, no program */
	} kind;
	unsigned rules;      /* of BENCH_SHARES */
	const char *actions; /* of every rule, or of the default when there are none */
	bool flood; /* flows change from round to round, so that the flow cache misses them */

	/* Of those that are measured against another config: the same with these actions, in turns,
	 * and the row says by how much this one costs more. */
	const char *group;
	const char *beside;
	/* Of a rule that this one has and the other has not: what it matches, NULL: there is none;
	 * and what it does, NULL: as above. */
	const char *match, *more;
	unsigned size; /* of frames; 0: BENCH_FRAME */
	/* Those that pass before it is measured; those that are measured then are others. */
	unsigned flows;
	enum bench_returns_side side; /* of BENCH_RETURN */
	enum { BENCH_PLAIN, BENCH_TAGGED, BENCH_VXLAN } frame;
};

/* NULL behind the last. */
const struct bench_case *bench_case(unsigned i);

/* Those of edits, gates and tunnels. */
const struct bench_case *bench_edit_case(unsigned i);

/* Whether the name is that of the case or of its group; NULL: of all that are in no group. */
bool bench_case_is(const struct bench_case *bench, const char *name);

/* The config as YAML, or that beside it, to be freed; NULL when out of memory. */
char *bench_case_config(const struct bench_case *bench, bool beside);

unsigned bench_case_size(const struct bench_case *bench);

/* Writes the frame of a flow, bench_case_size() bytes; every flow finds a rule, where there is
 * one. */
void bench_case_frame(const struct bench_case *bench, uint32_t flow, uint8_t *frame);

#endif
