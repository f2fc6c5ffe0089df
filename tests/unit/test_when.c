/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/when.h"

/* 2026-11-29T13:59:59.5Z */
#define NOW UINT64_C(1795960799500000000)

static void
check(const char *text, const char *expected)
{
	char reason[WHEN_REASON_MAX] = "", read[WHEN_TEXT_MAX];
	uint64_t at;

	assert_int_equal(when_parse(text, NOW, &at, reason, sizeof(reason)), 0);
	when_format(at, read);
	assert_string_equal(read, expected);
}

static void
refuse(const char *text, const char *part)
{
	char reason[WHEN_REASON_MAX] = "";
	uint64_t at;

	assert_int_equal(when_parse(text, NOW, &at, reason, sizeof(reason)), -EINVAL);
	if (!strstr(reason, part))
		fail_msg("%s: %s", text, reason);
}

static void
test_forms(void **state)
{
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	check("2026-11-29T15:00:00Z", "2026-11-29T15:00:00.000000000Z");
	check("2026-11-29T15:00:00.5Z", "2026-11-29T15:00:00.500000000Z");
	check("2026-11-29t15:00:00.123456789z", "2026-11-29T15:00:00.123456789Z");
	check("2026-11-29 16:00:00+01:00", "2026-11-29T15:00:00.000000000Z");
	check("2026-11-29T09:30:00.25-0530", "2026-11-29T15:00:00.250000000Z");
	check("2028-02-29T23:59:59Z", "2028-02-29T23:59:59.000000000Z");
	check("@1795964400", "2026-11-29T15:00:00.000000000Z");
	check("@1795964400.25", "2026-11-29T15:00:00.250000000Z");
	check("+5s", "2026-11-29T14:00:04.500000000Z");
	check("+250ms", "2026-11-29T13:59:59.750000000Z");
	check("+1.5min", "2026-11-29T14:01:29.500000000Z");
	check("+2h", "2026-11-29T15:59:59.500000000Z");
	/* It is almost 15 o'clock in Berlin. */
	check("15:00:00", "2026-11-29T14:00:00.000000000Z");
	check("14:59:59.75", "2026-11-29T13:59:59.750000000Z");
	/* Over for today. */
	check("14:59:59.5", "2026-11-30T13:59:59.500000000Z");
	check("00:00:00", "2026-11-29T23:00:00.000000000Z");
}

static void
test_refusals(void **state)
{
	static const char *const wrong[] = {
		"",
		"now",
		"15",
		"15:00",
		"24:00:00",
		"15:60:00",
		"15:00:60",
		"5s",
		"+5",
		"+5 s",
		"+s",
		"+5days",
		"@",
		"@12x",
		"@1.",
		"@1.0000000001",
		"@99999999999",
		"+99999999999h",
		"2026-11-29",
		"2026-11-29T15:00Z",
		"2026-02-30T00:00:00Z",
		"2026-13-01T00:00:00Z",
		"2026-11-29T15:00:00+1",
		"2026-11-29T15:00:00Zx",
		"1969-12-31T00:00:00Z",
		"tomorrow",
	};

	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		refuse(wrong[i], "expected a time such as");
	refuse("2026-11-29T15:00:00", "has no zone: add Z");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
