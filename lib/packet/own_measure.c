/* SPDX-License-Identifier: BSD-3-Clause */
#include <rte_cycles.h>
#include <rte_mbuf.h>

#include "packet/own.h"

#include "core/banned.h"

#define PACKETS 512 /* more than a core's first cache holds */
#define ROUNDS 5
#define STEP 64
#define LENGTH_MAX 1536
#define HEADERS 54 /* that are written: Ethernet, IP and TCP */

/* Cycles to make the first count packets one's own, and to let go of what was made. 0: there was no
 * memory. */
static uint64_t
take_all(struct own *own, struct rte_mbuf *const *packets, uint32_t length)
{
	const struct own_part part = {.length = length, .depth = RTE_MIN(length, HEADERS)};
	struct rte_mbuf *taken[32];
	uint64_t begin = rte_rdtsc(), cycles;
	unsigned missing = 0;

	for (unsigned i = 0; i < PACKETS; i += RTE_DIM(taken)) {
		for (unsigned j = 0; j < RTE_DIM(taken); j++) {
			rte_mbuf_refcnt_update(packets[i + j], 1);
			taken[j] = own_take(own, packets[i + j], &part, 0);
			missing += taken[j] == NULL;
			if (!taken[j])
				rte_pktmbuf_free(packets[i + j]);
		}
		for (unsigned j = 0; j < RTE_DIM(taken); j++)
			rte_pktmbuf_free(taken[j]);
	}
	cycles = rte_rdtsc() - begin;
	return missing ? 0 : cycles;
}

/* The least of some rounds: the others were interrupted. */
static uint64_t
measure(struct own *own, struct rte_mbuf *const *packets, uint32_t length, uint32_t copy_break)
{
	uint64_t least = UINT64_MAX;

	own->copy_break = copy_break;
	for (unsigned round = 0; round < ROUNDS; round++)
		least = RTE_MIN(least, take_all(own, packets, length));
	return least;
}

uint32_t
own_measure(struct rte_mempool *pool, struct rte_mempool *headers)
{
	struct own own = {.packets = pool, .headers = headers};
	uint32_t room = rte_pktmbuf_data_room_size(pool) - RTE_PKTMBUF_HEADROOM;
	uint32_t most = RTE_MIN(room / STEP * STEP, (uint32_t)LENGTH_MAX), best = STEP;
	struct rte_mbuf *packets[PACKETS];
	/* What whole copies of all shorter packets cost more than the other way: least where the
	 * two cross. One length that was measured wrong does not decide. */
	int64_t sum = 0, least = 0;

	if (rte_pktmbuf_alloc_bulk(pool, packets, PACKETS) < 0)
		return OWN_BREAK;
	for (uint32_t length = STEP; length < most; length += STEP) {
		uint64_t whole, chain;

		for (unsigned i = 0; i < PACKETS; i++)
			packets[i]->data_len = packets[i]->pkt_len = length;
		whole = measure(&own, packets, length, UINT32_MAX);
		chain = measure(&own, packets, length, 0);
		if (whole == 0 || chain == 0) {
			best = OWN_BREAK;
			break;
		}
		sum += (int64_t)(whole - chain);
		if (sum < least) {
			least = sum;
			best = length + STEP;
		}
	}
	rte_pktmbuf_free_bulk(packets, PACKETS);
	return best;
}
