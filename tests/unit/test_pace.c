/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "config/amount.h"
#include "config/pace.h"

#include "core/banned.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define RANDOM_PACES 200000

static void
test_paces(void **state)
{
	static const struct {
		const char *text;
		struct config_pace pace;
		const char *written; /* NULL: as it was read */
	} good[] = {
		{"original", {CONFIG_PACE_ORIGINAL, 1, 1}, NULL},
		{"1x", {CONFIG_PACE_ORIGINAL, 1, 1}, "original"},
		{"1.000000000000000000000x", {CONFIG_PACE_ORIGINAL, 1, 1}, "original"},
		{"2x", {CONFIG_PACE_ORIGINAL, 2, 1}, NULL},
		{"0.25x", {CONFIG_PACE_ORIGINAL, 1, 4}, NULL},
		{"0.1x", {CONFIG_PACE_ORIGINAL, 1, 10}, NULL},
		{"0.000000001x", {CONFIG_PACE_ORIGINAL, 1, 1000000000}, NULL},
		{"1.000000001x", {CONFIG_PACE_ORIGINAL, 1000000001, 1000000000}, NULL},
		{"1.5Mpps", {CONFIG_PACE_PACKETS, 1500000, 1}, NULL},
		{"1500kpps", {CONFIG_PACE_PACKETS, 1500000, 1}, "1.5Mpps"},
		{"200kpps", {CONFIG_PACE_PACKETS, 200000, 1}, NULL},
		{"999pps", {CONFIG_PACE_PACKETS, 999, 1}, NULL},
		{"1000pps", {CONFIG_PACE_PACKETS, 1000, 1}, "1kpps"},
		{"0.3pps", {CONFIG_PACE_PACKETS, 3, 10}, NULL},
		{"0.0001kpps", {CONFIG_PACE_PACKETS, 1, 10}, "0.1pps"},
		{"1Gpps", {CONFIG_PACE_PACKETS, 1000000000, 1}, NULL},
		{"1.23456789012Mpps", {CONFIG_PACE_PACKETS, 30864197253, 25000}, NULL},
		{"10Gbps", {CONFIG_PACE_FRAME_BITS, UINT64_C(10000000000), 1}, NULL},
		{"64kbps", {CONFIG_PACE_FRAME_BITS, 64000, 1}, NULL},
		{"8bps", {CONFIG_PACE_FRAME_BITS, 8, 1}, NULL},
		{"2.5Gbps-wire", {CONFIG_PACE_WIRE_BITS, UINT64_C(2500000000), 1}, NULL},
		{"100Mbps-wire", {CONFIG_PACE_WIRE_BITS, 100000000, 1}, NULL},
		{"1000000Gbps", {CONFIG_PACE_FRAME_BITS, UINT64_C(1000000000000000), 1}, NULL},
		{"top", {CONFIG_PACE_TOP, 1, 1}, NULL},
		/* As people type them. */
		{"2X", {CONFIG_PACE_ORIGINAL, 2, 1}, "2x"},
		{"2 x", {CONFIG_PACE_ORIGINAL, 2, 1}, "2x"},
		{"1.5mpps", {CONFIG_PACE_PACKETS, 1500000, 1}, "1.5Mpps"},
		{"1.5 Mpps", {CONFIG_PACE_PACKETS, 1500000, 1}, "1.5Mpps"},
		{"200Kpps", {CONFIG_PACE_PACKETS, 200000, 1}, "200kpps"},
		{"7packets/s", {CONFIG_PACE_PACKETS, 7, 1}, "7pps"},
		{"1gbps", {CONFIG_PACE_FRAME_BITS, 1000000000, 1}, "1Gbps"},
		{"100Mbit", {CONFIG_PACE_FRAME_BITS, 100000000, 1}, "100Mbps"},
		{"1Gbit/s", {CONFIG_PACE_FRAME_BITS, 1000000000, 1}, "1Gbps"},
		{"2.50 Gbit/s", {CONFIG_PACE_FRAME_BITS, UINT64_C(2500000000), 1}, "2.5Gbps"},
		{"64kb/s", {CONFIG_PACE_FRAME_BITS, 64000, 1}, "64kbps"},
		{"8bit/s", {CONFIG_PACE_FRAME_BITS, 8, 1}, "8bps"},
		{"10gbit/s-wire", {CONFIG_PACE_WIRE_BITS, UINT64_C(10000000000), 1}, "10Gbps-wire"},
	};

	for (size_t i = 0; i < COUNT(good); i++) {
		char reason[CONFIG_PACE_REASON_MAX] = "", text[CONFIG_PACE_TEXT_MAX];
		struct config_pace pace;

		assert_int_equal(config_pace_parse(good[i].text, &pace, reason, sizeof(reason)), 0);
		assert_int_equal(pace.kind, good[i].pace.kind);
		assert_int_equal(pace.num, good[i].pace.num);
		assert_int_equal(pace.den, good[i].pace.den);
		config_pace_format(&pace, text, sizeof(text));
		assert_string_equal(text, good[i].written ? good[i].written : good[i].text);
	}
}

static void
test_bad_paces(void **state)
{
	static const struct {
		const char *text, *reason;
	} bad[] = {
		{"", "expected " CONFIG_PACE_FORMS ", not \"\""},
		{"fast", "expected " CONFIG_PACE_FORMS ", not \"fast\""},
		{"origin", "did you mean \"original\"?"},
		{"Top", "did you mean \"top\"?"},
		{"2", "expected original, 2x, 0.25x"},
		{"10Gbps_wire", "did you mean \"10Gbps-wire\"?"},
		{"2kx", "not \"2kx\""},
		{"100MBps", "not \"100MBps\": that is bytes a second"},
		{"100 MB/s", "write eight times as many"},
		{"1GBPS-wire", "that is bytes a second"},
		{"100mbyte/s", "that is bytes a second"},
		{"10Gb", "not \"10Gb\""},
		{"10  Gbps", "did you mean \"10Gbps\"?"},
		{"1kpps-wire", "not \"1kpps-wire\""},
		{" Gbps", "not \" Gbps\""},
		{"Gbps", "not \"Gbps\""},
		{"1.2.3gbit", "not \"1.2.3gbit\""},
		{"-1x", "not \"-1x\""},
		{"+1x", "not \"+1x\""},
		{" 1x", "not \" 1x\""},
		{".5x", "not \".5x\""},
		{"5.x", "not \"5.x\""},
		{"1.2.3x", "not \"1.2.3x\""},
		{"1,5x", "not \"1,5x\""},
		{"01x", "not \"01x\""},
		{"1e6pps", "not \"1e6pps\""},
		{"0x", "would never send a packet"},
		{"0.000Mpps", "would never send a packet"},
		{"0.0000000001x", "too fine"},
		{"1000001Gbps", "10^15 is the most"},
		{"99999999999999999999999999Gpps", "10^15 is the most"},
		{"18446744073.709551617Gpps", "10^15 is the most"},
		{"0.0000000000000000001x", "9 of them behind the point"},
		{"123456789.123456789x", "15 digits"},
	};

	for (size_t i = 0; i < COUNT(bad); i++) {
		char reason[CONFIG_PACE_REASON_MAX] = "";
		struct config_pace pace;

		assert_int_equal(config_pace_parse(bad[i].text, &pace, reason, sizeof(reason)),
				 -EINVAL);
		if (!strstr(reason, bad[i].reason))
			fail_msg("%s: %s", bad[i].text, reason);
	}
}

/* A slip is mended, and never into a number that is another by a thousand. */
static void
test_suggestions(void **state)
{
	static const struct {
		const char *text, *meant; /* NULL: who knows */
	} slips[] = {
		{"1Tbps", NULL},        {"1e6pps", NULL},      {"1Ebps-wire", NULL},
		{"100kps", "100kpps"},  {"10k pps", "10kpps"}, {"100 pps/s", "100pps"},
		{"10Gbps/s", "10Gbps"},
	};

	for (size_t i = 0; i < COUNT(slips); i++) {
		char reason[CONFIG_PACE_REASON_MAX] = "", quoted[32];
		struct config_pace pace;
		const char *told;

		assert_int_equal(config_pace_parse(slips[i].text, &pace, reason, sizeof(reason)),
				 -EINVAL);
		told = strstr(reason, "did you mean ");
		snprintf(quoted, sizeof(quoted), "\"%s\"?", slips[i].meant ? slips[i].meant : "");
		if (!told != !slips[i].meant || (told && !strstr(told, quoted)))
			fail_msg("%s: %s", slips[i].text, reason);
	}
}

static uint64_t
below(uint64_t *seed, uint64_t limit)
{
	*seed = *seed * UINT64_C(6364136223846793005) + 1;
	return (*seed >> 16) % limit;
}

/* What can be read is written so that it reads the same, whatever the unit. */
static void
test_random_paces(void **state)
{
	static const char *const units[] = {
		"x",    "pps",  "kpps",     "Mpps",      "Gpps",      "bps",      "kbps",
		"Mbps", "Gbps", "bps-wire", "kbps-wire", "Mbps-wire", "Gbps-wire"};
	uint64_t seed = 1, tens[] = {10, 1000, 100000, UINT64_C(10000000000)};
	unsigned read = 0;

	for (unsigned i = 0; i < RANDOM_PACES; i++) {
		char text[64], reason[CONFIG_PACE_REASON_MAX], once[CONFIG_PACE_TEXT_MAX],
			twice[CONFIG_PACE_TEXT_MAX];
		struct config_pace pace, again;

		snprintf(text, sizeof(text), "%" PRIu64 ".%0*" PRIu64 "%s",
			 below(&seed, tens[below(&seed, COUNT(tens))]), (int)below(&seed, 12),
			 below(&seed, tens[below(&seed, COUNT(tens))]),
			 units[below(&seed, COUNT(units))]);
		if (config_pace_parse(text, &pace, reason, sizeof(reason)) < 0)
			continue;
		read++;
		assert_true(pace.num >= 1 && pace.num <= UINT64_C(1000000000000000));
		assert_true(pace.den >= 1 && pace.den <= 1000000000);
		config_pace_format(&pace, once, sizeof(once));
		if (config_pace_parse(once, &again, reason, sizeof(reason)) < 0)
			fail_msg("%s became %s: %s", text, once, reason);
		assert_int_equal(again.kind, pace.kind);
		assert_int_equal(again.num, pace.num);
		assert_int_equal(again.den, pace.den);
		config_pace_format(&again, twice, sizeof(twice));
		assert_string_equal(once, twice);
	}
	assert_true(read > RANDOM_PACES / 2);
}

/* A text that is too long for its buffer is cut, not written behind it. */
static void
test_short_buffers(void **state)
{
	struct config_pace pace = {CONFIG_PACE_ORIGINAL, 1, UINT64_C(1) << 29};
	char text[CONFIG_PACE_TEXT_MAX], small[4];

	config_pace_format(&pace, text, sizeof(text));
	assert_string_equal(text, "0.00000000186264514923095703125x");
	config_pace_format(&pace, small, sizeof(small));
	assert_string_equal(small, "0.0");
	assert_int_equal(config_pace_parse("x", &pace, small, sizeof(small)), -EINVAL);
	assert_string_equal(small, "exp");
}

static void
test_durations(void **state)
{
	static const struct {
		const char *text;
		uint64_t ns;
		const char *written;
	} good[] = {
		{"0s", 0, "0s"},
		{"0ns", 0, "0s"},
		{"1ns", 1, "1ns"},
		{"1.5us", 1500, "1.5us"},
		{"2\u00b5s", 2000, "2us"},
		{"0.001us", 1, "1ns"},
		{"200ms", 200000000, "200ms"},
		{"1.5s", 1500000000, "1.5s"},
		{"0.000000001s", 1, "1ns"},
		{"60s", UINT64_C(60000000000), "60s"},
		{"1.5min", UINT64_C(90000000000), "90s"},
		{"2h", UINT64_C(7200000000000), "7200s"},
		{"87600h", CONFIG_DURATION_MAX, "315360000s"},
		{"123.456789012s", UINT64_C(123456789012), "123.456789012s"},
	};
	static const struct {
		const char *text, *reason;
	} bad[] = {
		{"5", "expected a duration such as"},    {"5 s", "did you mean \"5s\"?"},
		{"5S", "did you mean \"5s\"?"},          {"-5s", "not \"-5s\""},
		{"0.5ns", "whole number of nanosecond"}, {"87600.1h", "at most 87600h"},
		{"1.0000000001s", "whole number"},       {"99999999999999999999h", "at most"},
	};
	char reason[CONFIG_AMOUNT_REASON_MAX], text[CONFIG_AMOUNT_TEXT_MAX];
	uint64_t ns;

	for (size_t i = 0; i < COUNT(good); i++) {
		assert_int_equal(config_duration_parse(good[i].text, &ns, reason, sizeof(reason)),
				 0);
		assert_int_equal(ns, good[i].ns);
		config_duration_format(ns, text, sizeof(text));
		assert_string_equal(text, good[i].written);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(config_duration_parse(bad[i].text, &ns, reason, sizeof(reason)),
				 -EINVAL);
		if (!strstr(reason, bad[i].reason))
			fail_msg("%s: %s", bad[i].text, reason);
	}
}

static void
test_sizes(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
		const char *written;
	} good[] = {
		{"256MiB", UINT64_C(256) << 20, "256MiB"}, {"1GiB", UINT64_C(1) << 30, "1GiB"},
		{"1.5GiB", UINT64_C(3) << 29, "1536MiB"},  {"0.1KiB", 103, "0.1005859375KiB"},
		{"1TiB", UINT64_C(1) << 40, "1TiB"},       {"0KiB", 0, "0KiB"},
	};
	static const char *const bad[] = {"256",    "256 MB", "256M",
					  "-1GiB",  "1Gib",   "99999999999999999999999MiB",
					  "1.2.3B", "",       "99999999999TiB"};
	char reason[CONFIG_AMOUNT_REASON_MAX], text[CONFIG_AMOUNT_TEXT_MAX];
	uint64_t bytes;

	for (size_t i = 0; i < COUNT(good); i++) {
		assert_int_equal(config_size_parse(good[i].text, &bytes, reason, sizeof(reason)),
				 0);
		assert_int_equal(bytes, good[i].bytes);
		config_size_format(bytes, text, sizeof(text));
		assert_string_equal(text, good[i].written);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(config_size_parse(bad[i], &bytes, reason, sizeof(reason)),
				 -EINVAL);
		assert_non_null(strstr(reason, "a size such as 256MiB or 1.5GiB"));
	}
}

static void
test_moments(void **state)
{
	static const char *const good[] = {"0s", "1.5s", "#1", "#17", "#18446744073709551614"};
	static const char *const bad[] = {"#0", "#",   "#-1", "#1.5", "#x", "#18446744073709551615",
					  "17", "# 17"};
	char reason[CONFIG_AMOUNT_REASON_MAX], text[CONFIG_AMOUNT_TEXT_MAX];
	struct config_moment moment;

	for (size_t i = 0; i < COUNT(good); i++) {
		assert_int_equal(config_moment_parse(good[i], &moment, reason, sizeof(reason)), 0);
		assert_int_equal(moment.kind,
				 good[i][0] == '#' ? CONFIG_MOMENT_PACKET : CONFIG_MOMENT_TIME);
		config_moment_format(&moment, text, sizeof(text));
		assert_string_equal(text, good[i]);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(config_moment_parse(bad[i], &moment, reason, sizeof(reason)),
				 -EINVAL);
		assert_non_null(strstr(reason, bad[i][0] == '#' ? "counted from \"#1\" on"
								: "a packet's number such as"));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paces),         cmocka_unit_test(test_bad_paces),
		cmocka_unit_test(test_suggestions),   cmocka_unit_test(test_random_paces),
		cmocka_unit_test(test_short_buffers), cmocka_unit_test(test_durations),
		cmocka_unit_test(test_sizes),         cmocka_unit_test(test_moments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
