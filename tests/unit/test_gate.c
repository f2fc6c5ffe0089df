/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The gate stage over bursts whose verdicts, times and hashes are set by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>
#include <sched.h>
#include <stdatomic.h>

#include "config_kit.h"
#include "eal.h"
#include "fake_mbuf.h"
#include "gate/gate.h"

#include "core/banned.h"

#define NS UINT64_C(1000000000)
#define WORKERS 2
#define RULES 8

static struct config *config;
static void *plan;
static void *locals[WORKERS];
static struct rte_mbuf mbufs[BURST_MAX];
static struct tally_acted acted[RULES];
static uint64_t steps[RULES * (CONFIG_STEP_GATES + CONFIG_GATES_MAX)];
static struct burst_pass passes[64];
static struct burst burst;
static struct tally tally;

/* Rules without keys, r0 and so on, with these lists; policers stand before them. */
static struct config *
config_with(const char *policers, const char *const *lists)
{
	char text[4096];
	int at = snprintf(text, sizeof(text), CONFIG_HEAD "policers: { %s }\nrules:\n", policers);

	for (unsigned i = 0; lists[i]; i++)
		at += snprintf(text + at, sizeof(text) - at, "  - { name: r%u, actions: [ %s ] }\n",
			       i, lists[i]);
	return config_of(text);
}

static void *
compile(struct config *with, const void *before, unsigned workers)
{
	struct stage_env env = {.config = with, .before = before, .workers = workers, .numa = -1};
	struct error_list errors;
	void *state = NULL;

	error_list_init(&errors, NULL);
	assert_int_equal(gate_stage.compile(&env, &state, &errors), 0);
	error_list_clear(&errors);
	return state;
}

static void
make_locals(void)
{
	for (unsigned i = 0; i < WORKERS; i++)
		locals[i] = rte_zmalloc(NULL, gate_stage.local_size(plan) + 64, 64);
}

static void
free_locals(void)
{
	for (unsigned i = 0; i < WORKERS; i++)
		rte_free(locals[i]);
}

static void
begin(const char *policers, const char *const *lists, unsigned workers)
{
	config = config_with(policers, lists);
	assert_non_null(config);
	plan = compile(config, NULL, workers);
	assert_non_null(plan);
	make_locals();
	memset(acted, 0, sizeof(acted));
}

static void
end(void)
{
	free_locals();
	gate_stage.release(plan);
	config_free(config);
}

/* Another config in the place of the first. */
static void
apply(const char *policers, const char *const *lists, unsigned workers)
{
	struct config *next = config_with(policers, lists);
	void *after;

	assert_non_null(next);
	after = compile(next, plan, workers);
	end();
	config = next;
	plan = after;
	make_locals();
}

#define BEGIN(workers, policers, ...) begin(policers, (const char *[]){__VA_ARGS__, NULL}, workers)
#define APPLY(workers, policers, ...) apply(policers, (const char *[]){__VA_ARGS__, NULL}, workers)

/* Packets of 100 bytes at one time, of flows that are their numbers, all decided by rule 0. */
static void
fill(unsigned count, uint64_t time)
{
	burst = (struct burst){.count = count, .uniform = true, .timed = true, .hashed = true};
	burst.acted = acted;
	burst.steps = steps;
	burst.passed = passes;
	for (unsigned i = 0; i < count; i++) {
		mbufs[i] = (struct rte_mbuf){.pkt_len = 100, .data_len = 100};
		burst.packets[i] = &mbufs[i];
		burst.times[i] = time;
		burst.stopped[i] = 0xdeadbeef;
	}
}

static void
run_as(unsigned worker)
{
	burst.worker = worker;
	gate_stage.run(plan, locals[worker], &burst);
}

static void
run(void)
{
	run_as(0);
}

static void
pass_on(unsigned packet, unsigned rule)
{
	passes[burst.passed_count++] = (struct burst_pass){packet, rule, 0xdeadbeef};
}

static unsigned
count_passed(void)
{
	unsigned passed = 0;

	for (unsigned i = 0; i < burst.count; i++)
		passed += !burst.gated || burst.stopped[i] == 0;
	return passed;
}

/* A number that is told of a policer or a dedup. */
static uint64_t
told(const char *section_name, const char *thing, const char *count)
{
	const struct stage_section *section = gate_stage.sections;
	const struct counter *row;
	char numbers[4096] = {0};
	unsigned at = 0;
	uint64_t number;

	while (strcmp(section->name, section_name) != 0)
		section++;
	while (at < section->count(plan) && strcmp(section->thing(plan, at), thing) != 0)
		at++;
	assert_true(at < section->count(plan) && section->size <= sizeof(numbers));
	section->look(plan, at, numbers);
	row = section->counts;
	while (strcmp(row->name, count) != 0)
		row++;
	memcpy(&number, numbers + row->offset, sizeof(number));
	return number;
}

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
	assert_false(burst.gated);
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
			assert_int_equal(burst.gated && burst.stopped[i], seen % 3 != 0);
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
			assert_int_equal(burst.gated && burst.stopped[i],
					 burst.hashes[i] >= UINT32_C(1) << 30);
		chosen += count_passed();
	}
	assert_in_range(chosen, 700, 900);
	end();
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
			assert_int_equal(burst.gated && burst.stopped[i], takes > held);
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
				passed[worker] +=
					burst.gated && burst.stopped[i] ? 0 : mbufs[i].pkt_len;
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

#define FRAME 64

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

#define NUMBERS 300
#define PORTS 3

/* By the manual's words: when each passed, by port; 0: never. */
static void
finds_duplicates(const char *list, uint64_t window, bool across_ports)
{
	static uint64_t last[NUMBERS][PORTS];
	uint64_t now = 1700000000 * NS, found = 0;

	BEGIN(1, "", list);
	memset(last, 0, sizeof(last));
	for (unsigned round = 0; round < 5000; round++) {
		unsigned port = rand() % PORTS, numbers[BURST_MAX];
		static uint8_t frames[BURST_MAX][FRAME];

		fill_numbers(1 + rand() % BURST_MAX, 0, 0);
		burst.in = &tally.ports[port];
		for (unsigned i = 0; i < burst.count; i++) {
			numbers[i] = rand() % NUMBERS;
			number(&burst, &mbufs[i], frames[i], i, numbers[i]);
			/* Often by just a window. */
			now += rand() % 100 ? 0 : rand() % 5 * (window / 4);
			now += rand() % 200 ? 0 : window % 4;
			burst.times[i] = now;
		}
		run();
		for (unsigned i = 0; i < burst.count; i++) {
			bool duplicate = false;

			for (unsigned p = 0; p < PORTS; p++)
				duplicate |= last[numbers[i]][p] &&
					     burst.times[i] - last[numbers[i]][p] < window &&
					     !(across_ports && p == port);
			assert_int_equal(burst.gated && burst.stopped[i], duplicate);
			if (!duplicate)
				last[numbers[i]][port] = burst.times[i];
			found += duplicate;
		}
	}
	assert_int_equal(acted[0].duplicate, found);
	assert_true(found > 10000);
	assert_int_equal(told("dedups", "r0", "duplicates"), found);
	assert_int_equal(told("dedups", "r0", "overwritten"), 0);
	assert_int_equal(told("dedups", "r0", "same_port") + told("dedups", "r0", "cross_port"),
			 found);
	assert_int_equal(told("dedups", "r0", "same_port") == 0, across_ports);
	end();
}

static void
dedups_exactly(void **state)
{
	finds_duplicates("{ dedup: { window: 1ms } }, { forward: a }", 1000000, false);
	finds_duplicates("{ dedup: { window: 1ms, across: ports } }, { forward: a }", 1000000,
			 true);
	finds_duplicates("{ dedup: { window: 10ns, entries: 1000 } }, { forward: a }", 10, false);
	finds_duplicates("{ dedup: { window: 60s } }, { forward: a }", 60 * NS, false);
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

#define RACES (BURST_MAX * 10000)

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
				!(mine.gated && mine.stopped[i]);
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
		cmocka_unit_test(no_gates_no_step),
		cmocka_unit_test(passing_all_stops_nothing),
		cmocka_unit_test(samples_by_count),
		cmocka_unit_test(samples_whole_flows),
		cmocka_unit_test(polices_exactly),
		cmocka_unit_test(above_is_what_police_refuses),
		cmocka_unit_test(gates_stop_what_is_behind_them),
		cmocka_unit_test(rules_share_a_policer),
		cmocka_unit_test(rules_of_one_burst),
		cmocka_unit_test(workers_share_a_rate),
		cmocka_unit_test(meters_outlive_their_program),
		cmocka_unit_test(dedups_exactly),
		cmocka_unit_test(the_oldest_makes_room),
		cmocka_unit_test(dedups_outlive_their_program),
		cmocka_unit_test(of_two_at_once_one_passes),
	};

	test_eal_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
