/* SPDX-License-Identifier: BSD-3-Clause */
/* What a worker counts is known as it was between two bursts, whenever it is asked for and however late it answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/collect.h"

#include "core/banned.h"

#define RULES 1000
#define WORKERS 2
#define ROUNDS 2000
#define BURST 32

static struct worker workers_[WORKERS];
static struct replay_lane lanes[WORKERS];
static struct worker_shared shared;
static struct worker_sources sources[WORKERS];
static struct worker *const workers[WORKERS] = {&workers_[0], &workers_[1]};
static struct config config;
static struct config_rule rules_[RULES];
static struct config_action police = {.verb = CONFIG_POLICE};
static struct program *_Atomic program;
static _Atomic bool stop, hold, held;

static struct program *
make_program(void)
{
	struct program *made = calloc(1, sizeof(*made));

	made->config = &config;
	made->worker_count = WORKERS;
	made->totals.rules = calloc(RULES + 1, sizeof(*made->totals.rules));
	made->totals.acted = calloc(RULES + 1, sizeof(*made->totals.acted));
	for (unsigned i = 0; i < WORKERS; i++) {
		for (unsigned turn = 0; turn < 2; turn++) {
			made->locals[i].rules[turn] =
				calloc(RULES + 1, sizeof(*made->locals[i].rules[turn]));
			made->locals[i].acted[turn] =
				calloc(RULES + 1, sizeof(*made->locals[i].acted[turn]));
		}
	}
	return made;
}

static void
free_program(struct program *made)
{
	for (unsigned i = 0; i < WORKERS; i++) {
		for (unsigned turn = 0; turn < 2; turn++) {
			free(made->locals[i].rules[turn]);
			free(made->locals[i].acted[turn]);
		}
	}
	free(made->totals.rules);
	free(made->totals.acted);
	free(made->heirs);
	free(made);
}

static int
set_up(void **state)
{
	memset(workers_, 0, sizeof(workers_));
	memset(lanes, 0, sizeof(lanes));
	config = (struct config){.rules = rules_, .rule_count = RULES};
	for (unsigned i = 0; i < RULES; i++)
		rules_[i].actions = (struct config_actions){&police, 1};
	program = make_program();
	stop = hold = held = false;
	for (unsigned i = 0; i < WORKERS; i++) {
		workers_[i].index = i;
		workers_[i].shared = &shared;
		sources[i] = (struct worker_sources){.lane_count = 1, .lanes = {&lanes[i]}};
		atomic_store(&workers_[i].sources, &sources[i]);
		worker_reset(&workers_[i]);
	}
	return 0;
}

static int
tear_down(void **state)
{
	free_program(program);
	return 0;
}

/* A burst of a worker that does nothing but count: half is forwarded, half dropped, and all is of one rule. */
static void
count_burst(struct worker *worker, const struct program_local *local, unsigned round)
{
	struct tally_rule *rules = local->rules[worker->burst.turn];
	struct tally_acted *acted = local->acted[worker->burst.turn];
	struct burst *burst = &worker->burst;
	struct tally_port *port = &burst->tally->ports[0];
	struct replay_lane *lane = worker_sources(worker)->lanes[0];
	unsigned rule = round % (RULES + 1);

	tally_count(&port->rx_packets, BURST);
	tally_count(&port->rx_bytes, (uint64_t)BURST * 64);
	if (worker->index == 0 && atomic_load(&hold)) {
		atomic_store(&held, true);
		while (atomic_load(&hold))
			nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	}
	burst->tally->packets += BURST;
	rules[rule].packets += BURST;
	rules[rule].bytes += (uint64_t)BURST * 64;
	/* The default has no gates. */
	acted[rule].policed += rule < RULES ? BURST / 2 : 0;
	port->out += BURST / 2;
	port->drops[DROP_RULE] += BURST / 2;
	burst->tally->ports[1].tx_packets += BURST / 2;
	lane->tally.sent += BURST;
	histogram_add(&lane->errors, round);
}

static void *
run(void *arg)
{
	struct worker *worker = arg;

	for (unsigned round = 0; !atomic_load_explicit(&stop, memory_order_relaxed); round++) {
		count_burst(worker, &program->locals[worker->index], round);
		if (worker_asked(worker))
			worker_change_over(worker, round + 1);
	}
	return NULL;
}

static uint64_t
rules_packets(void)
{
	struct program_totals totals = {.rules = calloc(RULES + 1, sizeof(*totals.rules)),
					.acted = calloc(RULES + 1, sizeof(*totals.acted))};
	uint64_t sum = 0;

	assert_true(totals.rules && totals.acted);
	program_add_totals(program, &totals);
	for (unsigned i = 0; i <= RULES; i++) {
		sum += totals.rules[i].packets;
		assert_int_equal(totals.rules[i].bytes, totals.rules[i].packets * 64);
		assert_int_equal(totals.acted[i].policed,
				 i < RULES ? totals.rules[i].packets / 2 : 0);
	}
	assert_int_equal(totals.retired.packets + totals.retired_passed.packets, 0);
	free(totals.rules);
	free(totals.acted);
	return sum;
}

/* Every number that counts the same packets says the same. Returns how many. */
static uint64_t
assert_agrees(void)
{
	uint64_t packets = 0, rx = 0;

	for (unsigned i = 0; i < WORKERS; i++) {
		const struct tally *known = &workers_[i].known.tally;

		assert_int_equal(known->ports[0].rx_packets, known->packets);
		assert_int_equal(known->ports[0].out * 2, known->packets);
		assert_int_equal(known->ports[0].drops[DROP_RULE], known->ports[0].out);
		assert_int_equal(known->ports[1].tx_packets, known->ports[0].out);
		assert_int_equal(lanes[i].known.sent, known->packets);
		packets += known->packets;
		rx += known->ports[0].rx_packets;
	}
	assert_int_equal(rules_packets(), packets);
	return rx;
}

static void
start(pthread_t threads[WORKERS])
{
	for (unsigned i = 0; i < WORKERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, run, &workers_[i]), 0);
}

static void
end(pthread_t threads[WORKERS])
{
	atomic_store(&stop, true);
	for (unsigned i = 0; i < WORKERS; i++)
		pthread_join(threads[i], NULL);
}

static void
what_is_known_is_whole(void **state)
{
	static struct histogram errors;
	pthread_t threads[WORKERS];
	uint64_t last = 0, now;

	start(threads);
	for (unsigned i = 0; i < ROUNDS; i++) {
		collect(workers, WORKERS, program);
		now = assert_agrees();
		assert_true(now >= last);
		last = now;
		/* What is looked at on the side may be further on, never behind. */
		assert_true(
			collect_look(&workers_[0], offsetof(struct tally, ports[0].rx_packets)) >=
			workers_[0].known.tally.ports[0].rx_packets);
		memset(&errors, 0, sizeof(errors));
		histogram_merge(&errors, &lanes[0].errors);
	}
	end(threads);
	collect_stopped(workers, WORKERS, program);
	now = assert_agrees();
	assert_true(now >= last && now > 0);
	for (unsigned i = 0; i < WORKERS; i++) {
		assert_false(workers_[i].known.late);
		assert_int_equal(lanes[i].known.sent, lanes[i].tally.sent);
	}
}

static void
one_that_owes_is_shown_as_it_was(void **state)
{
	const size_t rx = offsetof(struct tally, ports[0].rx_packets);
	pthread_t threads[WORKERS];
	uint64_t before, moved;

	start(threads);
	collect(workers, WORKERS, program);
	atomic_store(&hold, true);
	while (!atomic_load(&held))
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	/* It is asked in the middle of a burst, and again, and neither waits for it twice nor takes what it has half counted. */
	collect(workers, WORKERS, program);
	assert_true(workers_[0].known.late);
	before = workers_[0].known.tally.packets;
	for (unsigned i = 0; i < 10; i++) {
		collect(workers, WORKERS, program);
		assert_agrees();
		assert_true(workers_[0].known.late);
		assert_int_equal(workers_[0].known.tally.packets, before);
		moved = collect_look(&workers_[0], rx) - before;
		assert_true(moved >= BURST);
	}
	atomic_store(&hold, false);
	while (workers_[0].known.late) {
		collect(workers, WORKERS, program);
		assert_agrees();
	}
	assert_true(workers_[0].known.tally.packets >= before + moved);
	end(threads);
	collect_stopped(workers, WORKERS, program);
	assert_agrees();
}

/* Two names for all rules, so that each program's have heirs in the next. */
static void
name_rules(void)
{
	for (unsigned i = 0; i < RULES; i++)
		rules_[i].name = (char *)(uintptr_t)(i % 2 ? "odd" : "even");
}

static struct program *
follow(struct program *before)
{
	struct program *made = make_program();

	assert_int_equal(program_follow(made, before), 0);
	return made;
}

static void
one_that_stays_in_the_program_before_is_shown(void **state)
{
	struct program *old = program;
	pthread_t threads[WORKERS];

	name_rules();
	start(threads);
	collect(workers, WORKERS, program);
	atomic_store(&hold, true);
	while (!atomic_load(&held))
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	collect(workers, WORKERS, program);
	assert_true(workers_[0].known.late && workers_[0].known.tally.packets > 0);
	program = follow(old);
	for (unsigned i = 0; i < 10; i++) {
		collect(workers, WORKERS, program);
		assert_agrees();
	}
	atomic_store(&hold, false);
	do {
		collect(workers, WORKERS, program);
		assert_agrees();
	} while (workers_[0].known.late);
	end(threads);
	collect_stopped(workers, WORKERS, program);
	assert_agrees();
	program_carry(program);
	assert_agrees();
	free_program(old);
}

static void
rules_of_a_program_that_goes_are_carried(void **state)
{
	struct program *old = program;
	pthread_t threads[WORKERS];
	uint64_t sum;

	name_rules();
	start(threads);
	for (unsigned i = 0; i < 100; i++)
		collect(workers, WORKERS, program);
	end(threads);
	/* The workers have answered no more: what they counted last is in the old program's sets. */
	program = follow(old);
	program_carry(program);
	free_program(old);
	collect_stopped(workers, WORKERS, program);
	sum = rules_packets();
	assert_int_equal(sum, workers_[0].known.tally.packets + workers_[1].known.tally.packets);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_known_is_whole, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_that_owes_is_shown_as_it_was, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(one_that_stays_in_the_program_before_is_shown,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(rules_of_a_program_that_goes_are_carried, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
