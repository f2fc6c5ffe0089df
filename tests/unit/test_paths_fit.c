/* SPDX-License-Identifier: BSD-3-Clause */
/* From which size on a way without copies is cheaper. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "paths/fit.h"

#include "core/banned.h"

static const unsigned sizes[] = {64, 1000, 2000, 9000};

static void
lines_that_cross_do_so_between_two_sizes(void **state)
{
	const double copying[] = {100, 200, 300, 1000}, without[] = {300, 300, 250, 300};
	double size;

	/* 100 too dear at 1,000 and 50 cheaper at 2,000: two thirds of the way. */
	assert_int_equal(fit_crossing(sizes, copying, without, 4, &size), FIT_CROSSES);
	assert_float_equal(size, 1000 + 1000 * 2.0 / 3, 1e-6);
}

static void
the_last_crossing_counts(void **state)
{
	const double copying[] = {300, 200, 300, 1000}, without[] = {200, 300, 350, 900};
	double size;

	assert_int_equal(fit_crossing(sizes, copying, without, 4, &size), FIT_CROSSES);
	assert_float_equal(size, 2000 + 7000 * 50.0 / 150, 1e-6);
}

static void
some_never_cross(void **state)
{
	const double dear[] = {300, 300, 300, 300}, cheap[] = {100, 100, 100, 100};
	double size;

	assert_int_equal(fit_crossing(sizes, dear, cheap, 4, &size), FIT_ALWAYS);
	assert_float_equal(size, 64, 0);
	assert_int_equal(fit_crossing(sizes, cheap, dear, 4, &size), FIT_NEVER);
	assert_float_equal(size, 9000, 0);
	/* What costs the same does not pay. */
	assert_int_equal(fit_crossing(sizes, dear, dear, 4, &size), FIT_NEVER);
}

static void
one_size_is_enough_to_say_all_or_none(void **state)
{
	const double dear[] = {300}, cheap[] = {100};
	double size;

	assert_int_equal(fit_crossing(sizes, dear, cheap, 1, &size), FIT_ALWAYS);
	assert_int_equal(fit_crossing(sizes, cheap, dear, 1, &size), FIT_NEVER);
}

static void
the_model_needs_one_size(void **state)
{
	double size;

	/* 200 ns dearer, which a copy of 0.1 ns a byte makes up for in 2,000 bytes, two in half. */
	assert_int_equal(fit_model(64, 100, 300, 1, 0.1, &size), FIT_CROSSES);
	assert_float_equal(size, 2064, 1e-6);
	assert_int_equal(fit_model(64, 100, 300, 2, 0.1, &size), FIT_CROSSES);
	assert_float_equal(size, 1064, 1e-6);
	assert_int_equal(fit_model(64, 300, 100, 1, 0.1, &size), FIT_ALWAYS);
	assert_int_equal(fit_model(64, 100, 300, 0, 0.1, &size), FIT_NEVER);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_that_cross_do_so_between_two_sizes),
		cmocka_unit_test(the_last_crossing_counts),
		cmocka_unit_test(some_never_cross),
		cmocka_unit_test(one_size_is_enough_to_say_all_or_none),
		cmocka_unit_test(the_model_needs_one_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
