/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Shadow: the same plan with other ports and pools: what workers would do with a packet can be done
 * without them, and nothing leaves. Control thread.
 */
#ifndef FORWARD_SHADOW_H
#define FORWARD_SHADOW_H

#include "forward/plan.h"

struct port_pool;

/* Of the stage's state, which must outlive it; ports are by slot. To be freed by free(); NULL: no
 * memory. */
struct forward_plan *forward_shadow(const void *state, struct port *const *ports,
				    const struct port_pool *pool);

#endif
