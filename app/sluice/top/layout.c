/* SPDX-License-Identifier: BSD-3-Clause */
#include "top/layout.h"

#include "core/banned.h"

/* A head, and a row below it. */
#define LEAST 2

/* Which gets the next row: that with the fewest of those that want more; count: none. */
static unsigned
poorest(const unsigned *wants, const unsigned *given, unsigned count)
{
	unsigned found = count;

	for (unsigned i = 0; i < count; i++) {
		if (given[i] < wants[i] && (found == count || given[i] < given[found]))
			found = i;
	}
	return found;
}

void
layout_share(const unsigned *wants, unsigned *given, unsigned count, unsigned room)
{
	unsigned next;

	/* In their order, as long as a head has something below it. */
	for (unsigned i = 0; i < count; i++) {
		unsigned least = wants[i] < LEAST ? wants[i] : LEAST;

		given[i] = room >= least ? least : 0;
		room -= given[i];
	}
	while (room > 0 && (next = poorest(wants, given, count)) < count) {
		given[next]++;
		room--;
	}
}

unsigned
layout_scroll(unsigned first, unsigned marked, unsigned rows, unsigned shown)
{
	if (marked < first)
		first = marked;
	else if (shown > 0 && marked >= first + shown)
		first = marked - shown + 1;
	if (first + shown > rows)
		first = rows > shown ? rows - shown : 0;
	return first;
}
