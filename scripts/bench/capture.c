/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * For `make bench BENCH=capture`: what a worker pays to give packets to a capture, while the
 * capture's own thread copies and writes them on another core, in cycles a packet. Prints a line a
 * case: name, median and least of the rounds.
 *
 *     bench_capture CORE DIRECTORY PACKETS_A_SECOND
 *
 * As in a worker, packets come from a pool that the writer gives them back to; what that costs is
 * not counted, as it is the pool's, nor what is done with a packet before. Between bursts it waits
 * until the next one is due. Rounds in which something kept the writer from its core for so long
 * that there was no room are left out.
 */
#include <errno.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/now.h"
#include "port/cut.h"
#include "port/port.h"
#include "recorder/recorder.h"

#include "core/banned.h"

#define POOL 65535
#define SIZE 64
#define ROUNDS 400
#define BURSTS 1000 /* a round */
#define PACKET_ROOM 256

static struct tally tally;
static struct rte_mempool *pool;

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* The thread that runs this, and those that it starts. */
static void
stay_on(const cpu_set_t *cores)
{
	if (sched_setaffinity(0, sizeof(*cores), cores) < 0) {
		fprintf(stderr, "bench_capture: sched_setaffinity: %s\n", strerror(errno));
		exit(1);
	}
}

static void
start_eal(const char *core)
{
	const char *args[] = {"bench", "--no-huge", "--no-shconf", "--no-pci", "--no-telemetry",
			      "-m",    "1024",      "-l",          core,       "--log-level=error"};
	char *copy[16] = {NULL};

	for (unsigned i = 0; i < sizeof(args) / sizeof(args[0]); i++)
		copy[i] = (char *)(uintptr_t)args[i];
	if (rte_eal_init(sizeof(args) / sizeof(args[0]), copy) < 0)
		exit(1);
	pool = rte_pktmbuf_pool_create("packets", POOL, 256, 0, RTE_PKTMBUF_HEADROOM + PACKET_ROOM,
				       0);
	if (!pool || packet_cut_register() < 0)
		exit(1);
}

/* A config with one capture, compiled. */
static void *
compile(struct stage_env *env, struct port **ports, const char *directory)
{
	struct error_list errors;
	struct config *config;
	void *state = NULL;
	char text[512];

	error_list_init(&errors, "bench");
	snprintf(text, sizeof(text),
		 "version: 1\nports: { in: { vdev: net_null } }\ncaptures: { bench: { directory: "
		 "%s, "
		 "rotate: { size: 256MiB }, keep: { files: 1 } } }\ndefault: { forward: bench }\n",
		 directory);
	config_parse(text, strlen(text), "/", &config, &errors);
	if (config) {
		*env = (struct stage_env){.config = config,
					  .ports = ports,
					  .use = STAGE_LIVE,
					  .workers = 1,
					  .numa = -1};
		recorder_target.compile(env, &state, &errors);
	}
	error_list_print(&errors, stderr);
	if (!state)
		exit(1);
	return state;
}

static void
make_burst(struct burst *burst, const struct stage_clock *clock)
{
	burst->count = BURST_MAX;
	burst->worker = 0;
	burst->timed = burst->numbered = false;
	burst->clock = clock;
	burst->tally = &tally;
	burst->in = &tally.ports[0];
	while (rte_pktmbuf_alloc_bulk(pool, burst->packets, BURST_MAX) < 0)
		;
	for (unsigned i = 0; i < BURST_MAX; i++)
		burst->packets[i]->data_len = burst->packets[i]->pkt_len = SIZE;
}

/* Cycles a packet in one round. */
static double
play(const void *state, const struct stage_clock *clock, uint64_t gap, uint64_t overhead)
{
	static const uint8_t from[BURST_MAX] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10,
						11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
						22, 23, 24, 25, 26, 27, 28, 29, 30, 31};
	static struct burst burst;
	uint64_t due = rte_rdtsc(), sum = 0, began;

	for (unsigned i = 0; i < BURSTS; i++) {
		make_burst(&burst, clock);
		while (rte_rdtsc() < due)
			;
		due += gap;
		began = rte_rdtsc_precise();
		recorder_target.take(state, 0, &burst, burst.packets, from, BURST_MAX, 0);
		sum += rte_rdtsc_precise() - began - overhead;
	}
	return (double)sum / BURSTS / BURST_MAX;
}

static uint64_t
clock_overhead(void)
{
	uint64_t least = UINT64_MAX;

	for (unsigned i = 0; i < 100000; i++) {
		uint64_t began = rte_rdtsc_precise(), took = rte_rdtsc_precise() - began;

		least = RTE_MIN(least, took);
	}
	return least;
}

int
main(int argc, char **argv)
{
	static struct stage_clock clock;
	static struct port in = {.index = 0};
	struct port *ports[] = {&in};
	double rows[ROUNDS];
	struct stage_env env;
	cpu_set_t all, core, others;
	uint64_t gap, overhead;
	unsigned count = 0;
	void *state;

	if (argc != 4 || sched_getaffinity(0, sizeof(all), &all) < 0) {
		fprintf(stderr, "usage: bench_capture CORE DIRECTORY PACKETS_A_SECOND\n");
		return 2;
	}
	clock_begin(&clock);
	start_eal(argv[1]);
	CPU_ZERO(&core);
	CPU_SET(strtoul(argv[1], NULL, 10), &core);
	others = all;
	CPU_CLR(strtoul(argv[1], NULL, 10), &others);
	stay_on(CPU_COUNT(&others) > 0 ? &others : &all);
	state = compile(&env, ports, argv[2]);
	stay_on(&core);
	clock_set(&clock);
	clock_follow(&clock);
	gap = rte_get_tsc_hz() * BURST_MAX / strtoull(argv[3], NULL, 10);
	overhead = clock_overhead();
	recorder_target.begin(state);
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t before = tally.ports[0].drops[DROP_CAPTURE_FULL];

		rows[count] = play(state, &clock, gap, overhead);
		count += tally.ports[0].drops[DROP_CAPTURE_FULL] == before;
	}
	if (!recorder_target.drain(state, now_ns() + UINT64_C(10000000000)) || count < ROUNDS / 2) {
		fprintf(stderr,
			"bench_capture: there was no room for packets in %u of %u rounds; at "
			"fewer a second there is some\n",
			ROUNDS - count, ROUNDS);
		return 1;
	}
	recorder_target.release(state);
	config_free((struct config *)(uintptr_t)env.config);
	qsort(rows, count, sizeof(rows[0]), by_size);
	printf("take %.1f %.1f\n", rows[count / 2], rows[0]);
	return 0;
}
