/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fate: what becomes of a packet at the targets of the rules that took it, read from their lists as
 * the manual says it; and whether that is what the stages did. For this room alone.
 */
#ifndef EXPLAIN_FATE_H
#define EXPLAIN_FATE_H

#include <jansson.h>

#include "explain/reading.h"
#include "explain/trial.h"

/* What it is read from, and what comes of it. */
struct fates {
	struct trial *trial;
	const struct explain_question *question;
	const struct reading *reading;
	uint64_t drops[DROP_REASONS]; /* what the reading finds */
	bool duplicate;               /* some gate so far has found that it is one */
	bool agree;                   /* each one that leaves did leave */
	bool no_memory;
	json_t *mirrors, *leaves, *group, *drop; /* new references; group and drop null, or not */
};

/* The rules that took it, in order, as each comes: also those that pass it on. */
void fates_of_rule(struct fates *fates, uint32_t rule);

/* Behind the last: the default's, if no rule decided. */
void fates_of_default(struct fates *fates);

/* Whether nothing else left, and what was dropped is what the reading says. */
bool fates_agree(const struct fates *fates);

#endif
