/* SPDX-License-Identifier: BSD-3-Clause */
/* What gates stop, and samples. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gate_kit.h"

#include "core/banned.h"

static void
no_gates_no_step(void **state)
{
	struct config *without = config_of(CONFIG_HEAD "default: { forward: a }\n");

	assert_null(compile(without, NULL, 1));
	config_free(without);
}

static void
passing_all_stops_nothing(void **state)
{
	BEGIN(1, "", "{ sample: 1 }, { police: 1Gbps }, { forward: a }");
	fill(32, NS);
	run();
	assert_int_equal(burst.gated, BURST_ALL_PASS);
	assert_int_equal(acted[0].policed + acted[0].sampled_out, 0);
	end();
}

/* The first and each third behind it, over bursts of any size. */
static void
samples_by_count(void **state)
{
	unsigned seen = 0;

	BEGIN(1, "", "{ sample: 3 }, { forward: a }");
	for (unsigned round = 0; round < 500; round++) {
		fill(1 + rand() % BURST_MAX, NS);
		run();
		for (unsigned i = 0; i < burst.count; i++, seen++)
			assert_int_equal(burst_stopped(&burst, i), seen % 3 != 0);
	}
	assert_int_equal(acted[0].sampled_out, seen - (seen + 2) / 3);
	end();
}

static void
samples_whole_flows(void **state)
{
	unsigned chosen = 0;

	BEGIN(1, "", "{ sample: { one-in: 4, by: flow } }, { forward: a }");
	for (unsigned round = 0; round < 100; round++) {
		fill(BURST_MAX, NS);
		for (unsigned i = 0; i < BURST_MAX; i++)
			burst.hashes[i] = (round * BURST_MAX + i) / 2 * 0x9e3779b1u;
		run();
		for (unsigned i = 0; i < BURST_MAX; i++)
			assert_int_equal(burst_stopped(&burst, i),
					 burst.hashes[i] >= UINT32_C(1) << 30);
		chosen += count_passed();
	}
	assert_in_range(chosen, 700, 900);
	end();
}

/* A gate in `with` keeps the packet from that mirror alone; one on the trunk from all behind it. Numbers are by place. */
static void
gates_stop_what_is_behind_them(void **state)
{
	BEGIN(1, "",
	      "{ mirror: a, with: [ { sample: 2 }, { sample: 2 } ] }, { sample: 3 }, "
	      "{ mirror: b, with: [ { police: 1pps } ] }, { police: 1pps }, { forward: a }");
	fill(32, NS);
	run();
	/* By packet: sample 2 passes even ones, the second of those each other; sample 3 each third; of these the bucket of
	 * the mirror has 16, as has the trunk's. */
	for (unsigned i = 0; i < 32; i++) {
		uint32_t stopped = i % 2 ? 1 : i % 4 ? 2 : 0;

		stopped |= i % 3 ? 4 : 0;
		assert_int_equal(burst.stopped[i], stopped);
	}
	assert_int_equal(acted[0].sampled_out, 32 - 3);
	assert_int_equal(acted[0].policed, 0);
	fill(32, NS);
	run();
	for (unsigned i = 0; i < 32; i++) {
		uint32_t third = (i + 32) % 3 == 0, number = 11 + (i + 1) / 3;

		assert_int_equal(burst.stopped[i] >> 2, !third ? 1 : number < 16 ? 0 : 2 + 4);
	}
	end();
}

/* What all gates before have done to all packets alike holds behind one that tells them apart, and on the way there. */
static void
gates_stop_all_alike(void **state)
{
	BEGIN(1, "",
	      "{ mirror: a, with: [ { sample: 1000 } ] }, { mirror: a, with: [ { sample: 500 } ] "
	      "}, "
	      "{ mirror: b, with: [ { sample: 3 } ] }, { sample: 1000 }, { forward: a }");
	for (unsigned seen = 0; seen < 3000; seen += burst.count) {
		fill(16, NS);
		run();
		for (unsigned i = 0; i < 16; i++) {
			uint32_t third = (seen + i) % 3 ? 4 : 0, rest = (seen + i) % 1000 ? 8 : 0;

			rest |= ((seen + i) % 1000 ? 1 : 0) | ((seen + i) % 500 ? 2 : 0);
			assert_int_equal(burst_stopped(&burst, i), third | rest);
		}
	}
	assert_int_equal(acted[0].sampled_out, 3008 - 2);
	end();
	BEGIN(1, "",
	      "{ mirror: a, with: [ { sample: 1000 }, { sample: 2 } ] }, { sample: 1000 }, "
	      "{ forward: a }");
	fill(32, NS);
	run();
	assert_int_equal(burst.gated, BURST_EACH);
	fill(32, NS);
	run();
	assert_int_equal(burst.gated, BURST_ALIKE);
	assert_int_equal(burst_stopped(&burst, 31), 1 | 4);
	end();
}

static void
rules_of_one_burst(void **state)
{
	BEGIN(1, "", "{ forward: a }", "{ sample: 2 }, { forward: b }",
	      "{ police: 1pps }, { forward: a }");
	fill(32, NS);
	burst.uniform = false;
	for (unsigned i = 0; i < 32; i++)
		burst.verdicts[i] = i % 3;
	run();
	for (unsigned i = 0; i < 32; i++)
		assert_int_equal(burst.stopped[i], i % 3 == 1 && i / 3 % 2);
	end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_gates_no_step),
		cmocka_unit_test(passing_all_stops_nothing),
		cmocka_unit_test(samples_by_count),
		cmocka_unit_test(samples_whole_flows),
		cmocka_unit_test(gates_stop_what_is_behind_them),
		cmocka_unit_test(gates_stop_all_alike),
		cmocka_unit_test(rules_of_one_burst),
	};

	test_eal_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
