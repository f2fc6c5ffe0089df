/* SPDX-License-Identifier: BSD-3-Clause */
/* What a tick of a pcapng interface is, and where its time begins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "format_kit.h"

#include "core/banned.h"

#define SECOND UINT64_C(1000000000)
#define ETHERNET 1
#define BINARY 0x80
#define MICRO 6
#define NANO 9
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct image image;

static void
knows_every_resolution(void **state)
{
	static const struct {
		uint8_t resolution;
		int64_t offset;
		uint64_t ticks, ns;
	} cases[] = {
		{0, 0, 1700000000, 1700000000 * SECOND},
		{1, 0, 15, 1500000000},
		{3, 0, 1700000000123, 1700000000123000000},
		{MICRO, 0, 1700000000123456, 1700000000123456000},
		{NANO, 0, 1700000000123456789, 1700000000123456789},
		{12, 0, 1700000000999, 1700000000},
		{19, 0, 19999999999, 1},
		{27, 0, UINT64_MAX, 18},
		{28, 0, UINT64_MAX, 1},
		{29, 0, UINT64_MAX, 0},
		{127, 0, UINT64_MAX, 0},
		{BINARY | 0, 0, 7, 7 * SECOND},
		{BINARY | 1, 0, 3, 1500000000},
		{BINARY | 10, 0, 1025, 1000976562},
		{BINARY | 32, 0, UINT64_C(0x6553f10080000000), 1700000000500000000},
		{BINARY | 63, 0, UINT64_MAX, 1999999999},
		{BINARY | 64, 0, UINT64_MAX, 999999999},
		{BINARY | 94, 0, UINT64_MAX, 0},
		{BINARY | 127, 0, UINT64_MAX, 0},
		{MICRO, 1700000000, 123456, 1700000000123456000},
		{NANO, -1700000000, 1700000001000000007, 1000000007},
		{NANO, -2, 1999999999, 0},
		{MICRO, INT64_MIN, UINT64_MAX, 0},
		{MICRO, INT64_MAX, 0, UINT64_MAX},
		{MICRO, 0, UINT64_MAX, UINT64_MAX},
		{0, INT64_MAX, UINT64_MAX, UINT64_MAX},
		{NANO, 0, UINT64_MAX, UINT64_MAX},
		{NANO, 1, UINT64_MAX, UINT64_MAX},
		{NANO, -1, UINT64_MAX, UINT64_MAX - SECOND},
	};

	for (unsigned i = 0; i < 2 * COUNT(cases); i++) {
		struct expected expected = {cases[i / 2].ns, 60, 60, cases[i / 2].ticks & 0xff};

		image_clear(&image, i % 2);
		put_section(&image, 0);
		put_interface(&image, ETHERNET, cases[i / 2].resolution, cases[i / 2].offset);
		put_enhanced(&image, 0, cases[i / 2].ticks, 60, 60);
		assert_good(&image, &expected, 1);
		if (cases[i / 2].ns < (UINT64_C(1) << 62) && cases[i / 2].ns > 0 &&
		    (cases[i / 2].resolution & ~BINARY) <= 19)
			assert_image_as_libpcap(&image);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_every_resolution),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
