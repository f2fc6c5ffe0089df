/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"

#include "core/banned.h"

static const char *const keys[] = {"queues",   "rx-ring",  "src",      "dst",
				   "src-port", "dst-port", "protocol", "promiscuous"};

#define KEYS (sizeof(keys) / sizeof(keys[0]))

static void
test_nearest(void **state)
{
	static const struct {
		const char *word, *nearest;
	} cases[] = {
		{"queuez", "queues"},
		{"queeus", "queues"},
		{"qeuues", "queues"},
		{"QUEUES", "queues"},
		{"dstport", "dst-port"},
		{"dport", "dst-port"},
		{"sport", "src-port"},
		{"proto", "protocol"},
		{"promisc", "promiscuous"},
		{"dest", "dst"},
		{"rx_ring", "rx-ring"},
		{"x", NULL},
		{"", NULL},
		{"colour", NULL},
		{"replays", NULL},
		{"sr", "src"},
		{"something-else", NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *found = text_nearest(cases[i].word, keys, KEYS);

		if (cases[i].nearest)
			assert_string_equal(found ? found : "(none)", cases[i].nearest);
		else
			assert_null(found);
	}
}

static void
test_nearest_long(void **state)
{
	char word[1000];

	memset(word, 'q', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	assert_null(text_nearest(word, keys, KEYS));
	assert_null(text_nearest("queues", NULL, 0));
}

static void
test_number(void **state)
{
	static const struct {
		const char *word;
		uint64_t max;
		int ret;
		uint64_t value;
	} cases[] = {
		{"0", 10, 0, 0},
		{"10", 10, 0, 10},
		{"11", 10, -ERANGE, 0},
		{"0x0a", 10, 0, 10},
		{"0XfF", 255, 0, 255},
		{"18446744073709551615", UINT64_MAX, 0, UINT64_MAX},
		{"18446744073709551616", UINT64_MAX, -ERANGE, 0},
		{"99999999999999999999999999", UINT64_MAX, -ERANGE, 0},
		{"0xffffffffffffffff", UINT64_MAX, 0, UINT64_MAX},
		{"0x10000000000000000", UINT64_MAX, -ERANGE, 0},
		{"99999999999999999999999999x", UINT64_MAX, -EINVAL, 0},
		{"", 10, -EINVAL, 0},
		{"0x", 10, -EINVAL, 0},
		{"08", 10, -EINVAL, 0},
		{"00", 10, -EINVAL, 0},
		{"+1", 10, -EINVAL, 0},
		{"-1", 10, -EINVAL, 0},
		{" 1", 10, -EINVAL, 0},
		{"1 ", 10, -EINVAL, 0},
		{"1e3", 9999, -EINVAL, 0},
		{"a", 10, -EINVAL, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t value = 0;

		assert_int_equal(text_number(cases[i].word, cases[i].max, &value), cases[i].ret);
		assert_true(value == cases[i].value);
	}
}

static void
test_utf8(void **state)
{
	assert_int_equal(text_utf8("a"), 1);
	assert_int_equal(text_utf8("\xc3\xa4"), 2);
	assert_int_equal(text_utf8("\xe2\x82\xac"), 3);
	assert_int_equal(text_utf8("\xf0\x9f\x90\x8c"), 4);
	assert_int_equal(text_utf8(""), 0);
	assert_int_equal(text_utf8("\x80"), 0);
	assert_int_equal(text_utf8("\xc0\x80"), 0);
	assert_int_equal(text_utf8("\xe0\x80\x80"), 0);
	assert_int_equal(text_utf8("\xed\xa0\x80"), 0); /* a surrogate */
	assert_int_equal(text_utf8("\xf4\x90\x80\x80"), 0);
	assert_int_equal(text_utf8("\xf0\x9f\x90"), 0); /* cut */
	assert_true(text_is_utf8("gr\xc3\xbc\xc3\x9f"));
	assert_false(text_is_utf8("gr\xfc\xdf"));
}

static void
test_clean(void **state)
{
	char text[] = "a\nb\x1b[31m\x7f\xff\xc2\x85\xc3\xa4";

	text_clean(text);
	assert_string_equal(text, "a?b?[31m????\xc3\xa4");
}

static void
test_quote(void **state)
{
	char word[200];
	struct text_quoted quoted;

	assert_string_equal(text_quote("queuez").text, "\"queuez\"");
	assert_string_equal(text_quote("").text, "\"\"");
	assert_string_equal(text_quote("a\tb").text, "\"a?b\"");
	for (size_t cut = 60; cut < 90; cut++) {
		memset(word, 'x', sizeof(word));
		memcpy(word + cut, "\xc3\xa4", 3);
		quoted = text_quote(word);
		assert_true(strlen(quoted.text) < sizeof(quoted.text));
		assert_true(text_is_utf8(quoted.text));
		assert_int_equal(quoted.text[strlen(quoted.text) - 1], '"');
	}
}

static void
test_close(void **state)
{
	char *text = NULL, *closed;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	fputs("whole", out);
	closed = text_close(out, &text);
	assert_ptr_equal(closed, text);
	assert_string_equal(text, "whole");
	free(text);
	text = strdup("a part");
	out = fopen("/dev/full", "w");
	assert_non_null(out);
	fputs("more", out);
	assert_null(text_close(out, &text));
	assert_null(text);
}

static void
test_hex(void **state)
{
	static const uint8_t bytes[] = {0x00, 0x0a, 0x7f, 0x80, 0xff};
	char *text = text_hex(bytes, sizeof(bytes)), *none = text_hex(bytes, 0);

	assert_string_equal(text, "000a7f80ff");
	assert_string_equal(none, "");
	free(text);
	free(none);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nearest), cmocka_unit_test(test_nearest_long),
		cmocka_unit_test(test_number),  cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_clean),   cmocka_unit_test(test_quote),
		cmocka_unit_test(test_close),   cmocka_unit_test(test_hex),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
