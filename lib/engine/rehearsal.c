/* SPDX-License-Identifier: BSD-3-Clause */
#include "engine/rehearsal.h"

#include <rte_cycles.h>
#include <rte_pause.h>
#include <stdlib.h>
#include <string.h>

#include "core/banned.h"

bool
rehearsal_ask(struct rehearsal *rehearsal, const struct rehearsal_terms *terms, const void *program)
{
	uint32_t asked = atomic_load_explicit(&rehearsal->asked, memory_order_relaxed);

	if (rehearsal_goes_on(rehearsal))
		return false;
	rehearsal->terms = *terms;
	rehearsal->program = program;
	rehearsal->next = rehearsal->until = 0;
	rehearsal->round = 0;
	rehearsal->held = rehearsal->count = 0;
	atomic_store_explicit(&rehearsal->asked, asked + 1, memory_order_release);
	return true;
}

static void
end(struct rehearsal *rehearsal, uint64_t now)
{
	rehearsal->ended_tsc = now;
	atomic_store_explicit(&rehearsal->ended,
			      atomic_load_explicit(&rehearsal->asked, memory_order_relaxed),
			      memory_order_release);
}

uint64_t
rehearsal_hold(struct rehearsal *rehearsal, bool idle, uint64_t now)
{
	uint64_t until;

	if (rehearsal->round)
		return now;
	if (rehearsal->until == 0)
		rehearsal->until = now + rehearsal->terms.most;
	if (now >= rehearsal->until || rehearsal->count == REHEARSAL_SAMPLES) {
		end(rehearsal, now);
		return now;
	}
	/* Whatever waits already would come on top, and might fill a ring. */
	if (!idle || now < rehearsal->next)
		return now;
	until = now + rehearsal->terms.hold;
	rehearsal->next = until + rehearsal->terms.gap;
	while ((now = rte_rdtsc()) < until)
		rte_pause();
	rehearsal->held++;
	rehearsal->round = 1;
	return now;
}

void
rehearsal_note(struct rehearsal *rehearsal, uint64_t full, unsigned packets)
{
	if (rehearsal->round == 0)
		return;
	if (full == 0) {
		rehearsal->round = 0; /* too few had come */
		return;
	}
	if (rehearsal->round == REHEARSAL_FIRST) {
		rehearsal->packets = 0;
		rehearsal->began = rte_rdtsc();
	} else if (rehearsal->round > REHEARSAL_FIRST) {
		rehearsal->packets += packets;
	}
	if (rehearsal->round < REHEARSAL_FIRST + REHEARSAL_ROUNDS) {
		rehearsal->round++;
		return;
	}
	rehearsal->samples[rehearsal->count++] =
		(float)(rte_rdtsc() - rehearsal->began) / (float)rehearsal->packets;
	rehearsal->round = 0;
}

static int
by_size(const void *a, const void *b)
{
	float first = *(const float *)a, second = *(const float *)b;

	return (first > second) - (first < second);
}

/* The median: of some the worker was interrupted meanwhile. */
double
rehearsal_cycles(struct rehearsal *rehearsal, const void *program)
{
	float sorted[REHEARSAL_SAMPLES];

	if (rehearsal_goes_on(rehearsal) || rehearsal->program != program ||
	    rehearsal->count < REHEARSAL_SAMPLES_MIN)
		return 0;
	memcpy(sorted, rehearsal->samples, rehearsal->count * sizeof(*sorted));
	qsort(sorted, rehearsal->count, sizeof(*sorted), by_size);
	return (double)sorted[rehearsal->count / 2];
}
