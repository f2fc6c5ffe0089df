/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Shadow: the same plan with other ports and pools, and something else in the place of what takes
 * packets beside ports: what workers would do with a packet can be done without them, and nothing
 * leaves. Control thread.
 */
#ifndef FORWARD_SHADOW_H
#define FORWARD_SHADOW_H

#include "forward/plan.h"

struct port_pool;

struct forward_instead {
	struct port *const *ports; /* by slot */
	const struct port_pool *pool;
	/* Is given what any of plan->others would be, with its number for an index. */
	const struct target *taker;
	void *taker_state;
};

/* Of the stage's state, which must outlive it. NULL: no memory. */
struct forward_plan *forward_shadow(const void *state, const struct forward_instead *instead);
void forward_shadow_free(struct forward_plan *shadow); /* NULL is fine */

#endif
