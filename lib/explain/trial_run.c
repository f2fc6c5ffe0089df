/* SPDX-License-Identifier: BSD-3-Clause */
/* How a trial runs. */
#include <errno.h>
#include <rte_cycles.h>
#include <rte_mbuf.h>
#include <stdlib.h>
#include <string.h>

#include "explain/trial.h"
#include "forward/deliver.h"
#include "forward/jobs.h"

#include "core/banned.h"

#define COST_RUNS 31

void
trial_begin(struct trial *trial, const struct explain_question *question, uint16_t count)
{
	struct burst *burst = trial->burst;

	burst->count = count;
	burst->bytes = (uint64_t)count * burst->packets[0]->pkt_len;
	burst->in_port = question->port;
	burst->worker = trial->worker;
	burst->up = trial_up(trial, question);
	burst->bounds = &frame_any;
	burst->clock = trial->clock;
	burst->tally = trial->tally;
	burst->in = &trial->tally->ports[trial->program->slots[question->port]];
	burst->parsed = burst->uniform = burst->timed = burst->hashed = false;
	burst->gated = BURST_ALL_PASS;
	burst->passed_count = 0;
	burst->entered = 0;
}

static void
begin(struct trial *trial, struct rte_mbuf *packet, const struct explain_question *question)
{
	trial->burst->packets[0] = packet;
	trial_begin(trial, question, 1);
}

static uint32_t
classify(struct trial *trial, struct rte_mbuf *packet, const struct explain_question *question)
{
	struct burst *burst = trial->burst;

	memset(burst->rules, 0, (trial->config->rule_count + 1) * sizeof(*burst->rules));
	begin(trial, packet, question);
	trial->classify.stage->run(trial->classify.state, trial->classify.local, burst);
	return burst->verdicts[0];
}

static int
by_number(const void *a, const void *b)
{
	uint64_t one = *(const uint64_t *)a, other = *(const uint64_t *)b;

	return (one > other) - (one < other);
}

/* Classify keeps no packet, so that one stands for all of the burst. */
uint64_t
trial_cost(struct trial *trial, const struct explain_question *question)
{
	struct rte_mbuf *packet = trial_packet(trial, question);
	struct burst *burst = trial->burst;
	uint64_t cycles[COST_RUNS];

	if (!packet)
		return 0;
	for (unsigned i = 0; i < COST_RUNS; i++) {
		uint64_t began;

		begin(trial, packet, question);
		for (unsigned j = 1; j < BURST_MAX; j++)
			burst->packets[j] = packet;
		burst->count = BURST_MAX;
		began = rte_rdtsc();
		trial->classify.stage->run(trial->classify.state, trial->classify.local, burst);
		cycles[i] = rte_rdtsc() - began;
	}
	rte_pktmbuf_free(packet);
	qsort(cycles, COST_RUNS, sizeof(cycles[0]), by_number);
	return cycles[COST_RUNS / 2] / BURST_MAX;
}

int
trial_run(struct trial *trial, const struct explain_question *question)
{
	struct rte_mbuf *packet = trial_packet(trial, question);
	uint32_t first;

	trial_forget(trial);
	trial->look_count = 0;
	trial_free_local(&trial->forward);
	if (!packet || trial_local(&trial->forward) < 0) {
		rte_pktmbuf_free(packet);
		return -ENOMEM;
	}
	memset(trial->tally, 0, sizeof(*trial->tally));
	first = classify(trial, packet, question);
	trial->verdict = classify(trial, packet, question);
	trial->steady = trial->verdict == first;
	if (trial->gates)
		trial->look_count = gate_look(trial->gates, trial->gate_memory, trial->burst,
					      trial->looks, TRIAL_LOOKS_MAX);
	trial->forward.stage->run(trial->forward.state, trial->forward.local, trial->burst);
	return trial->lost ? -ENOMEM : 0;
}

/* What counts from packet to packet counts each as the first. */
static void
forget_sequences(struct trial *trial)
{
	struct forward_local *local = trial->forward.local;
	struct edit_local *editor = local->jobs ? jobs_editor(local->jobs) : NULL;

	if (editor)
		memset(editor->sequences, 0, sizeof(editor->sequences));
}

int
trial_pass(struct trial *trial, const struct explain_question *question)
{
	struct rte_mbuf *packet = trial_packet(trial, question);
	struct burst *burst = trial->burst;

	trial_forget(trial);
	trial->look_count = 0;
	if (!packet || (!trial->forward.local && trial_local(&trial->forward) < 0)) {
		rte_pktmbuf_free(packet);
		return -ENOMEM;
	}
	forget_sequences(trial);
	begin(trial, packet, question);
	memset(burst->in, 0, sizeof(*burst->in));
	trial->classify.stage->run(trial->classify.state, trial->classify.local, burst);
	trial->verdict = burst->verdicts[0];
	if (trial->gates)
		trial->look_count = gate_look(trial->gates, trial->gate_memory, burst, trial->looks,
					      TRIAL_LOOKS_MAX);
	trial->forward.stage->run(trial->forward.state, trial->forward.local, burst);
	return trial->lost ? -ENOMEM : 0;
}
