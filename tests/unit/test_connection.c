/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines out of a stream of bytes, and what becomes of clients that are slow, long or silent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/connection.h"

#include "core/banned.h"

#define SECOND UINT64_C(1000000000)

static struct connection connection;
static int peer;
static uint64_t now;

static int
set_up(void **state)
{
	int pair[2];

	now = SECOND;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) < 0)
		return -1;
	connection_open(&connection, pair[0], false);
	peer = pair[1];
	return 0;
}

static int
tear_down(void **state)
{
	connection_close(&connection);
	close(peer);
	return 0;
}

static void
give(const char *data, size_t length)
{
	assert_int_equal(write(peer, data, length), length);
	assert_true(connection_receive(&connection, now));
}

/* The next line must be this one. */
static void
take(const char *expected)
{
	size_t length = 0;
	const char *line = connection_line(&connection, &length);

	assert_non_null(line);
	assert_int_equal(length, strlen(expected));
	assert_memory_equal(line, expected, length);
	connection_consume(&connection, now);
}

static void
none(void)
{
	size_t length;

	assert_null(connection_line(&connection, &length));
}

static void
lines_are_cut_at_their_ends(void **state)
{
	none();
	give("one\ntwo\r\n\nth", 12);
	take("one");
	take("two");
	take("");
	none();
	give("ree\n", 4);
	take("three");
	none();
	assert_null(connection.input);
	give("a\r", 2);
	none();
	give("b\n", 2);
	take("a\rb");
	give("last", 4);
	none();
	shutdown(peer, SHUT_WR);
	assert_true(connection_receive(&connection, now));
	take("last");
	none();
	assert_true(connection_done(&connection));
}

static void
bytes_come_one_by_one(void **state)
{
	for (unsigned i = 0; i < 1000; i++) {
		give("x", 1);
		none();
		assert_false(connection_overlong(&connection));
	}
	give("\n", 1);
	assert_false(connection_overlong(&connection));
}

/* Gives bytes and an end, as far as they go in. */
static bool
too_long(size_t bytes, const char *end)
{
	char *data = malloc(bytes + 2);
	size_t length = bytes + strlen(end), sent = 0, got;
	bool result;

	memset(data, 'x', bytes);
	memcpy(data + bytes, end, strlen(end));
	while (sent < length) {
		ssize_t count = write(peer, data + sent, length - sent);

		if (count > 0)
			sent += (size_t)count;
		assert_true(connection_receive(&connection, now));
		if (connection_overlong(&connection))
			break;
	}
	result = connection_overlong(&connection);
	assert_int_equal(result || !*end, connection_line(&connection, &got) == NULL);
	free(data);
	tear_down(NULL);
	set_up(NULL);
	return result;
}

static void
long_lines_are_told(void **state)
{
	assert_false(too_long(RPC_LINE_MAX, ""));
	assert_false(too_long(RPC_LINE_MAX, "\n"));
	assert_false(too_long(RPC_LINE_MAX, "\r\n"));
	assert_true(too_long(RPC_LINE_MAX + 1, ""));
	assert_true(too_long(RPC_LINE_MAX + 1, "\n"));
	assert_true(too_long(RPC_LINE_MAX + 1, "\r\n"));
	assert_true(too_long(RPC_LINE_MAX + 2, "\n"));
	assert_true(too_long(10 * RPC_LINE_MAX, ""));
}

static void
a_line_has_ten_seconds_from_its_first_byte(void **state)
{
	now += 100 * SECOND; /* silence between lines is nobody's business */
	assert_int_equal(connection_lapse(&connection, now), LAPSE_NONE);
	give("x", 1);
	now += 9 * SECOND;
	assert_int_equal(connection_lapse(&connection, now), LAPSE_NONE);
	give("x", 1);
	now += 2 * SECOND;
	assert_int_equal(connection_lapse(&connection, now), LAPSE_REQUEST);
	give("\n", 1);
	take("xx");
	assert_int_equal(connection_lapse(&connection, now), LAPSE_NONE);
	now += 100 * SECOND;
	assert_int_equal(connection_lapse(&connection, now), LAPSE_NONE);
}

static void
waiting_for_us_does_not_count(void **state)
{
	give("a\nb", 3);
	take("a");
	connection.waiting = true;
	now += 60 * SECOND;
	assert_int_equal(connection_lapse(&connection, now), LAPSE_NONE);
	connection.waiting = false;
	assert_true(connection_answer(&connection, strdup("{}\n"), now));
	assert_int_equal(connection_lapse(&connection, now), LAPSE_NONE);
	now += 11 * SECOND;
	assert_int_equal(connection_lapse(&connection, now), LAPSE_REQUEST);
}

static char *
long_answer(size_t size)
{
	char *answer = malloc(size);

	memset(answer, 'x', size);
	answer[size - 2] = '\n';
	answer[size - 1] = '\0';
	return answer;
}

static void
who_does_not_read_is_given_up(void **state)
{
	char buffer[65536];

	give("a\nb\n", 4);
	take("a");
	assert_true(connection_answer(&connection, long_answer(4 << 20), now));
	assert_non_null(connection.output);
	assert_int_equal(connection_events(&connection), EPOLLOUT);
	none(); /* nothing more is taken before the answer is out */
	now += 9 * SECOND;
	assert_int_equal(connection_lapse(&connection, now), LAPSE_NONE);
	assert_true(read(peer, buffer, sizeof(buffer)) > 0);
	assert_true(connection_send(&connection, now));
	now += 9 * SECOND;
	assert_int_equal(connection_lapse(&connection, now), LAPSE_NONE);
	now += 2 * SECOND;
	assert_int_equal(connection_lapse(&connection, now), LAPSE_ANSWER);
	while (connection.output) {
		assert_true(read(peer, buffer, sizeof(buffer)) > 0);
		assert_true(connection_send(&connection, now));
	}
	assert_int_equal(connection_lapse(&connection, now), LAPSE_NONE);
	take("b");
}

static void
closing_waits_for_the_reason_to_be_read(void **state)
{
	char buffer[64];

	give("a\nrest", 6);
	take("a");
	connection.closing = true;
	assert_true(connection_answer(&connection, strdup("no\n"), now));
	connection_linger(&connection, now);
	assert_null(connection.input);
	none();
	assert_int_equal(connection_events(&connection), EPOLLIN);
	give("more and more\n", 14);
	none();
	assert_null(connection.input);
	assert_int_equal(read(peer, buffer, sizeof(buffer)), 3);
	assert_int_equal(read(peer, buffer, sizeof(buffer)), 0);
	assert_int_equal(connection_lapse(&connection, now + SECOND / 2), LAPSE_NONE);
	assert_int_equal(connection_lapse(&connection, now + 2 * SECOND), LAPSE_LINGER);
	shutdown(peer, SHUT_WR);
	assert_false(connection_receive(&connection, now));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lines_are_cut_at_their_ends, set_up, tear_down),
		cmocka_unit_test_setup_teardown(bytes_come_one_by_one, set_up, tear_down),
		cmocka_unit_test_setup_teardown(long_lines_are_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_line_has_ten_seconds_from_its_first_byte, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(waiting_for_us_does_not_count, set_up, tear_down),
		cmocka_unit_test_setup_teardown(who_does_not_read_is_given_up, set_up, tear_down),
		cmocka_unit_test_setup_teardown(closing_waits_for_the_reason_to_be_read, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
