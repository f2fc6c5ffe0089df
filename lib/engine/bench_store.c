/* SPDX-License-Identifier: BSD-3-Clause */
#include "engine/bench_store.h"

#include <rte_cycles.h>

#include "core/log.h"
#include "store/store.h"

#include "core/banned.h"

#define MEMORY (UINT64_C(64) << 20) /* more than caches have */
#define TIME_NS UINT64_C(1795964400000000000)

static double
measure_round(struct store *store, struct rte_mbuf *const *packets, unsigned count)
{
	struct store_packet about = {.time_ns = TIME_NS, .direction = STORE_INBOUND};
	uint64_t start = rte_rdtsc_precise();

	for (unsigned i = 0; i < count; i++)
		store_put(store, packets[i], &about);
	return (double)(rte_rdtsc_precise() - start) / count;
}

int
bench_store(struct rte_mbuf *const *packets, unsigned count, double *rounds, unsigned round_count)
{
	const struct store_setup setup = {
		.name = "bench", .directory = "/", .memory = MEMORY, .numa = -1, .offline = true};
	const struct store_terms terms = {.triggered = true, .before_ns = UINT64_MAX};
	const struct store_interface port = {.name = "in"};
	char reason[STORE_REASON_MAX];
	struct store *store;
	int ret = store_make(&setup, &terms, &port, 1, &store, reason, sizeof(reason));

	if (ret < 0) {
		log_error("bench: a store: %s", reason);
		return ret;
	}
	/* Each page of its memory was written once before it is measured. */
	for (unsigned long bytes = 0; bytes < MEMORY; bytes += count * 64ul)
		measure_round(store, packets, count);
	for (unsigned i = 0; i < round_count; i++)
		rounds[i] = measure_round(store, packets, count);
	store_free(store);
	return 0;
}
