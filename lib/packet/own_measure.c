/* SPDX-License-Identifier: BSD-3-Clause */
#include <rte_cycles.h>
#include <rte_mbuf.h>

#include "packet/own_many.h"

#include "core/banned.h"

#define BURST 32
#define PACKETS 512 /* more than a core's first cache holds */
#define ROUNDS 5
#define STEP 64
#define LENGTH_MAX 1536
#define HEADERS 54 /* that are written: Ethernet, IP and TCP */

/* Cycles to make all packets one's own, as bursts have it, and to let go of what was made. 0: there
 * was no memory. */
static uint64_t
take_all(struct own *own, struct rte_mbuf *const *packets)
{
	uint16_t depths[BURST];
	const struct own_many many = {.depths = depths, .most = UINT32_MAX};
	struct rte_mbuf *taken[BURST];
	bool chained = false, missing = false;
	uint64_t begin, cycles;

	for (unsigned i = 0; i < BURST; i++)
		depths[i] = HEADERS;
	begin = rte_rdtsc();
	for (unsigned i = 0; i < PACKETS; i += BURST) {
		for (unsigned j = 0; j < BURST; j++) {
			taken[j] = packets[i + j];
			rte_mbuf_refcnt_update(taken[j], 1);
		}
		missing |= !own_many_take(own, taken, UINT32_MAX, &many, &chained);
		for (unsigned j = 0; j < BURST; j++)
			rte_pktmbuf_free(taken[j]);
	}
	cycles = rte_rdtsc() - begin;
	return missing ? 0 : cycles;
}

/* The least of some rounds: the others were interrupted. */
static uint64_t
measure(struct own *own, struct rte_mbuf *const *packets, uint32_t copy_break)
{
	uint64_t least = UINT64_MAX;

	own->copy_break = copy_break;
	for (unsigned round = 0; round < ROUNDS; round++)
		least = RTE_MIN(least, take_all(own, packets));
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
		whole = measure(&own, packets, UINT32_MAX);
		chain = measure(&own, packets, 0);
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
