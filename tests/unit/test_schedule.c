/* SPDX-License-Identifier: BSD-3-Clause */
/* Times that don't drift: against sums worked out another way, over a year and more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/histogram.h"
#include "replay/schedule.h"

#define YEAR_S UINT64_C(31557600)
#define SECOND UINT64_C(1000000000)

static uint64_t
due_after(const char *text, const struct schedule_units *units)
{
	const struct schedule_units none = {0};
	struct config_pace pace;
	struct schedule schedule;
	char reason[256];

	assert_int_equal(config_pace_parse(text, &pace, reason, sizeof(reason)), 0);
	schedule_make(&schedule, &pace, 0, &none);
	return schedule_due(&schedule, units);
}

static void
test_a_year(void **state)
{
	/* Packets at each rate for a year: the last is due when the year is over, to the nanosecond. */
	static const struct {
		const char *pace;
		uint64_t per_second;
	} rates[] = {{"1pps", 1}, {"7pps", 7}, {"1.5Mpps", 1500000}, {"14880952pps", 14880952}};

	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		struct schedule_units units = {.packets = rates[i].per_second * YEAR_S};

		assert_int_equal(due_after(rates[i].pace, &units), YEAR_S * SECOND);
		units.packets++;
		assert_int_equal(due_after(rates[i].pace, &units),
				 YEAR_S * SECOND + SECOND / rates[i].per_second);
	}
}

static void
test_bytes_for_a_year(void **state)
{
	struct schedule_units units = {.frame_bytes = YEAR_S * 12500000000, .wire_bytes = 7};

	assert_int_equal(due_after("100Gbps", &units), YEAR_S * SECOND);
	units.wire_bytes = YEAR_S * 12500000000;
	assert_int_equal(due_after("100Gbps-wire", &units), YEAR_S * SECOND);
}

static void
test_capture_time_is_scaled(void **state)
{
	struct schedule_units units = {.time_ns = YEAR_S * SECOND};

	assert_int_equal(due_after("original", &units), YEAR_S * SECOND);
	assert_int_equal(due_after("2x", &units), YEAR_S * SECOND / 2);
	assert_int_equal(due_after("0.25x", &units), YEAR_S * SECOND * 4);
	units.time_ns = 100;
	assert_int_equal(due_after("3x", &units), 33);
	assert_int_equal(due_after("top", &units), 0);
}

static void
test_every_packet_on_its_own(void **state)
{
	/* 3 packets a microsecond: a step of a third, which a sum of rounded steps would lose. */
	struct schedule_units units = {0};

	for (unsigned i = 0; i < 100000; i++) {
		assert_int_equal(due_after("3Mpps", &units), (uint64_t)i * 1000 / 3);
		schedule_units_pass(&units, 64);
	}
	assert_int_equal(units.frame_bytes, 6400000);
	assert_int_equal(units.wire_bytes, 8800000);
}

static void
test_anchor(void **state)
{
	const struct schedule_units at = {.packets = 1000, .time_ns = 77};
	struct schedule_units units = at;
	struct config_pace pace = {.kind = CONFIG_PACE_PACKETS, .num = 1000, .den = 1};
	struct schedule schedule;

	schedule_make(&schedule, &pace, 5 * SECOND, &at);
	assert_int_equal(schedule_due(&schedule, &units), 5 * SECOND);
	units.packets += 3;
	assert_int_equal(schedule_due(&schedule, &units), 5 * SECOND + 3000000);
}

static void
test_the_end_of_time(void **state)
{
	/* A sum that began anew would be due at once. */
	static const uint64_t anchors[] = {0, 1, 5 * SECOND, UINT64_C(1) << 62, SCHEDULE_NEVER};
	static const char *const paces[] = {"original", "2x", "0.001x", "1pps", "1bps"};
	const struct schedule_units none = {0},
				    far = {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX};

	for (size_t i = 0; i < sizeof(paces) / sizeof(paces[0]); i++) {
		struct config_pace pace;
		char reason[256];

		assert_int_equal(config_pace_parse(paces[i], &pace, reason, sizeof(reason)), 0);
		for (size_t a = 0; a < sizeof(anchors) / sizeof(anchors[0]); a++) {
			struct schedule schedule;

			schedule_make(&schedule, &pace, anchors[a], &none);
			assert_true(schedule_due(&schedule, &far) >= anchors[a]);
			assert_true(schedule_due(&schedule, &far) >= UINT64_MAX / 2);
			assert_true(schedule_due(&schedule, &far) <= SCHEDULE_NEVER);
		}
	}
	assert_int_equal(schedule_later(SCHEDULE_NEVER, 1), SCHEDULE_NEVER);
	assert_int_equal(schedule_later(5, UINT64_MAX), SCHEDULE_NEVER);
	assert_int_equal(schedule_later(5, 6), 11);
}

static void
test_short_frames_take_a_minimum_on_the_wire(void **state)
{
	struct schedule_units units = {0};

	schedule_units_pass(&units, 14);
	schedule_units_pass(&units, 60);
	schedule_units_pass(&units, 1514);
	assert_int_equal(units.wire_bytes, 84 + 84 + 1538);
	assert_int_equal(units.frame_bytes, 14 + 60 + 1514);
}

static int
compare(const void *a, const void *b)
{
	const uint64_t *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

static void
test_histogram(void **state)
{
	static uint64_t values[20000];
	static struct histogram histogram, other, sum;
	const unsigned count = sizeof(values) / sizeof(values[0]);

	srand(1);
	for (unsigned i = 0; i < count; i++) {
		values[i] = (uint64_t)rand() << (rand() % 32);
		histogram_add(i % 2 ? &histogram : &other, values[i]);
	}
	histogram_merge(&sum, &histogram);
	histogram_merge(&sum, &other);
	qsort(values, count, sizeof(values[0]), compare);
	assert_int_equal(sum.max, values[count - 1]);
	for (unsigned percent = 1; percent <= 100; percent++) {
		uint64_t exact = values[count * percent / 100 - 1];
		uint64_t got = histogram_quantile(&sum, percent, 100);

		assert_true(got >= exact);
		assert_true(got - exact <= exact / HISTOGRAM_STEPS);
	}
}

static void
test_histogram_ends(void **state)
{
	static struct histogram histogram;

	assert_int_equal(histogram_quantile(&histogram, 99, 100), 0);
	histogram_add(&histogram, UINT64_MAX);
	assert_int_equal(histogram_quantile(&histogram, 50, 100), UINT64_MAX);
	histogram_add(&histogram, 0);
	assert_int_equal(histogram_quantile(&histogram, 50, 100), 0);
	for (uint64_t value = 0; value < 1000000; value++)
		assert_true(histogram_bucket(value) < HISTOGRAM_BUCKETS);
	assert_true(histogram_bucket(UINT64_MAX) < HISTOGRAM_BUCKETS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_year),
		cmocka_unit_test(test_bytes_for_a_year),
		cmocka_unit_test(test_capture_time_is_scaled),
		cmocka_unit_test(test_every_packet_on_its_own),
		cmocka_unit_test(test_anchor),
		cmocka_unit_test(test_the_end_of_time),
		cmocka_unit_test(test_short_frames_take_a_minimum_on_the_wire),
		cmocka_unit_test(test_histogram),
		cmocka_unit_test(test_histogram_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
