/* SPDX-License-Identifier: BSD-3-Clause */
/* When a worker leaves its queues alone, and what it notes of the rounds behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <rte_cycles.h>

#include "engine/rehearsal.h"

#include "core/banned.h"

#define HOLD 20000
#define BURST 32

static const struct rehearsal_terms terms = {.hold = HOLD, .gap = 1000, .most = UINT64_C(1) << 60};
static const int program, another;

/* So many rounds with a full burst, behind a moment in which nothing was polled. */
static void
rehearse(struct rehearsal *rehearsal, unsigned rounds)
{
	uint64_t now = rte_rdtsc(), after;

	if (now < rehearsal->next)
		now = rehearsal->next;
	after = rehearsal_hold(rehearsal, true, now);
	assert_true(after >= now + HOLD);
	for (unsigned i = 0; i < rounds; i++) {
		/* It waits no more until they are over. */
		assert_int_equal(rehearsal_hold(rehearsal, true, after), after);
		rehearsal_note(rehearsal, 1, BURST);
	}
	rehearsal_note(rehearsal, 0, 3);
}

static void
test_enough_are_a_figure(void **state)
{
	struct rehearsal rehearsal = {.asked = 0};

	assert_false(rehearsal_goes_on(&rehearsal));
	assert_true(rehearsal_ask(&rehearsal, &terms, &program));
	assert_true(rehearsal_goes_on(&rehearsal));
	assert_false(rehearsal_ask(&rehearsal, &terms, &program));
	for (unsigned i = 0; i < REHEARSAL_SAMPLES; i++) {
		assert_int_equal(rehearsal.count, i);
		/* Of too few full bursts nothing is taken. */
		rehearse(&rehearsal, REHEARSAL_FIRST + REHEARSAL_ROUNDS - 1);
		assert_int_equal(rehearsal.count, i);
		rehearse(&rehearsal, REHEARSAL_FIRST + REHEARSAL_ROUNDS);
	}
	assert_true(rehearsal_cycles(&rehearsal, &program) == 0);
	assert_int_equal(rehearsal_hold(&rehearsal, true, 5), 5);
	assert_false(rehearsal_goes_on(&rehearsal));
	assert_int_equal(rehearsal.held, 2 * REHEARSAL_SAMPLES);
	assert_true(rehearsal_cycles(&rehearsal, &program) > 0);
	assert_true(rehearsal_cycles(&rehearsal, &another) == 0);

	/* A few in which it was interrupted change nothing. */
	for (unsigned i = 0; i < REHEARSAL_SAMPLES; i++)
		rehearsal.samples[i] = i % 3 == 0 ? 100000.0F : 70.0F;
	assert_true(rehearsal_cycles(&rehearsal, &program) == 70.0);
	rehearsal.count = REHEARSAL_SAMPLES_MIN - 1;
	assert_true(rehearsal_cycles(&rehearsal, &program) == 0);
	(void)state;
}

/* Packets that wait already are not left waiting, nor twice in a row. */
static void
test_it_waits_only_when_it_is_idle(void **state)
{
	struct rehearsal rehearsal = {.asked = 0};
	uint64_t now;

	assert_true(rehearsal_ask(&rehearsal, &terms, &program));
	now = rte_rdtsc();
	assert_int_equal(rehearsal_hold(&rehearsal, false, now), now);
	rehearsal_note(&rehearsal, 1, BURST);
	assert_int_equal(rehearsal.round, 0);
	rehearse(&rehearsal, 0);
	now = rehearsal.next - 1;
	assert_int_equal(rehearsal_hold(&rehearsal, true, now), now);
	assert_int_equal(rehearsal.held, 1);
	(void)state;
}

/* A worker that is never idle, or gets too few packets, does not try for ever. */
static void
test_a_series_ends(void **state)
{
	const struct rehearsal_terms brief = {.hold = HOLD, .gap = 1000, .most = 1000000};
	struct rehearsal rehearsal = {.asked = 0};

	assert_true(rehearsal_ask(&rehearsal, &brief, &program));
	assert_int_equal(rehearsal_hold(&rehearsal, false, 100), 100);
	assert_int_equal(rehearsal_hold(&rehearsal, false, 1000099), 1000099);
	assert_true(rehearsal_goes_on(&rehearsal));
	assert_int_equal(rehearsal_hold(&rehearsal, true, 1000100), 1000100);
	assert_false(rehearsal_goes_on(&rehearsal));
	assert_int_equal(rehearsal.held, 0);
	assert_true(rehearsal_cycles(&rehearsal, &program) == 0);
	assert_true(rehearsal_ask(&rehearsal, &brief, &program));
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_enough_are_a_figure),
		cmocka_unit_test(test_it_waits_only_when_it_is_idle),
		cmocka_unit_test(test_a_series_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
