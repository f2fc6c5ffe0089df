/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Target: the contract between forward and what takes packets beside ports and groups. A kind is
 * one `const struct target`; forward gathers what each of its targets gets, and hands it over once
 * a burst, before what was given to ports leaves.
 */
#ifndef STAGE_TARGET_H
#define STAGE_TARGET_H

#include "stage/stage.h"

struct target {
	enum config_target_kind kind;

	/* Control thread. As those of struct stage, for all targets of the kind; called where there
	 * are any. */
	int (*compile)(const struct stage_env *env, void **state, struct error_list *errors);
	void (*release)(void *state);

	/* Worker, and as bound as a stage. The packets, count of them from 1 to BURST_MAX, are
	 * those for the target of this index, and its own: each is sent or dropped by exit/exit.h,
	 * or counted as held. */
	void (*take)(const void *state, unsigned index, struct burst *burst,
		     struct rte_mbuf **packets, uint16_t count);
};

#endif
