/* SPDX-License-Identifier: BSD-3-Clause */
#include "match/order.h"

#include <stdlib.h>
#include <string.h>

#include "match/number.h"

#include "core/banned.h"

bool
order_make(struct order *order)
{
	*order = (struct order){.runs = calloc(MATCH_EXTENT_MAX, sizeof(*order->runs))};
	return order->runs;
}

void
order_free(struct order *order)
{
	free(order->runs);
	order->runs = NULL;
}

void
order_reset(struct order *order)
{
	*order = (struct order){.runs = order->runs};
}

void
order_run(struct order *order, uint64_t sent)
{
	order->runs[order->newest++ % MATCH_EXTENT_MAX] = (struct order_run){sent, order->came};
}

/* How long ago the first came that was sent later than this one. Runs rise in both numbers, and one
 * that comes only now is in the middle of none: so it is the first of a run. */
static uint64_t
extent(const struct order *order, uint64_t sent)
{
	uint64_t kept = order->newest < MATCH_EXTENT_MAX ? order->newest : MATCH_EXTENT_MAX;
	uint64_t low = order->newest - kept, high = order->newest - 1, far;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (order->runs[middle % MATCH_EXTENT_MAX].sent > sent)
			high = middle;
		else
			low = middle + 1;
	}
	far = order->came - order->runs[low % MATCH_EXTENT_MAX].came;
	return far < MATCH_EXTENT_MAX ? far : MATCH_EXTENT_MAX;
}

void
order_late(struct order *order, uint64_t sent, struct match_numbers *numbers)
{
	uint64_t far = extent(order, sent);
	uint64_t all = order->came < MATCH_N_MAX ? order->came : MATCH_N_MAX;

	number_add(&numbers->reordered, 1);
	number_add(&numbers->extent_sum, far);
	if (far > numbers->extent_max)
		number_set(&numbers->extent_max, far);
	for (uint64_t n = 0; n < all; n++) {
		if (order->recent[(order->came - 1 - n) % ORDER_RECENT] < sent)
			break;
		number_add(&numbers->n[n], 1);
	}
}
