/* SPDX-License-Identifier: BSD-3-Clause */
/* Each count of a matcher, by a case made by hand. */
#include "match_kit.h"

#include "core/banned.h"

static void
what_comes_back_is_matched(void **state)
{
	static struct histogram latencies;
	struct match_numbers all;

	begin(false, FOR_EVER, 0, 0);
	for (unsigned i = 0; i < 100; i++)
		sent(i, i * 10, 500 + i);
	for (unsigned i = 0; i < 100; i++) {
		assert_int_equal(back(i, i * 10 + 1000 + i), MATCH_IS_MATCHED);
		assert_int_equal(found.number, 500 + i);
		assert_int_equal(found.latency_ns, 1000 + i);
		assert_false(found.ambiguous);
	}
	all = numbers();
	assert_int_equal(all.matched, 100);
	assert_int_equal(all.waiting + all.reordered + all.ambiguous + all.pending, 0);
	assert_int_equal(all.latency_min_ns, 1000);
	match_latencies(match, &latencies);
	assert_int_equal(latencies.max, 1099);
	match_end(match);
	assert_int_equal(numbers().lost, 0);
}

static void
what_does_not_is_lost_and_then_late(void **state)
{
	begin(false, 100, 0, 0);
	sent(1, 1000, 1);
	sent(2, 1000, 2);
	sent(3, 1050, 3);
	/* At the very end of its time it is in time. */
	assert_int_equal(back(1, 1100), MATCH_IS_MATCHED);
	assert_int_equal(numbers().lost, 0);
	match_tick(match, 1101);
	assert_int_equal(numbers().lost, 1);
	assert_int_equal(numbers().waiting, 1);
	assert_int_equal(back(2, 1101), MATCH_IS_LATE);
	assert_int_equal(found.latency_ns, 101);
	assert_int_equal(numbers().lost, 0);
	assert_int_equal(numbers().late, 1);
	assert_int_equal(back(3, 1200), MATCH_IS_LATE);
	assert_int_equal(back(3, 1200), MATCH_IS_DUPLICATE);
	assert_int_equal(numbers().duplicated, 1);
}

/* Sent m times, back r times: lost m - r, or duplicated r - m. */
static void
twins_are_counted_exactly(void **state)
{
	for (unsigned m = 1; m < 6; m++) {
		for (unsigned r = 0; r < 10; r++) {
			struct match_numbers all;

			begin(false, FOR_EVER, 0, 0);
			for (unsigned i = 0; i < m; i++)
				sent(7, 10 * i, i);
			for (unsigned i = 0; i < r; i++) {
				back(7, 100 + i);
				if (i < m)
					assert_int_equal(found.number, i);
			}
			match_end(match);
			all = numbers();
			assert_int_equal(all.lost, m > r ? m - r : 0);
			assert_int_equal(all.duplicated, r > m ? r - m : 0);
			/* The last of several is no choice any more. */
			assert_int_equal(all.ambiguous, r < m ? r : m - 1);
		}
	}
}

/* A twin that is lost takes nothing from one that was sent later, and may still come. */
static void
a_lost_twin_is_owed(void **state)
{
	begin(false, 100, 0, 0);
	sent(7, 1000, 1);
	sent(7, 1090, 2);
	sent(7, 1095, 3);
	match_tick(match, 1101);
	assert_int_equal(numbers().lost, 1);
	assert_int_equal(back(7, 1102), MATCH_IS_MATCHED);
	assert_int_equal(found.number, 2);
	sent(7, 1103, 4); /* which is owed it from now on */
	assert_int_equal(back(7, 1104), MATCH_IS_MATCHED);
	assert_int_equal(back(7, 1105), MATCH_IS_MATCHED);
	assert_int_equal(found.number, 4);
	assert_int_equal(back(7, 1106), MATCH_IS_LATE);
	assert_int_equal(numbers().lost, 0);
	assert_int_equal(back(7, 1107), MATCH_IS_DUPLICATE);
}

static void
levels_are_tried_from_the_strictest(void **state)
{
	struct match_packet one;

	begin(true, FOR_EVER, 0, 0);
	for (unsigned i = 0; i < 3; i++)
		sent(i, 0, i);
	/* The last is the same over a NAT as the first two. */
	one = packet(10, 0, 10);
	one.keys.of[2] = packet(0, 0, 0).keys.of[2];
	match_sent(match, &one, 1);
	assert_int_equal(back(1, 5), MATCH_IS_MATCHED);
	assert_int_equal(found.level, MATCH_FRAME);
	one = packet(99, 6, 0);
	one.keys.of[1] = packet(2, 0, 0).keys.of[1];
	match_back(match, &one, 1, &found);
	assert_int_equal(found.is, MATCH_IS_MATCHED);
	assert_int_equal(found.level, MATCH_NETWORK);
	assert_int_equal(found.number, 2);
	match_back(match, &one, 1, &found);
	assert_int_equal(found.is, MATCH_IS_DUPLICATE);
	one = packet(98, 7, 0);
	one.keys.of[2] = packet(0, 0, 0).keys.of[2];
	match_back(match, &one, 1, &found);
	assert_int_equal(found.level, MATCH_OVER_NAT);
	assert_int_equal(found.number, 0);
	assert_true(found.ambiguous);
	match_back(match, &one, 1, &found);
	assert_int_equal(found.number, 10);
	assert_false(found.ambiguous);
	assert_int_equal(numbers().by[0], 1);
	assert_int_equal(numbers().by[1], 1);
	assert_int_equal(numbers().by[2], 2);
}

static const uint8_t *
old_bytes(void *context, uint64_t number, uint32_t loop, uint32_t *length)
{
	static uint8_t bytes[100];

	memset(bytes, (int)number, sizeof(bytes));
	*length = sizeof(bytes);
	return context ? bytes : NULL;
}

static void
changes(bool known)
{
	struct match_options options = {
		.within_ns = 100, .bytes = old_bytes, .context = known ? &found : NULL};

	match_free(match);
	match = match_new(&options);
	for (unsigned i = 1; i <= 6; i++) {
		struct match_packet one = packet(i, 1000 + i, i);

		one.keys.flow = i == 1 || i == 2 ? 100 + i : 0;
		one.keys.payload = i == 2 || i == 3 ? 200 + i : 0;
		one.keys.length = 100;
		match_sent(match, &one, 1);
	}
	for (unsigned i = 1; i <= 6; i++) {
		struct match_packet one = packet(50 + i, 1050 + i, 70 + i);
		uint8_t bytes[100];

		memset(bytes, (int)i, sizeof(bytes));
		/* The fifth is nearly the same, the sixth is not. */
		memset(bytes + 30, 99, i == 6 ? 50 : 5);
		one.keys.flow = i == 1 ? 101 : 0;
		one.keys.payload = i == 2 || i == 3 ? 200 + i : 0;
		one.keys.length = i == 4 ? 99 : 100;
		one.bytes = bytes;
		one.length = one.keys.length;
		match_back(match, &one, 1, &found);
		assert_int_equal(found.is, MATCH_IS_PENDING);
	}
}

static void
what_is_lost_may_have_changed(void **state)
{
	const struct match_changes *all;

	changes(true);
	assert_int_equal(numbers().pending, 6);
	match_tick(match, 1300);
	assert_int_equal(numbers().changed, 4);
	assert_int_equal(numbers().lost, 2);
	assert_int_equal(numbers().unknown, 2);
	all = match_changes(match);
	assert_int_equal(all->kinds, 1);
	assert_int_equal(all->kind[0].packets, 4);
	assert_int_equal(all->kind[0].examples, MATCH_EXAMPLES_MAX);
	assert_int_equal(all->kind[0].example[0].number, 1);
	assert_int_equal(all->kind[0].example[0].back_number, 71);
	assert_int_equal(all->kind[0].example[0].difference.range[0].old_at, 30);
	assert_int_equal(all->kind[0].example[0].difference.bytes, 5);
	changes(false);
	match_end(match);
	assert_int_equal(numbers().changed, 3);
	assert_int_equal(match_changes(match)->unseen, 3);
}

/* What came before a packet was sent is none that it became, nor what came too late. */
static void
only_what_came_in_its_time_may_be_it(void **state)
{
	struct match_packet one = packet(1, 1000, 1), other = packet(2, 990, 2);

	begin(false, 100, 0, 0);
	one.keys.flow = other.keys.flow = 5;
	match_back(match, &other, 1, NULL);
	match_sent(match, &one, 1);
	other.time_ns = 1101;
	match_back(match, &other, 1, NULL);
	match_end(match);
	assert_int_equal(numbers().lost, 1);
	assert_int_equal(numbers().unknown, 2);
}

static void
more_than_are_held_crowd_each_other_out(void **state)
{
	begin(false, FOR_EVER, MATCH_HELD_MIN, 64);
	for (unsigned i = 0; i < MATCH_HELD_MIN + 10; i++)
		sent(i, i, i);
	assert_int_equal(numbers().crowded, 10);
	assert_int_equal(numbers().lost, 10);
	assert_int_equal(back(9, 5000), MATCH_IS_PENDING);
	assert_int_equal(back(10, 5000), MATCH_IS_MATCHED);
	for (unsigned i = 0; i < 70; i++)
		assert_int_equal(back(100000 + i, 5000), MATCH_IS_PENDING);
	assert_int_equal(numbers().unasked, 7);
	match_reset(match);
	assert_int_equal(numbers().sent, 0);
	assert_int_equal(back(11, 5000), MATCH_IS_PENDING);
}

/* Of those that go for others whose time was over anyway none is crowded out. */
static void
what_is_late_crowds_nobody_out(void **state)
{
	begin(false, 100, MATCH_HELD_MIN, 64);
	for (unsigned i = 0; i < MATCH_HELD_MIN + 10; i++)
		sent(i, i, i);
	assert_int_equal(numbers().lost, 10);
	assert_int_equal(numbers().crowded, 0);
	match_tick(match, MATCH_HELD_MIN);
	assert_int_equal(numbers().lost, MATCH_HELD_MIN - 100);
	for (unsigned i = 0; i < MATCH_HELD_MIN; i++)
		sent(i, MATCH_HELD_MIN + 50, i);
	assert_int_equal(numbers().crowded, 60);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_comes_back_is_matched),
		cmocka_unit_test(what_does_not_is_lost_and_then_late),
		cmocka_unit_test(twins_are_counted_exactly),
		cmocka_unit_test(a_lost_twin_is_owed),
		cmocka_unit_test(levels_are_tried_from_the_strictest),
		cmocka_unit_test(what_is_lost_may_have_changed),
		cmocka_unit_test(only_what_came_in_its_time_may_be_it),
		cmocka_unit_test(more_than_are_held_crowd_each_other_out),
		cmocka_unit_test(what_is_late_crowds_nobody_out),
	};

	return cmocka_run_group_tests(tests, NULL, end);
}
