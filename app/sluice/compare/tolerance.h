/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tolerance: what may differ between what was sent and what came back, as it is typed:
 * "lost=0,reordered=0.1%,p99=50us".
 */
#ifndef SLUICE_COMPARE_TOLERANCE_H
#define SLUICE_COMPARE_TOLERANCE_H

#include <jansson.h>
#include <stdbool.h>

#define TOLERANCE_REASON_MAX 400
#define TOLERANCES_MAX 16

/* What is bounded, and by what: a count, a share of what was sent, or nanoseconds. */
struct tolerance_limit {
	const struct tolerance_row *row;
	bool share;
	double most;
	char text[24]; /* as it was typed */
};

struct tolerance {
	unsigned count;
	struct tolerance_limit limits[TOLERANCES_MAX];
};

/* NULL: nothing was typed; then what was sent has to come back as it was, all of it once and in
 * order. False: the reason says what is wrong. */
bool tolerance_parse(struct tolerance *tolerance, const char *text, char *reason, size_t size);

/* Adds "verdict", "pass" or "fail", and "why", a list of sentences, to numbers of the names that
 * tolerances have. Whether it passed. */
bool tolerance_judge(const struct tolerance *tolerance, json_t *numbers);

#endif
