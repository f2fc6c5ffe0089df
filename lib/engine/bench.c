/* SPDX-License-Identifier: BSD-3-Clause */
#include "engine/bench.h"

#include <errno.h>
#include <math.h>
#include <rte_cycles.h>
#include <rte_malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "engine/bench_case.h"
#include "engine/bench_store.h"
#include "engine/worker.h"

#include "core/banned.h"

#define FLOWS 8192 /* distinct packets; a multiple of BURST_MAX */
#define ROUNDS 101
/* Of pairs: packets that are on their way at once, as with 1,024 descriptors on either side, and as
 * many a round. */
#define RING 2048
#define PAIRS 501

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
		rte_pktmbuf_append(setup->packets[i], bench_case_size(bench));
	write_packets(setup, bench);
	return 0;
}

static int
compare(const void *a, const void *b)
{
	const double *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

/* One pass over all packets; cycles per packet. A reference of our own keeps the packet when the
 * device frees its. */
static double
measure_round(struct setup *setup, const struct program *program)
{
	struct burst *burst = &setup->worker->burst;
	uint64_t cycles = 0;

	for (unsigned at = 0; at < FLOWS; at += BURST_MAX) {
		uint64_t start;

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
give_median(const struct bench_case *bench, double *rounds, unsigned count, struct bench_row *row)
{
	qsort(rounds, count, sizeof(rounds[0]), compare);
	row->name = bench->name;
	row->text = bench->text;
	row->median = rounds[count / 2];
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
	give_median(bench, rounds, ROUNDS, row);
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

static int
take_packet(struct setup *setup, const struct bench_case *bench, struct rte_mbuf **packet)
{
	*packet = rte_pktmbuf_alloc(setup->ports.pools[0].pool);
	if (!*packet)
		return log_fail(ENOMEM, "packets to measure with");
	rte_pktmbuf_append(*packet, bench_case_size(bench));
	return 0;
}

/* One pass over the ring, of packets that nobody else has; cycles per packet, or a negative errno.
 * The device frees them, and what it freed comes in again when the others have been through. The
 * same flows each time, unless the case says that others passed before. */
static double
measure_ring(struct setup *setup, const struct bench_case *bench, const struct program *program)
{
	struct burst *burst = &setup->worker->burst;
	uint64_t cycles = 0;

	if (!bench->flows)
		setup->flow = 0;
	for (unsigned at = 0; at < RING; at += BURST_MAX) {
		struct rte_mbuf **packets = &setup->packets[at];
		uint64_t start;

		for (unsigned i = 0; i < BURST_MAX; i++) {
			bench_case_frame(bench, setup->flow++,
					 rte_pktmbuf_mtod(packets[i], uint8_t *));
			burst->packets[i] = packets[i];
		}
		burst->count = BURST_MAX;
		start = rte_rdtsc_precise();
		worker_process(setup->worker, program, setup->worker->shared->ports->items[0]);
		cycles += rte_rdtsc_precise() - start;
		for (unsigned i = 0; i < BURST_MAX; i++) {
			if (take_packet(setup, bench, &packets[i]) < 0)
				return -ENOMEM;
		}
	}
	return (double)cycles / RING;
}

/* Both take turns; *best is what they differ by at their best. */
static int
measure_rounds(struct setup *setup, const struct bench_case *bench, const struct program *program,
	       const struct program *beside, double rounds[PAIRS], double *best)
{
	double least = HUGE_VAL, beside_least = HUGE_VAL;

	for (uint64_t flows = 0; flows <= bench->flows; flows += RING) {
		if (measure_ring(setup, bench, program) < 0)
			return -ENOMEM;
	}
	for (unsigned i = 0; i < PAIRS; i++) {
		double first = measure_ring(setup, bench, i & 1 ? program : beside);
		double second = measure_ring(setup, bench, i & 1 ? beside : program);
		double with = i & 1 ? first : second, without = i & 1 ? second : first;

		if (first < 0 || second < 0)
			return -ENOMEM;
		rounds[i] = with - without;
		least = RTE_MIN(least, with);
		beside_least = RTE_MIN(beside_least, without);
	}
	*best = least - beside_least;
	return 0;
}

/* By how many cycles one program is dearer than the other. */
static int
measure_pairs(struct setup *setup, const struct bench_case *bench, const struct program *program,
	      const struct program *beside, struct bench_row *row)
{
	double rounds[PAIRS];
	unsigned taken = 0;
	int ret = 0;

	while (ret == 0 && taken < RING)
		ret = take_packet(setup, bench, &setup->packets[taken++]);
	if (ret == 0)
		ret = measure_rounds(setup, bench, program, beside, rounds, &row->best);
	if (ret == 0)
		give_median(bench, rounds, PAIRS, row);
	rte_pktmbuf_free_bulk(setup->packets, taken);
	return ret;
}

static struct config *
make_config(const struct bench_case *bench, bool beside, struct error_list *errors)
{
	struct config *config = NULL;
	char *text = bench_case_config(bench, beside);

	if (text)
		config_parse(text, strlen(text), "/", &config, errors);
	else
		log_fail(ENOMEM, "bench %s", bench->name);
	free(text);
	return config;
}

static int
make_program(struct setup *setup, const struct bench_case *bench, bool beside, struct program **out)
{
	struct error_list errors;
	struct config *config;
	int ret = -EINVAL;

	error_list_init(&errors, NULL);
	config = make_config(bench, beside, &errors);
	if (config)
		ret = program_make(config,
				   &(struct program_setting){STAGE_LOOKS, setup->ports.items,
							     setup->ports.pools, 1, NULL},
				   out, &errors);
	if (config && ret < 0)
		config_free(config);
	error_list_print(&errors, stderr);
	error_list_clear(&errors);
	return ret;
}

static int
run_pair(struct setup *setup, const struct bench_case *bench, const struct program *program,
	 struct bench_row *row)
{
	struct program *beside;
	int ret = make_program(setup, bench, true, &beside);

	if (ret < 0)
		return ret;
	ret = measure_pairs(setup, bench, program, beside, row);
	program_free(beside);
	return ret;
}

static int
run_alone(struct setup *setup, const struct bench_case *bench, const struct program *program,
	  struct bench_row *row)
{
	int ret = fill_packets(setup, bench);

	if (ret < 0)
		return ret;
	measure(setup, bench, bench->kind == BENCH_PARSE ? NULL : program, row);
	give_packets_back(setup);
	return 0;
}

/* Without a program. */
static int
run_apart(struct setup *setup, const struct bench_case *bench, struct bench_row *row)
{
	double rounds[ROUNDS];
	int ret = fill_packets(setup, bench);

	if (ret < 0)
		return ret;
	ret = bench->kind == BENCH_STORE
		      ? bench_store(setup->packets, FLOWS, rounds, ROUNDS)
		      : bench_returns(bench->side, setup->packets, FLOWS, rounds, ROUNDS);
	if (ret == 0) {
		give_median(bench, rounds, ROUNDS, row);
		row->best = rounds[0];
	}
	give_packets_back(setup);
	return ret;
}

static int
run_bench(struct setup *setup, const struct bench_case *bench, struct bench_row *row)
{
	struct program *program;
	int ret;

	if (bench->kind == BENCH_STORE || bench->kind == BENCH_RETURN)
		return run_apart(setup, bench, row);
	ret = make_program(setup, bench, false, &program);

	if (ret < 0)
		return ret;
	setup->flow = 0;
	ret = bench->beside ? run_pair(setup, bench, program, row)
			    : run_alone(setup, bench, program, row);
	program_free(program);
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
	clock_begin(&setup->shared.clock);
	clock_set(&setup->shared.clock);
	for (unsigned i = 0; ret == 0 && bench_case(i); i++) {
		struct bench_row row;

		if (!bench_case_is(bench_case(i), name))
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
		if (bench_case_is(bench_case(i), name))
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
	config = make_config(bench_case(0), false, &errors);
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
