/* SPDX-License-Identifier: BSD-3-Clause */
#include "engine/bench_returns.h"

#include <errno.h>
#include <rte_mbuf.h>
#include <rte_cycles.h>
#include <string.h>
#include <time.h>

#include "core/log.h"
#include "core/now.h"
#include "returns/back.h"
#include "stage/burst.h"

#include "core/banned.h"

/* What a return of this memory holds of packets, and those that are on their way. */
#define MEMORY (UINT64_C(256) << 20)
#define HELD (1u << 20)
#define LIVE (HELD - 2 * ROUND)
/* As many as wait at once for the thread; so its rings are never full. */
enum { ROUND = CONFIG_RETURN_ROOM / 2 };
#define NUMBER_AT 48 /* in the payload of UDP */
#define WITHIN_NS UINT64_C(60000000000)
#define STALLED_NS UINT64_C(60000000000)

struct bench {
	struct back *back;
	struct rte_mbuf *const *packets; /* ROUND of them */
	uint64_t sent, came;             /* so many; also the numbers of the next ones */
};

static void
number(struct rte_mbuf *packet, uint64_t number)
{
	memcpy(rte_pktmbuf_mtod_offset(packet, uint8_t *, NUMBER_AT), &number, sizeof(number));
}

/* Until the thread has given every packet back: it is asleep then, or about to be. */
static int
wait_for_thread(const struct bench *bench)
{
	uint64_t until_ns = now_ns() + STALLED_NS;

	for (unsigned i = 0; i < ROUND; i++) {
		while (rte_mbuf_refcnt_read(bench->packets[i]) > 1) {
			if (now_ns() > until_ns)
				return log_fail(ETIMEDOUT, "bench: a return's thread");
			nanosleep(&(struct timespec){.tv_nsec = 1000}, NULL);
		}
	}
	return 0;
}

static void
note(struct bench *bench, unsigned at, uint64_t at_ns)
{
	struct handed *sent = bench->back->sent[0];
	uint16_t held = handed_hold(sent, bench->packets + at, BURST_MAX);

	handed_note(sent, bench->packets + at, held, BURST_MAX, NULL, at_ns, 1);
}

static void
take(struct bench *bench, unsigned at, uint64_t at_ns)
{
	struct taken *taken = bench->back->taken[0];

	taken_put(taken, bench->packets + at, taken_room(taken, BURST_MAX), at_ns, 0);
}

/* All of them leave, or come back, a burst at a time; what that costs a worker. */
static uint64_t
measure_bursts(struct bench *bench, enum bench_returns_side side)
{
	uint64_t at_ns = now_ns(), cycles = 0;

	for (unsigned at = 0; at < ROUND; at += BURST_MAX) {
		uint64_t start;

		/* A return gives back what it takes, and here it is not gone. */
		for (unsigned i = 0; side == BENCH_RETURNS_BACK && i < BURST_MAX; i++)
			rte_mbuf_refcnt_update(bench->packets[at + i], 1);
		start = rte_rdtsc_precise();
		if (side == BENCH_RETURNS_SENT)
			note(bench, at, at_ns);
		else
			take(bench, at, at_ns);
		cycles += rte_rdtsc_precise() - start;
	}
	return cycles;
}

static uint64_t
measure_round(struct bench *bench, enum bench_returns_side side, uint64_t *next)
{
	uint64_t start;

	for (unsigned i = 0; i < ROUND; i++)
		number(bench->packets[i], (*next)++);
	measure_bursts(bench, side);
	start = rte_rdtsc_precise();
	back_round(bench->back);
	return rte_rdtsc_precise() - start;
}

/* In the place of the thread, which is kept out. */
static void
measure_match(struct bench *bench, double *rounds, unsigned round_count)
{
	back_lock(bench->back);
	while (bench->sent < LIVE)
		measure_round(bench, BENCH_RETURNS_SENT, &bench->sent);
	for (unsigned i = 0; i < round_count; i++) {
		uint64_t cycles = measure_round(bench, BENCH_RETURNS_SENT, &bench->sent);

		cycles += measure_round(bench, BENCH_RETURNS_BACK, &bench->came);
		rounds[i] = (double)cycles / ROUND;
	}
	back_unlock(bench->back);
}

/* That the thread finds all as it should: or it is something else that was measured. */
static int
check(const struct bench *bench)
{
	struct match_numbers numbers;

	match_tell(bench->back->match, &numbers);
	if (numbers.sent == bench->sent && numbers.matched == bench->came)
		return 0;
	return log_fail(EIO, "bench: a return that finds what it was given");
}

static int
measure(struct bench *bench, enum bench_returns_side side, double *rounds, unsigned round_count)
{
	int ret = 0;

	if (side == BENCH_RETURNS_MATCH) {
		measure_match(bench, rounds, round_count);
		return check(bench);
	}
	for (unsigned i = 0; i < round_count && ret == 0; i++) {
		rounds[i] = (double)measure_bursts(bench, side) / ROUND;
		ret = wait_for_thread(bench);
	}
	return ret;
}

int
bench_returns(enum bench_returns_side side, struct rte_mbuf *const *packets, unsigned count,
	      double *rounds, unsigned round_count)
{
	struct config_replay replay = {.name = (char *)"bench"};
	const struct config config = {.replays = &replay, .replay_count = 1};
	const struct config_return wanted = {
		.name = (char *)"bench", .within_ns = WITHIN_NS, .memory = MEMORY};
	struct bench bench = {.packets = packets};
	struct back_books *books = back_books_make();
	int ret = -ENOMEM;

	if (books && count >= ROUND)
		bench.back = back_make(&config, &wanted, books, true, 1, SOCKET_ID_ANY);
	if (bench.back)
		ret = measure(&bench, side, rounds, round_count);
	else
		log_fail(ENOMEM, "bench: a return");
	back_leave(bench.back);
	back_books_leave(books);
	return ret;
}
