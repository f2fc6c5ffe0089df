/* SPDX-License-Identifier: BSD-3-Clause */
#include "forward/shadow.h"

#include <stdlib.h>
#include <string.h>

#include "port/ports.h"

#include "core/banned.h"

struct forward_plan *
forward_shadow(const void *state, const struct forward_instead *instead)
{
	const struct forward_plan *plan = state;
	struct forward_plan *shadow = malloc(sizeof(*shadow));
	struct forward_other *items = calloc(plan->others.count + 1, sizeof(*items));

	if (!shadow || !items) {
		free(shadow);
		free(items);
		return NULL;
	}
	*shadow = *plan;
	memcpy(shadow->ports, instead->ports, sizeof(shadow->ports));
	shadow->packets = instead->pool->pool;
	shadow->headers = instead->pool->headers;
	shadow->copy_break = instead->pool->copy_break;
	for (unsigned i = 0; i < plan->others.count; i++)
		items[i] = (struct forward_other){instead->taker, instead->taker_state, i,
						  plan->others.items[i].parcel, false};
	shadow->others.items = items;
	return shadow;
}

void
forward_shadow_free(struct forward_plan *shadow)
{
	if (!shadow)
		return;
	free(shadow->others.items);
	free(shadow);
}
