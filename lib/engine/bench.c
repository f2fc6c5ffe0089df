/* SPDX-License-Identifier: BSD-3-Clause */
#include "engine/bench.h"

#include <errno.h>
#include <rte_cycles.h>
#include <rte_ip.h>
#include <rte_malloc.h>
#include <rte_udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "engine/worker.h"

#include "core/banned.h"

#define FLOWS 8192 /* distinct packets; a multiple of BURST_MAX */
#define FRAME 64
#define ROUNDS 101

/* What is measured: a config's whole program, or with rules < 0 parsing alone. */
static const struct bench {
	const char *name, *text;
	int rules;
	const char *actions; /* of every rule, or of the default when there are none */
} benches[] = {
	{"parse", "headers to views", -1, NULL},
	{"forward", "no rules, forward", 0, "{ forward: out }"},
	{"drop", "no rules, drop", 0, "drop"},
	{"mirror", "one rule: mirror to two ports, forward", 1,
	 "[ { mirror: m1 }, { mirror: m2 }, { forward: out } ]"},
	{"group", "one rule: forward to a group of three", 1, "[ { forward: g } ]"},
	{"rules-100", "100 rules, 8,192 flows", 100, "[ { forward: out } ]"},
	{"rules-1000", "1,000 rules, 8,192 flows", 1000, "[ { forward: out } ]"},
	{"rules-10000", "10,000 rules, 8,192 flows", 10000, "[ { forward: out } ]"},
};

#define BENCHES (sizeof(benches) / sizeof(benches[0]))

struct setup {
	struct ports ports;
	struct worker *worker;
	struct worker_shared shared;
	struct rte_mbuf *packets[FLOWS];
};

const char *
engine_bench_name(unsigned i)
{
	return i < BENCHES ? benches[i].name : NULL;
}

static char *
config_text(const struct bench *bench)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fprintf(out, "version: 1\nmemory: { packets: 16383 }\nports:\n");
	fprintf(out, "  in: { vdev: \"net_null0\", queues: 1 }\n");
	fprintf(out, "  out: { vdev: \"net_null1\", queues: 1 }\n");
	fprintf(out, "  m1: { vdev: \"net_null2\", queues: 1 }\n");
	fprintf(out, "  m2: { vdev: \"net_null3\", queues: 1 }\n");
	fprintf(out, "groups: { g: { ports: [out, m1, m2] } }\n");
	fprintf(out, "default: %s\n", bench->rules == 0 ? bench->actions : "drop");
	if (bench->rules > 0)
		fprintf(out, "rules:\n");
	/* Rule i takes the flows whose source has i as its remainder: all flows find a rule, and every
	 * rule is another match. */
	for (int i = 0; i < bench->rules; i++) {
		fprintf(out, "  - name: r%d\n    actions: %s\n    match: { protocol: udp", i,
			bench->actions);
		if (bench->rules > 1)
			fprintf(out, ", src: 10.%d.%d.0/24, dst-port: 53", i >> 8, i & 255);
		fprintf(out, " }\n");
	}
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

static void
write_frame(uint8_t *frame, unsigned flow, unsigned rules)
{
	struct rte_ether_hdr *ether = (struct rte_ether_hdr *)frame;
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(ether + 1);
	struct rte_udp_hdr *udp = (struct rte_udp_hdr *)(ip + 1);
	unsigned rule = rules ? flow % rules : flow;

	memset(frame, 0, FRAME);
	ether->ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4);
	ip->version_ihl = RTE_IPV4_VHL_DEF;
	ip->time_to_live = 64;
	ip->next_proto_id = IPPROTO_UDP;
	ip->src_addr = rte_cpu_to_be_32(RTE_IPV4(10, rule >> 8, rule & 255, flow & 255));
	ip->dst_addr = rte_cpu_to_be_32(RTE_IPV4(192u, 168, flow >> 8, flow & 255));
	udp->src_port = rte_cpu_to_be_16(1024 + flow);
	udp->dst_port = RTE_BE16(53);
}

static int
fill_packets(struct setup *setup, unsigned rules)
{
	struct rte_mempool *pool = setup->ports.pools[0].pool;

	if (rte_pktmbuf_alloc_bulk(pool, setup->packets, FLOWS) != 0)
		return log_fail(ENOMEM, "packets to measure with");
	for (unsigned i = 0; i < FLOWS; i++) {
		char *frame = rte_pktmbuf_append(setup->packets[i], FRAME);

		write_frame((uint8_t *)frame, i, rules);
	}
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
			worker_process(setup->worker, program, 0, false);
		} else {
			packet_parse(burst->packets, BURST_MAX, 0, burst->views);
		}
		cycles += rte_rdtsc_precise() - start;
	}
	return (double)cycles / FLOWS;
}

static void
measure(struct setup *setup, const struct bench *bench, const struct program *program,
	struct bench_row *row)
{
	double rounds[ROUNDS];

	measure_round(setup, program); /* warms caches, the flow cache among them */
	for (unsigned i = 0; i < ROUNDS; i++)
		rounds[i] = measure_round(setup, program);
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
make_config(const struct bench *bench, struct error_list *errors)
{
	struct config *config = NULL;
	char *text = config_text(bench);

	if (text)
		config_parse(text, strlen(text), "/", &config, errors);
	else
		log_fail(ENOMEM, "bench %s", bench->name);
	free(text);
	return config;
}

static int
run_bench(struct setup *setup, const struct bench *bench, struct bench_row *row)
{
	struct error_list errors;
	struct program *program = NULL;
	struct config *config;
	int ret = -EINVAL;

	error_list_init(&errors, NULL);
	config = make_config(bench, &errors);
	if (!config)
		goto failed;
	ret = program_make(config, &setup->ports, 1, &program, &errors);
	if (ret < 0) {
		config_free(config);
		goto failed;
	}
	ret = fill_packets(setup, bench->rules > 0 ? bench->rules : 0);
	if (ret == 0) {
		measure(setup, bench, bench->rules < 0 ? NULL : program, row);
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
	setup->worker->shared = &setup->shared;
	setup->worker->burst.tally = &setup->worker->tally;
	for (unsigned i = 0; ret == 0 && i < BENCHES; i++) {
		struct bench_row row;

		if (name && strcmp(name, benches[i].name) != 0)
			continue;
		ret = run_bench(setup, &benches[i], &row);
		if (ret == 0)
			show(&row, context);
	}
	rte_free(setup->worker);
	return ret;
}

static bool
known(const char *name)
{
	for (unsigned i = 0; i < BENCHES; i++) {
		if (strcmp(name, benches[i].name) == 0)
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
	config = make_config(&benches[0], &errors);
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
