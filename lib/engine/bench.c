/* SPDX-License-Identifier: BSD-3-Clause */
#include "engine/bench.h"

#include <errno.h>
#include <rte_cycles.h>
#include <rte_malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "engine/bench_case.h"
#include "engine/worker.h"

#include "core/banned.h"

#define FLOWS 8192 /* distinct packets; a multiple of BURST_MAX */
#define ROUNDS 101

struct setup {
	struct ports ports;
	struct worker *worker;
	struct worker_shared shared;
	struct rte_mbuf *packets[FLOWS];
	uint32_t flow; /* of the frame that is written next */
};

const char *
engine_bench_name(unsigned i)
{
	return bench_case(i) ? bench_case(i)->name : NULL;
}

static void
write_packets(struct setup *setup, const struct bench_case *bench)
{
	for (unsigned i = 0; i < FLOWS; i++)
		bench_case_frame(bench, setup->flow++,
				 rte_pktmbuf_mtod(setup->packets[i], uint8_t *));
}

static int
fill_packets(struct setup *setup, const struct bench_case *bench)
{
	struct rte_mempool *pool = setup->ports.pools[0].pool;

	if (rte_pktmbuf_alloc_bulk(pool, setup->packets, FLOWS) != 0)
		return log_fail(ENOMEM, "packets to measure with");
	for (unsigned i = 0; i < FLOWS; i++)
		rte_pktmbuf_append(setup->packets[i], BENCH_FRAME);
	setup->flow = 0;
	write_packets(setup, bench);
	return 0;
}

static int
compare(const void *a, const void *b)
{
	const double *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

/* One pass over all packets; cycles per packet. */
static double
measure_round(struct setup *setup, const struct program *program)
{
	struct burst *burst = &setup->worker->burst;
	uint64_t cycles = 0;

	for (unsigned at = 0; at < FLOWS; at += BURST_MAX) {
		uint64_t start;

		/* A reference of our own keeps the packet when the device frees its. */
		for (unsigned i = 0; i < BURST_MAX; i++) {
			burst->packets[i] = setup->packets[at + i];
			rte_mbuf_refcnt_set(burst->packets[i], 2);
		}
		burst->count = BURST_MAX;
		start = rte_rdtsc_precise();
		if (program) {
			worker_process(setup->worker, program,
				       setup->worker->shared->ports->items[0]);
		} else {
			packet_parse(burst->packets, BURST_MAX, 0, burst->views);
		}
		cycles += rte_rdtsc_precise() - start;
	}
	return (double)cycles / FLOWS;
}

static void
measure(struct setup *setup, const struct bench_case *bench, const struct program *program,
	struct bench_row *row)
{
	double rounds[ROUNDS];

	measure_round(setup, program); /* warms caches, the flow cache among them */
	for (unsigned i = 0; i < ROUNDS; i++) {
		if (bench->flood)
			write_packets(setup, bench);
		rounds[i] = measure_round(setup, program);
	}
	qsort(rounds, ROUNDS, sizeof(rounds[0]), compare);
	row->name = bench->name;
	row->text = bench->text;
	row->median = rounds[ROUNDS / 2];
	row->best = rounds[0];
}

static void
give_packets_back(struct setup *setup)
{
	for (unsigned i = 0; i < FLOWS; i++) {
		rte_mbuf_refcnt_set(setup->packets[i], 1);
		rte_pktmbuf_free(setup->packets[i]);
	}
}

static struct config *
make_config(const struct bench_case *bench, struct error_list *errors)
{
	struct config *config = NULL;
	char *text = bench_case_config(bench);

	if (text)
		config_parse(text, strlen(text), "/", &config, errors);
	else
		log_fail(ENOMEM, "bench %s", bench->name);
	free(text);
	return config;
}

static int
run_bench(struct setup *setup, const struct bench_case *bench, struct bench_row *row)
{
	struct error_list errors;
	struct program *program = NULL;
	struct config *config;
	int ret = -EINVAL;

	error_list_init(&errors, NULL);
	config = make_config(bench, &errors);
	if (!config)
		goto failed;
	ret = program_make(config, setup->ports.items, setup->ports.pools, 1, NULL, &program,
			   &errors);
	if (ret < 0) {
		config_free(config);
		goto failed;
	}
	ret = fill_packets(setup, bench);
	if (ret == 0) {
		measure(setup, bench, bench->kind == BENCH_PARSE ? NULL : program, row);
		give_packets_back(setup);
	}
	program_free(program);
failed:
	error_list_print(&errors, stderr);
	error_list_clear(&errors);
	return ret;
}

static int
run_benches(struct setup *setup, const char *name,
	    void (*show)(const struct bench_row *row, void *context), void *context)
{
	int ret = 0;

	setup->worker = rte_zmalloc("bench", sizeof(*setup->worker), RTE_CACHE_LINE_SIZE);
	if (!setup->worker)
		return log_fail(ENOMEM, "bench");
	atomic_store(&setup->shared.up, UINT64_MAX);
	setup->shared.ports = &setup->ports;
	setup->worker->shared = &setup->shared;
	worker_reset(setup->worker);
	for (unsigned i = 0; ret == 0 && bench_case(i); i++) {
		struct bench_row row;

		if (name && strcmp(name, bench_case(i)->name) != 0)
			continue;
		ret = run_bench(setup, bench_case(i), &row);
		if (ret == 0)
			show(&row, context);
	}
	rte_free(setup->worker);
	return ret;
}

static bool
known(const char *name)
{
	for (unsigned i = 0; bench_case(i); i++) {
		if (strcmp(name, bench_case(i)->name) == 0)
			return true;
	}
	return false;
}

int
engine_bench(const char *name, void (*show)(const struct bench_row *row, void *context),
	     void *context)
{
	uint16_t cores[CONFIG_WORKERS_MAX];
	struct error_list errors;
	struct config *config;
	struct setup *setup;
	int ret;

	if (name && !known(name))
		return -ENOENT;
	setup = calloc(1, sizeof(*setup));
	if (!setup)
		return log_fail(ENOMEM, "bench");
	error_list_init(&errors, NULL);
	config = make_config(bench_case(0), &errors);
	error_list_clear(&errors);
	ret = config ? ports_start_eal(config, PORT_LIVE, NULL, cores) : -ENOMEM;
	if (ret < 0)
		goto eal_failed;
	ret = ports_open(&setup->ports, config, PORT_LIVE, 1);
	if (ret == 0) {
		ret = run_benches(setup, name, show, context);
		ports_close(&setup->ports);
		ports_free(&setup->ports);
	}
	ports_stop_eal();
eal_failed:
	config_free(config);
	free(setup);
	return ret;
}
