/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bench of a return: what workers pay for it, on either side and with its thread at work beside
 * them, and what that thread does with a packet while a million others are on their way.
 */
#ifndef ENGINE_BENCH_RETURNS_H
#define ENGINE_BENCH_RETURNS_H

struct rte_mbuf;

enum bench_returns_side {
	BENCH_RETURNS_SENT,  /* the worker that sends: each packet is noted */
	BENCH_RETURNS_BACK,  /* the worker that takes what comes back */
	BENCH_RETURNS_MATCH, /* the thread: a packet that was sent and came back */
};

/* So many rounds, each in cycles per packet. The packets, of which the bytes behind UDP's header
 * are written, are their caller's alone again when it returns. 0, or a negative errno that is
 * logged. */
int bench_returns(enum bench_returns_side side, struct rte_mbuf *const *packets, unsigned count,
		  double *rounds, unsigned round_count);

#endif
