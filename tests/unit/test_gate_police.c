/* SPDX-License-Identifier: BSD-3-Clause */
/* Rates: what policers pass, whoever shares them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gate_kit.h"

#include "core/banned.h"

static void
pass_on(unsigned packet, unsigned rule)
{
	passes[burst.passed_count++] = (struct burst_pass){packet, rule, 0xdeadbeef};
}

/* In whole units of 1/10^9 of a bit or packet, one packet after the other. */
static void
meters_exactly(const char *list, uint64_t rate, uint64_t burst_size, bool packets)
{
	unsigned __int128 most = (unsigned __int128)burst_size * (packets ? 1 : 8) * NS,
			  held = most;
	uint64_t now = 1700000000 * NS, last = 0, refused = 0;
	/* A bit less than a packet takes on average. */
	uint64_t gap = (packets ? 1 : 6500) * NS * 4 / 5 / rate;

	BEGIN(1, "slow: { rate: 12345bps, burst: 10KiB }, fast: { rate: 10000Gbps, burst: 20KiB }",
	      list);
	for (unsigned round = 0; round < 3000; round++) {
		fill(1 + rand() % BURST_MAX, 0);
		for (unsigned i = 0; i < burst.count; i++) {
			now += rand() % 500 ? rand() % (gap * 2 + 2) : 50 * gap;
			/* Times of captures may go backwards. */
			burst.times[i] = rand() % 16 ? now : now - rand() % 5000;
			mbufs[i].pkt_len = 14 + rand() % 1600;
		}
		run();
		for (unsigned i = 0; i < burst.count; i++) {
			unsigned __int128 takes =
				(unsigned __int128)(packets ? 1 : mbufs[i].pkt_len * 8) * NS;
			uint64_t time = burst.times[i];

			if (time > last) {
				held += (unsigned __int128)rate * (time - last);
				held = held > most ? most : held;
				last = time;
			}
			assert_int_equal(burst_stopped(&burst, i), takes > held);
			refused += takes > held;
			held -= takes > held ? 0 : takes;
		}
	}
	assert_int_equal(acted[0].policed, refused);
	assert_true(refused > 100);
	end();
}

static void
polices_exactly(void **state)
{
	meters_exactly("{ police: 1Mbps }, { forward: a }", 1000000, 16384, false);
	meters_exactly("{ police: 1234567kbps }, { forward: a }", 1234567000, 1543208, false);
	meters_exactly("{ police: 77kpps }, { forward: a }", 77000, 770, true);
	meters_exactly("{ police: slow }, { forward: a }", 12345, 10240, false);
	meters_exactly("{ police: fast }, { forward: a }", 10000 * NS, 20480, false);
}

static void
above_is_what_police_refuses(void **state)
{
	BEGIN(1, "", "{ above: 10pps }, { mirror: a }, { forward: b }");
	fill(20, NS);
	run();
	/* A bucket of 16. */
	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(burst.stopped[i], i < 16);
	assert_int_equal(acted[0].policed, 16);
	end();
}

/* Packet by packet, the rules that passed it on before the one that decides: the first to ask is the first to get. */
static void
rules_share_a_policer(void **state)
{
	BEGIN(1, "few: { rate: 1pps, burst: 5 }", "{ police: few }, { mirror: a }",
	      "{ sample: 2 }, { mirror: b }", "{ police: few }, { forward: a }");
	fill(4, NS);
	burst.verdicts[0] = 2;
	for (unsigned i = 0; i < 4; i++) {
		pass_on(i, 0);
		if (i != 1)
			pass_on(i, 1);
	}
	run();
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(burst.stopped[i], i * 2 + 1 >= 5);
	/* Rule 0 of packets 0 to 3; rule 1 of 0, 2 and 3. */
	static const uint32_t stops[] = {0, 0, 0, 0, 1, 1, 0};
	for (unsigned i = 0; i < burst.passed_count; i++)
		assert_int_equal(passes[i].stopped, stops[i]);
	assert_int_equal(acted[0].policed, 1);
	assert_int_equal(acted[1].sampled_out, 1);
	assert_int_equal(acted[2].policed, 2);
	assert_int_equal(told("policers", "few", "passed"), 5);
	assert_int_equal(told("policers", "few", "over_bytes"), 300);
	end();
}

/* Two workers with any demand pass what the rate allows, to 1 %. */
static void
workers_share_a_rate(void **state)
{
	for (unsigned percent = 0; percent <= 50; percent += 10) {
		uint64_t passed[WORKERS] = {0}, sum, most;
		uint64_t start = 12345 * NS, now = start;

		BEGIN(2, "tools: { rate: 800Mbps, burst: 100KiB }",
		      "{ police: tools }, { forward: a }");
		for (unsigned round = 0; now < start + NS; round++, now += 10000) {
			unsigned worker = rand() % 100u < percent;

			fill(32, now + rand() % 500);
			for (unsigned i = 0; i < 32; i++)
				mbufs[i].pkt_len = 60 + rand() % 1400;
			run_as(worker);
			for (unsigned i = 0; i < 32; i++)
				passed[worker] += burst_stopped(&burst, i) ? 0 : mbufs[i].pkt_len;
		}
		sum = passed[0] + passed[1];
		most = 100000000 + 102400 + 100;
		assert_in_range(sum, most - most / 100, most);
		assert_int_equal(told("policers", "tools", "passed_bytes"), sum);
		end();
	}
}

static void
meters_outlive_their_program(void **state)
{
	BEGIN(1, "few: { rate: 1pps, burst: 10 }", "{ police: few }, { forward: a }",
	      "{ above: 1pps }, { forward: a }");
	fill(8, NS);
	run();
	assert_int_equal(count_passed(), 8);
	fill(16, NS);
	burst.verdicts[0] = 1;
	run();
	assert_int_equal(count_passed(), 0);

	/* Two packets are left, whatever the rate is now; the burst that was not used is no longer there. */
	APPLY(1, "few: { rate: 2pps, burst: 10 }", "{ police: few }, { forward: b }",
	      "{ above: 1pps }, { forward: a }");
	fill(8, NS);
	run();
	assert_int_equal(count_passed(), 2);
	fill(1, NS);
	burst.verdicts[0] = 1;
	run();
	assert_int_equal(count_passed(), 1);
	fill(8, 2 * NS);
	run();
	assert_int_equal(count_passed(), 2);

	assert_int_equal(told("policers", "few", "passed"), 8 + 2 + 2);
	assert_int_equal(told("policers", "few", "over"), 6 + 6);

	/* Of bits a bucket of packets knows nothing. */
	APPLY(1, "few: { rate: 8bps, burst: 1KiB }", "{ police: few }, { forward: b }");
	fill(16, 2 * NS);
	run();
	assert_int_equal(count_passed(), 10);
	end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(polices_exactly),
		cmocka_unit_test(above_is_what_police_refuses),
		cmocka_unit_test(rules_share_a_policer),
		cmocka_unit_test(workers_share_a_rate),
		cmocka_unit_test(meters_outlive_their_program),
	};

	test_eal_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
