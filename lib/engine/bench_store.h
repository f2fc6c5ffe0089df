/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bench of a store: what the thread that writes a capture does with a packet: its block is encoded
 * and its bytes are copied. The disk is not in it: the store waits for a trigger that never comes.
 */
#ifndef ENGINE_BENCH_STORE_H
#define ENGINE_BENCH_STORE_H

struct rte_mbuf;

/* So many rounds over the packets, each in cycles per packet. 0, or a negative errno that is
 * logged. */
int bench_store(struct rte_mbuf *const *packets, unsigned count, double *rounds,
		unsigned round_count);

#endif
