/* SPDX-License-Identifier: BSD-3-Clause */
/* What gates would say of a packet is what they then say, and saying it changes nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_mbuf.h"
#include "gate/look.h"
#include "gate_kit.h"

#include "core/banned.h"

#define FRAME 64
#define LOOKS 16
#define ROUNDS 20000

static struct tally tally;
static uint8_t frame[FRAME];

/* A burst of one packet of a number, which rule 0 passed on if there are two, and the last decided. */
static void
begin_one(unsigned rules, uint64_t time, uint32_t number)
{
	fill(1, time);
	memset(frame, 2, FRAME);
	frame[12] = 0x88;
	frame[13] = 0xb5;
	memcpy(frame + 20, &number, sizeof(number));
	fake_mbuf(&mbufs[0], frame, FRAME);
	burst.tally = &tally;
	burst.in = &tally.ports[rand() % 2];
	burst.hashes[0] = number * 0x9e3779b1u;
	burst.verdicts[0] = rules - 1;
	burst.passed_count = rules - 1;
	passes[0] = (struct burst_pass){.packet = 0, .rule = 0};
}

static void
look(unsigned worker, uint32_t stopped[2], struct gate_look *looks, unsigned *count)
{
	burst.worker = worker;
	*count = gate_look(plan, locals[worker], &burst, looks, LOOKS);
	assert_true(*count <= LOOKS);
	stopped[0] = burst_stopped(&burst, 0);
	stopped[1] = burst.passed_count ? passes[0].stopped : 0;
	burst.gated = BURST_ALL_PASS;
}

/* Each packet is looked at twice and then asked: all three say the same. */
static void
says_what_follows(const char *policers, const char *const *lists, unsigned rules, unsigned workers,
		  unsigned numbers, uint64_t step)
{
	uint64_t now = 1700000000 * NS;
	unsigned stopped_some = 0;

	begin(policers, lists, workers);
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct gate_look first[LOOKS], second[LOOKS];
		uint32_t before[2], again[2];
		unsigned worker = rand() % workers, count, counted;

		now += rand() % 3 ? 0 : rand() % step;
		begin_one(rules, now, rand() % numbers);
		look(worker, before, first, &count);
		look(worker, again, second, &counted);
		assert_int_equal(count, counted);
		assert_memory_equal(before, again, sizeof(before));
		for (unsigned i = 0; i < count; i++)
			assert_memory_equal(&first[i], &second[i], sizeof(first[i]));
		run_as(worker);
		assert_int_equal(burst_stopped(&burst, 0), before[0]);
		assert_int_equal(rules > 1 ? burst_pass_stopped(&burst, &passes[0]) : 0, before[1]);
		stopped_some += before[0] != 0;
	}
	assert_in_range(stopped_some, ROUNDS / 100, ROUNDS - ROUNDS / 100);
	end();
}

#define SAYS(workers, numbers, step, rules, policers, ...)                                        \
	says_what_follows(policers, (const char *[]){__VA_ARGS__, NULL}, rules, workers, numbers, \
			  step)

static void
of_rates(void **state)
{
	SAYS(1, 8, 30000, 1, "", "{ police: 100kpps }, { forward: a }");
	SAYS(1, 8, 30000, 1, "", "{ above: 40Mbps }, { forward: a }");
	/* What one gate takes another lacks. */
	SAYS(1, 8, 30000, 2, "slow: { rate: 100kpps, burst: 3 }", "{ police: slow }, { mirror: a }",
	     "{ police: slow }, { forward: b }");
}

/* A worker has what it has drawn, and what the pot has. */
static void
of_rates_of_several_workers(void **state)
{
	SAYS(2, 8, 30000, 1, "", "{ police: 100kpps }, { forward: a }");
}

static void
of_samples(void **state)
{
	SAYS(1, 64, 1000, 1, "", "{ sample: 3 }, { forward: a }");
	SAYS(2, 64, 1000, 1, "", "{ sample: { one-in: 4, by: flow } }, { forward: a }");
}

static void
of_dedups(void **state)
{
	SAYS(1, 50, 100000, 1, "", "{ dedup: { window: 1ms } }, { forward: a }");
	SAYS(2, 50, 100000, 1, "", "{ dedup: { window: 1ms, across: ports } }, { forward: a }");
	/* Lines are full for a while, and packets lie beside them. */
	SAYS(1, 2000, 8000, 1, "", "{ dedup: { window: 1ms, entries: 1000 } }, { forward: a }");
	SAYS(1, 5000, 10, 1, "", "{ dedup: { window: 60s, entries: 1000 } }, { forward: a }");
}

/* One that is not asked says nothing, and keeps what it has. */
static void
of_lists(void **state)
{
	SAYS(1, 20, 50000, 2, "",
	     "{ sample: 2 }, { mirror: a, with: [ { police: 10kpps }, { slice: 20 } ] }, { mirror: "
	     "b }",
	     "{ dedup: { window: 100us } }, { police: 50kpps }, { sample: 2 }, { forward: b }");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_rates),   cmocka_unit_test(of_rates_of_several_workers),
		cmocka_unit_test(of_samples), cmocka_unit_test(of_dedups),
		cmocka_unit_test(of_lists),
	};

	test_eal_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
