/* SPDX-License-Identifier: BSD-3-Clause */
/* Which packets are told for duplicates, by any number of workers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "fake_mbuf.h"
#include "gate_kit.h"

#include "core/banned.h"

#define FRAME 64
#define NUMBERS 300
#define NUMBERS_MAX 1500
#define PORTS 3
#define RACES (BURST_MAX * 10000)

static struct tally tally;

/* Packet i of a burst is the one of this number: they differ in what they carry. */
static void
number(struct burst *of, struct rte_mbuf *mbuf, uint8_t *frame, unsigned i, uint32_t number)
{
	memset(frame, 2, FRAME);
	frame[12] = 0x88;
	frame[13] = 0xb5;
	memcpy(frame + 20, &number, sizeof(number));
	fake_mbuf(mbuf, frame, FRAME);
	of->packets[i] = mbuf;
}

static void
fill_numbers(unsigned count, uint32_t first, uint64_t time)
{
	static uint8_t frames[BURST_MAX][FRAME];

	fill(count, time);
	burst.tally = &tally;
	burst.in = &tally.ports[0];
	for (unsigned i = 0; i < count; i++)
		number(&burst, &mbufs[i], frames[i], i, first + i);
}

/* By the manual's words: when each passed, by port; 0: never. Of so many packets; one that was overwritten is missed once. */
static void
finds_duplicates(const char *list, unsigned count, uint64_t window, bool across_ports)
{
	static uint64_t last[NUMBERS_MAX][PORTS];
	uint64_t now = 1700000000 * NS, found = 0, missed = 0;

	BEGIN(1, "", list);
	memset(last, 0, sizeof(last));
	for (unsigned round = 0; round < 5000; round++) {
		unsigned port = rand() % PORTS, numbers[BURST_MAX];
		static uint8_t frames[BURST_MAX][FRAME];

		fill_numbers(1 + rand() % BURST_MAX, 0, 0);
		burst.in = &tally.ports[port];
		for (unsigned i = 0; i < burst.count; i++) {
			numbers[i] = rand() % count;
			number(&burst, &mbufs[i], frames[i], i, numbers[i]);
			/* Often by just a window. */
			now += rand() % 100 ? 0 : rand() % 5 * (window / 4);
			now += rand() % 200 ? 0 : window % 4;
			burst.times[i] = now;
		}
		run();
		for (unsigned i = 0; i < burst.count; i++) {
			bool duplicate = false, stopped = burst_stopped(&burst, i);

			for (unsigned p = 0; p < PORTS; p++)
				duplicate |= last[numbers[i]][p] &&
					     burst.times[i] - last[numbers[i]][p] < window &&
					     !(across_ports && p == port);
			assert_true(duplicate || !stopped);
			if (!stopped)
				last[numbers[i]][port] = burst.times[i];
			found += stopped;
			missed += duplicate && !stopped;
		}
	}
	assert_int_equal(acted[0].duplicate, found);
	assert_true(found > 10000);
	assert_int_equal(told("dedups", "r0", "duplicates"), found);
	assert_in_range(missed, 0, told("dedups", "r0", "overwritten"));
	assert_true(count > NUMBERS || told("dedups", "r0", "overwritten") == 0);
	assert_int_equal(told("dedups", "r0", "same_port") + told("dedups", "r0", "cross_port"),
			 found);
	assert_int_equal(told("dedups", "r0", "same_port") == 0, across_ports);
	end();
}

static void
dedups_exactly(void **state)
{
	finds_duplicates("{ dedup: { window: 1ms } }, { forward: a }", NUMBERS, 1000000, false);
	finds_duplicates("{ dedup: { window: 1ms, across: ports } }, { forward: a }", NUMBERS,
			 1000000, true);
	finds_duplicates("{ dedup: { window: 10ns, entries: 1000 } }, { forward: a }", NUMBERS, 10,
			 false);
	finds_duplicates("{ dedup: { window: 60s } }, { forward: a }", NUMBERS, 60 * NS, false);
}

/* Where lines are full packets lie beside them, and where sets are, some are forgotten; whatever is live at a time. */
static void
full_sets_forget_few(void **state)
{
	for (unsigned count = 500; count <= NUMBERS_MAX; count += 100) {
		finds_duplicates("{ dedup: { window: 1ms, entries: 1000 } }, { forward: a }", count,
				 1000000, false);
		finds_duplicates("{ dedup: { window: 1s, entries: 1000 } }, { forward: a }", count,
				 NS, false);
	}
}

/* Of more packets than there is room for, the oldest are forgotten. */
static void
the_oldest_makes_room(void **state)
{
	unsigned passed;

	BEGIN(1, "", "{ dedup: { window: 1s, entries: 1000 } }, { forward: a }");
	for (unsigned i = 0; i < 6400; i += 32) {
		fill_numbers(32, i, NS + i);
		run();
		assert_int_equal(count_passed(), 32);
	}
	fill_numbers(32, 6400 - 32, NS + 10000);
	run();
	assert_int_equal(count_passed(), 0);
	passed = 0;
	for (unsigned i = 0; i < 3200; i += 32) {
		fill_numbers(32, i, NS + 20000);
		run();
		passed += count_passed();
	}
	assert_true(passed > 3100);
	assert_int_equal(told("dedups", "r0", "looked_at"), 6400 + 32 + 3200);
	assert_true(told("dedups", "r0", "overwritten") > 6000);
	end();
}

static void
dedups_outlive_their_program(void **state)
{
	BEGIN(1, "", "{ dedup: { window: 1s } }, { forward: a }");
	fill_numbers(32, 0, NS);
	run();
	assert_int_equal(count_passed(), 32);
	APPLY(1, "", "{ dedup: { window: 2s } }, { forward: b }");
	fill_numbers(32, 16, 2 * NS + NS / 2);
	run();
	assert_int_equal(count_passed(), 16);
	APPLY(1, "", "{ dedup: { window: 1s } }, { forward: b }");
	fill_numbers(32, 16, 3 * NS);
	run();
	assert_int_equal(count_passed(), 16);
	APPLY(1, "", "{ dedup: { window: 1s, ignoring: [ttl] } }, { forward: b }");
	fill_numbers(32, 16, 3 * NS);
	run();
	assert_int_equal(count_passed(), 32);
	APPLY(1, "", "{ dedup: { window: 1s, ignoring: [ttl], entries: 2000 } }, { forward: b }");
	run();
	assert_int_equal(count_passed(), 32);
	end();
}

struct racer {
	unsigned worker;
	atomic_uint *rounds; /* how many both may begin */
	uint8_t passed[RACES];
};

/* Both workers get the same packets as nearly at once as may be, and in opposite orders, so that they meet at one of them. */
static void *
race(void *arg)
{
	struct racer *racer = arg;
	struct rte_mbuf packets[BURST_MAX];
	uint8_t frames[BURST_MAX][FRAME];
	cpu_set_t cores;

	/* The EAL keeps all threads on its own core. Where there is no other they take turns. */
	CPU_ZERO(&cores);
	CPU_SET(racer->worker, &cores);
	sched_setaffinity(0, sizeof(cores), &cores);
	for (unsigned at = 0; at < RACES; at += BURST_MAX) {
		struct burst mine = {.count = BURST_MAX, .uniform = true, .timed = true};
		static struct tally_acted counts[2];
		static uint64_t stops[2][CONFIG_STEP_GATES + 1];

		mine.worker = racer->worker;
		mine.acted = &counts[racer->worker];
		mine.steps = stops[racer->worker];
		mine.tally = &tally;
		mine.in = &tally.ports[racer->worker];
		for (unsigned i = 0; i < BURST_MAX; i++) {
			number(&mine, &packets[i], frames[i], i,
			       at + (racer->worker ? BURST_MAX - 1 - i : i));
			mine.times[i] = NS + at;
		}
		atomic_fetch_add(racer->rounds, 1);
		for (unsigned i = 1; atomic_load(racer->rounds) < at / BURST_MAX * 2 + 2; i++) {
			if (i % 4096 == 0)
				sched_yield();
		}
		gate_stage.run(plan, locals[racer->worker], &mine);
		for (unsigned i = 0; i < BURST_MAX; i++)
			racer->passed[at + (racer->worker ? BURST_MAX - 1 - i : i)] =
				!burst_stopped(&mine, i);
	}
	return NULL;
}

static void
of_two_at_once_one_passes(void **state)
{
	static struct racer racers[WORKERS];
	atomic_uint rounds = 0;
	pthread_t threads[WORKERS];

	BEGIN(2, "", "{ dedup: { window: 1s, across: ports } }, { forward: a }");
	for (unsigned i = 0; i < WORKERS; i++) {
		racers[i] = (struct racer){.worker = i, .rounds = &rounds};
		assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
	}
	for (unsigned i = 0; i < WORKERS; i++)
		pthread_join(threads[i], NULL);
	for (unsigned i = 0; i < RACES; i++)
		assert_int_equal(racers[0].passed[i] + racers[1].passed[i], 1);
	end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dedups_exactly),
		cmocka_unit_test(full_sets_forget_few),
		cmocka_unit_test(the_oldest_makes_room),
		cmocka_unit_test(dedups_outlive_their_program),
		cmocka_unit_test(of_two_at_once_one_passes),
	};

	test_eal_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
