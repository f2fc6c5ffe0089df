/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/now.h"
#include "core/spool.h"

#include "core/banned.h"

#define SECOND UINT64_C(1000000000)
#define LINES 20000 /* more than pipe and memory hold */

static int ends[2];

static size_t
notice(char *line, uint64_t lost)
{
	return snprintf(line, SPOOL_LINE, "lost %llu\n", (unsigned long long)lost);
}

static void
put(const char *text)
{
	assert_true(spool_put(text, strlen(text)));
}

/* What can be read without waiting. */
static size_t
read_some(char *bytes, size_t size)
{
	ssize_t count;

	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	count = read(ends[0], bytes, size);
	return count > 0 ? count : 0;
}

static void
test_before_it_is_open(void **state)
{
	(void)state;
	assert_false(spool_put("none\n", 5));
}

/* Lines go out at once, and when nothing more is taken they wait until the thread is there. */
static void
test_before_the_thread(void **state)
{
	static char filler[4096];
	char text[64] = "";
	size_t room;

	(void)state;
	spool_open(ends[1], notice);
	put("first\n");
	assert_int_equal(read_some(text, sizeof(text)), 6);
	fcntl(ends[1], F_SETFL, O_NONBLOCK);
	while (write(ends[1], filler, sizeof(filler)) > 0)
		;
	put("second\n");
	assert_false(spool_flush(0));
	for (room = 0; room < 65536; room += sizeof(filler))
		assert_int_equal(read_some(filler, sizeof(filler)), sizeof(filler));
	fcntl(ends[1], F_SETFL, 0);
	assert_int_equal(spool_begin(), 0);
	put("third\n");
	assert_true(spool_flush(10 * SECOND));
	assert_int_equal(read_some(text, sizeof(text)), 13);
	assert_memory_equal(text, "second\nthird\n", 13);
}

/* Who logs waits once and briefly for a pipe that nobody reads; all that then is lost is said, where it is missing. */
static void
test_nobody_reads(void **state)
{
	uint64_t began = now_ns(), seen = 0, lost = 0;
	FILE *stream;
	char line[SPOOL_LINE];

	(void)state;
	for (unsigned i = 0; i < LINES; i++) {
		snprintf(line, sizeof(line), "line %05u ..................................\n", i);
		put(line);
	}
	/* A wait for each would take minutes. */
	assert_true(now_ns() - began < 5 * SECOND);
	assert_false(spool_flush(0));
	fcntl(ends[0], F_SETFL, 0);
	stream = fdopen(ends[0], "r");
	while (seen + lost < LINES) {
		assert_non_null(fgets(line, sizeof(line), stream));
		if (strncmp(line, "line ", 5) == 0)
			assert_int_equal(strtoul(line + 5, NULL, 10), seen++ + lost);
		else
			lost += strtoul(line + 5, NULL, 10);
	}
	assert_true(lost > 0);
	assert_true(seen > 1000);
	assert_true(spool_flush(10 * SECOND));
	put("again\n");
	assert_non_null(fgets(line, sizeof(line), stream));
	assert_string_equal(line, "again\n");
	fclose(stream);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_before_it_is_open),
		cmocka_unit_test(test_before_the_thread),
		cmocka_unit_test(test_nobody_reads),
	};

	if (pipe(ends) < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
