/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers and tables as people read them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "core/table.h"
#include "core/units.h"

#include "core/banned.h"

#define SAME(units, expected) assert_string_equal((units).text, expected)

static void
counts_are_grouped(void **state)
{
	SAME(units_count(0), "0");
	SAME(units_count(999), "999");
	SAME(units_count(1000), "1,000");
	SAME(units_count(1234567), "1,234,567");
	SAME(units_count(UINT64_MAX), "18,446,744,073,709,551,615");
}

static void
sizes_have_three_digits(void **state)
{
	SAME(units_bytes(0), "0 B");
	SAME(units_bytes(999), "999 B");
	SAME(units_bytes(1000), "1.00 kB");
	SAME(units_bytes(12345), "12.3 kB");
	SAME(units_bytes(999999), "1.00 MB");
	SAME(units_bytes(UINT64_MAX), "18.4 EB");
	SAME(units_memory(1024), "1.00 KiB");
	SAME(units_memory(1536), "1.50 KiB");
	SAME(units_memory(UINT64_MAX), "16.0 EiB");
	SAME(units_rate(0, "pps"), "0 pps");
	SAME(units_rate(0.5, "pps"), "0.50 pps");
	SAME(units_rate(123.4, "pps"), "123 pps");
	SAME(units_rate(14880952, "pps"), "14.9 Mpps");
	SAME(units_rate(1e10, "bit/s"), "10.0 Gbit/s");
	SAME(units_rate(-1, "pps"), "0 pps");
}

static void
shares_and_times(void **state)
{
	SAME(units_share(0, 0), "-");
	SAME(units_share(1, 3), "33.3 %");
	SAME(units_share(3, 3), "100.0 %");
	SAME(units_ns(0), "0 ns");
	SAME(units_ns(999), "999 ns");
	SAME(units_ns(1234), "1.23 us");
	SAME(units_ns(999999), "1.00 ms");
	SAME(units_ns(12345678900), "12.3 s");
	SAME(units_ns(UINT64_MAX), "18446744074 s");
	SAME(units_duration(0), "0.0 s");
	SAME(units_duration(59.94), "59.9 s");
	SAME(units_duration(61), "1 min 01 s");
	SAME(units_duration(7500), "2 h 05 min");
	SAME(units_duration(90000), "1 d 01 h");
}

static char *
printed(struct table *table)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	table_print(table, out);
	fclose(out);
	return text;
}

static void
tables_are_aligned(void **state)
{
	struct table *table = table_new("NAME|>N|NOTE");
	char *text;

	table_cell(table, "%s", "a");
	table_cell(table, "%d", 1);
	table_cell(table, "%s", "");
	table_cell(table, "%s", "l\xc3\xa4ng\033[1m");
	table_cell(table, "%d", 1000);
	table_cell(table, "%s", "x");
	table_line(table);
	table_cell(table, "%s", "b");
	table_cell(table, "%d", 20);
	table_cell(table, "%s", "y");
	text = printed(table);
	assert_string_equal(text, "NAME         N  NOTE\n"
				  "a            1\n"
				  "l\xc3\xa4ng?[1m  1000  x\n"
				  "--------------------\n"
				  "b           20  y\n");
	free(text);
	text = printed(table_new(""));
	assert_string_equal(text, "\n");
	free(text);
}

static void
bars_are_as_long_as_they_should(void **state)
{
	setenv("LC_ALL", "C", 1);
	assert_string_equal(table_bar(0, 10, 8).text, "");
	assert_string_equal(table_bar(0, 0, 8).text, "");
	assert_string_equal(table_bar(1, 1000, 8).text, "#");
	assert_string_equal(table_bar(5, 10, 8).text, "####");
	assert_string_equal(table_bar(10, 10, 8).text, "########");
	setenv("LC_ALL", "C.UTF-8", 1);
	assert_string_equal(table_bar(2, 8, 8).text, "\xe2\x96\x87\xe2\x96\x87");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_are_grouped),
		cmocka_unit_test(sizes_have_three_digits),
		cmocka_unit_test(shares_and_times),
		cmocka_unit_test(tables_are_aligned),
		cmocka_unit_test(bars_are_as_long_as_they_should),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
