/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Judge: what a return counted, against what the config tolerates. Control thread.
 */
#ifndef RETURNS_JUDGE_H
#define RETURNS_JUDGE_H

#include "core/histogram.h"
#include "returns/back.h"

#define JUDGE_WHY_BYTES 1024

struct judge {
	struct match_numbers numbers;
	struct histogram latencies;
	uint64_t quantiles[CONFIG_LATENCIES]; /* ns */
	uint64_t missed;
	bool settled; /* all that was sent is decided over */
	enum { JUDGE_NONE, JUDGE_PASS, JUDGE_FAIL } verdict;
	char why[JUDGE_WHY_BYTES]; /* lines */
};

/* Reads the return's numbers, and judges. */
void judge(struct back *back, const struct config_tolerance *tolerance, struct judge *out);

#endif
