/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tell: what is told of a return, and of the first packets that changed. Control thread.
 */
#ifndef RETURNS_TELL_H
#define RETURNS_TELL_H

#include "returns/judge.h"
#include "stage/stage.h"

#define TELL_CHANGES_BYTES 4096

struct tell_latency {
	uint64_t min, p50, p99, p99_9, p99_99, max;
};

struct tell_reordering {
	double ratio;
	uint64_t extent_max;
	double extent_mean;
	uint64_t n[MATCH_N_MAX];
};

struct tell {
	char replay[CONFIG_NAME_MAX + 1];
	uint64_t run, taken;
	struct match_numbers numbers;
	uint64_t missed;
	char by[64];
	struct tell_latency latency;
	struct histogram_sums latencies;
	struct tell_reordering reordering;
	bool settled;
	const char *verdict;
	char why[JUDGE_WHY_BYTES];        /* lines */
	char changes[TELL_CHANGES_BYTES]; /* lines */
};

/* Of struct tell. */
extern const struct counter tell_counts[];

void tell_return(struct back *back, const struct config_tolerance *tolerance, struct tell *out);

#endif
