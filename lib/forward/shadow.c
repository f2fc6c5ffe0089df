/* SPDX-License-Identifier: BSD-3-Clause */
#include "forward/shadow.h"

#include <stdlib.h>
#include <string.h>

#include "port/ports.h"

#include "core/banned.h"

struct forward_plan *
forward_shadow(const void *state, struct port *const *ports, const struct port_pool *pool)
{
	struct forward_plan *shadow = malloc(sizeof(*shadow));

	if (!shadow)
		return NULL;
	*shadow = *(const struct forward_plan *)state;
	memcpy(shadow->ports, ports, sizeof(shadow->ports));
	shadow->packets = pool->pool;
	shadow->headers = pool->headers;
	shadow->copy_break = pool->copy_break;
	return shadow;
}
