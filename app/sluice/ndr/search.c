/* SPDX-License-Identifier: BSD-3-Clause */
#include "search.h"

#include "core/banned.h"

#define AGREEING 2

void
search_begin(struct search *search, double top)
{
	*search = (struct search){.pace = top, .top = top, .lost = top};
}

/* The next pace, if there is one. */
static void
move_on(struct search *search)
{
	search->holds = search->fails = search->invalid = 0;
	search->pace = search->held + (search->lost - search->held) / 2;
	search->done = search->lost - search->held <= SEARCH_WIDTH * search->lost ||
		       search->lost < SEARCH_LEAST * search->top;
}

void
search_note(struct search *search, enum search_said said)
{
	if (said == SEARCH_HOLDS)
		search->holds++;
	else if (said == SEARCH_FAILS)
		search->fails++;
	else
		search->invalid++;
	if (search->holds == AGREEING) {
		search->held = search->pace;
		move_on(search);
	} else if (search->fails == AGREEING || search->invalid == SEARCH_INVALID_MAX) {
		search->lost = search->pace;
		search->unsure = search->fails < AGREEING;
		move_on(search);
	}
}
