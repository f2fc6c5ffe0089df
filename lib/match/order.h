/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Order: reordering as RFC 4737 has it, of packets that are numbered as they were sent and told of
 * as they come. In order it costs a compare and two stores. For this room alone; one thread.
 */
#ifndef MATCH_ORDER_H
#define MATCH_ORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "match/match.h"

#define ORDER_RECENT 16 /* a power of two, more than MATCH_N_MAX */

/* Packets that came one behind the other as they were sent, each later than all before it. */
struct order_run {
	uint64_t sent, came; /* numbers of the first */
};

struct order {
	uint64_t next; /* RFC 4737's NextExp */
	uint64_t came;
	uint64_t newest; /* how many runs there have been */
	uint64_t recent[ORDER_RECENT];
	struct order_run *runs; /* the last MATCH_EXTENT_MAX */
};

/* False: no memory. */
bool order_make(struct order *order);
void order_free(struct order *order);
void order_reset(struct order *order);

/* One comes that was overtaken; counted in numbers. */
void order_late(struct order *order, uint64_t sent, struct match_numbers *numbers);

/* A run begins. */
void order_run(struct order *order, uint64_t sent);

static inline void
order_came(struct order *order, uint64_t sent, struct match_numbers *numbers)
{
	if (sent < order->next)
		order_late(order, sent, numbers);
	else if (sent != order->next || order->newest == 0 ||
		 order->recent[(order->came - 1) % ORDER_RECENT] + 1 != sent)
		order_run(order, sent);
	if (sent >= order->next)
		order->next = sent + 1;
	order->recent[order->came++ % ORDER_RECENT] = sent;
}

#endif
