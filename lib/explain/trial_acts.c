/* SPDX-License-Identifier: BSD-3-Clause */
/* What a trial's packet costs behind classify. */
#include <rte_cycles.h>
#include <rte_mbuf.h>
#include <stdlib.h>

#include "explain/trial.h"

#include "core/banned.h"

#define RUNS 15

static int
by_number(const void *a, const void *b)
{
	uint64_t one = *(const uint64_t *)a, other = *(const uint64_t *)b;

	return (one > other) - (one < other);
}

/* As edits change what they are given, each of the burst is one by itself. */
static bool
fill(const struct trial *trial, const struct explain_question *question, struct rte_mbuf **packets)
{
	for (unsigned i = 0; i < BURST_MAX; i++) {
		packets[i] = trial_packet(trial, question);
		if (!packets[i]) {
			rte_pktmbuf_free_bulk(packets, i);
			return false;
		}
	}
	return true;
}

/* Cycles of a burst, of which at *sent packets left; 0: no memory. */
static uint64_t
act(struct trial *trial, const struct explain_question *question, unsigned *sent)
{
	struct burst *burst = trial->burst;
	uint64_t began;

	if (!fill(trial, question, burst->packets))
		return 0;
	trial_begin(trial, question, BURST_MAX);
	trial->classify.stage->run(trial->classify.state, trial->classify.local, burst);
	trial->counted = 0;
	began = rte_rdtsc();
	trial->forward.stage->run(trial->forward.state, trial->forward.local, burst);
	began = rte_rdtsc() - began;
	*sent = trial->counted;
	return began;
}

/* What it takes to give as many to a port of a trial's, which a worker's would give to a driver. */
static uint64_t
give(struct trial *trial, const struct explain_question *question)
{
	struct port *port = trial->ports[trial->program->slots[question->port]];
	struct rte_mbuf *packets[BURST_MAX];
	uint64_t began;

	if (!fill(trial, question, packets))
		return 0;
	began = rte_rdtsc();
	port_send(port, 0, packets, BURST_MAX);
	return rte_rdtsc() - began;
}

int64_t
trial_cost_acts(struct trial *trial, const struct explain_question *question)
{
	unsigned wanted = trial->sent_count * BURST_MAX, sent = wanted;
	uint64_t acts[RUNS], gives[RUNS], given;

	trial->counts = true;
	for (unsigned i = 0; i < RUNS && sent == wanted; i++) {
		acts[i] = act(trial, question, &sent);
		gives[i] = give(trial, question);
		if (acts[i] == 0 || gives[i] == 0)
			sent = wanted + 1;
	}
	trial->counts = false;
	if (sent != wanted)
		return -1;
	qsort(acts, RUNS, sizeof(acts[0]), by_number);
	qsort(gives, RUNS, sizeof(gives[0]), by_number);
	given = gives[RUNS / 2] * trial->sent_count;
	return acts[RUNS / 2] > given ? (int64_t)((acts[RUNS / 2] - given) / BURST_MAX) : 0;
}
