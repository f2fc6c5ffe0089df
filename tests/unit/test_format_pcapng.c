/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "format_kit.h"

#include "core/banned.h"

#define SECOND UINT64_C(1000000000)
#define ETHERNET 1
#define LINUX_SLL 113
#define MICRO 6
#define NANO 9
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct image image;

static void
begin(bool swapped)
{
	image_clear(&image, swapped);
	put_section(&image, 0);
}

static void
begin_micro(bool swapped)
{
	begin(swapped);
	begin_interface(&image, ETHERNET, 0);
	end_block(&image);
}

static void
reads_every_packet_block(void **state)
{
	struct expected expected[] = {
		{1, 60, 60, 1},  {0, 61, 61, 3}, {UINT64_C(0x1234567800000002), 62, 1500, 2},
		{5000, 0, 9, 0}, {0, 6, 6, 3},   {6, 33, 33, 6},
	};

	for (unsigned swapped = 0; swapped < 2; swapped++) {
		begin(swapped);
		put_interface(&image, ETHERNET, NANO, 0);
		put_interface(&image, ETHERNET, MICRO, 0);
		put_enhanced(&image, 0, 1, 60, 60);
		put_simple(&image, 61, 61);
		put_obsolete(&image, 0, UINT64_C(0x1234567800000002), 62, 1500);
		put_enhanced(&image, 1, 5, 0, 9);
		put_simple(&image, 6, 6);
		put_obsolete(&image, 0, 6, 33, 30);
		assert_good(&image, expected, COUNT(expected));
	}
}

static void
reads_a_section_alone(void **state)
{
	begin(false);
	assert_good(&image, NULL, 0);
	begin_micro(true);
	assert_good(&image, NULL, 0);
}

/* Blocks for names, statistics and what nobody knows, of any length; and options where they may stand. */
static void
passes_over_other_blocks(void **state)
{
	struct expected expected[] = {{1000, 60, 60, 1}, {2000, 61, 61, 2}};

	for (unsigned swapped = 0; swapped < 2; swapped++) {
		begin(swapped);
		put_unknown(&image, 4, 8);
		put_unknown(&image, 0x80000bad, 0);
		begin_interface(&image, ETHERNET, 0);
		put_option(&image, 3, "no end of options", 17);
		end_block(&image);
		put_unknown(&image, 5, 1000);
		begin_enhanced(&image, 0, 1, 60, 60);
		put_option(&image, 1, "a comment", 9);
		put_option(&image, 0, "", 0);
		end_block(&image);
		put_unknown(&image, 0xa, 77);
		put_enhanced(&image, 0, 2, 61, 61);
		put_unknown(&image, 0xbad, 100);
		assert_good(&image, expected, COUNT(expected));
		assert_image_as_libpcap(&image);
	}
}

/* Every kind of block of the draft's registry and some that nobody knows, of any length, between the packets of
 * interfaces with snap lengths and link types of their own. */
static void
passes_over_all_that_has_no_packet(void **state)
{
	static const uint32_t types[] = {
		4,          5,          7,          8,          9,          10,
		11,         0xbad,      0x40000bad, 0x80000bad, 0x40000001, 0x7fffffff,
		0xffffffff, 0x0a0d0a00, 0x201,      0x210,      0x1001,     0,
	};
	struct expected expected[2 * COUNT(types)];

	for (unsigned swapped = 0; swapped < 2; swapped++) {
		begin(swapped);
		begin_interface(&image, ETHERNET, 100);
		end_block(&image);
		begin_interface(&image, LINUX_SLL, 96);
		end_block(&image);
		begin_interface(&image, ETHERNET, 65535);
		end_block(&image);
		for (unsigned i = 0; i < COUNT(types); i++) {
			put_unknown(&image, types[i], i * 13);
			put_enhanced(&image, 2, i, 1000, 1001);
			put_simple(&image, 100, 1500);
			expected[2 * i] = (struct expected){i * 1000, 1000, 1001, i};
			expected[2 * i + 1] = (struct expected){0, 100, 1500, 3};
		}
		assert_good(&image, expected, COUNT(expected));
	}
}

/* The window of assert_pieces_agree never holds them whole. */
static void
passes_over_long_blocks(void **state)
{
	struct expected expected[] = {
		{1000, 60, 60, 1}, {2000, 61, 61, 2}, {3000, 100000, 100000, 3}};
	struct parsed parsed;

	image_clear(&image, false);
	put_section(&image, 0);
	image.size -= 4;
	put_packet(&image, 0, FORMAT_UNIT_MAX);
	end_block(&image);
	begin_interface(&image, ETHERNET, 0);
	end_block(&image);
	put_unknown(&image, 0xbad, 300000);
	begin_enhanced(&image, 0, 1, 60, 60);
	for (unsigned i = 0; i < 3; i++) {
		put16(&image, 1);
		put16(&image, 60000);
		put_packet(&image, 'x', 60000);
	}
	end_block(&image);
	put_enhanced(&image, 0, 2, 61, 61);
	put_enhanced(&image, 0, 3, 100000, 100000);
	for (size_t step = 1; step < 1000000; step = step * 3 + 1) {
		parsed = parse(image.bytes, image.size, step);
		assert_int_equal(parsed.ret, 0);
		assert_records(&image, &parsed, expected, COUNT(expected));
		parsed_free(&parsed);
	}
	/* And the end of the file in each of them. */
	for (size_t size = 28; size < image.size - 4; size += 4099) {
		struct parsed pieces = parse(image.bytes, size, 999);

		parsed = parse(image.bytes, size, 0);
		assert_true(agree(&parsed, &pieces));
		assert_int_equal(parsed.ret, -ENODATA);
		assert_string_equal(parsed.reason, "the file ends in the middle of a block");
		parsed_free(&parsed);
		parsed_free(&pieces);
	}
}

/* Byte orders, interfaces and their times are a section's own. */
static void
reads_several_sections(void **state)
{
	struct expected expected[] = {
		{1000, 60, 60, 1}, {2, 61, 61, 2}, {0, 10, 62, 3}, {3 * SECOND, 63, 63, 3}};

	begin_micro(false);
	put_enhanced(&image, 0, 1, 60, 60);
	image.swapped = true;
	put_section(&image, 2);
	put_interface(&image, LINUX_SLL, MICRO, 0);
	put_interface(&image, ETHERNET, NANO, 0);
	put_enhanced(&image, 1, 2, 61, 61);
	image.swapped = false;
	put_section(&image, 0);
	begin_interface(&image, ETHERNET, 10);
	put_option(&image, 9, "\0", 1);
	end_block(&image);
	put_simple(&image, 10, 62);
	put_enhanced(&image, 0, 3, 63, 63);
	assert_good(&image, expected, COUNT(expected));

	begin_micro(false);
	put_section(&image, 0);
	put_enhanced(&image, 0, 1, 60, 60);
	assert_fails(&image, -EBADMSG, 0, "the packet is of interface 0, and the section has 0");
}

static void
refuses_other_link_types_when_used(void **state)
{
	begin_micro(true);
	put_interface(&image, LINUX_SLL, NANO, 0);
	put_interface(&image, 65535, NANO, 0);
	put_enhanced(&image, 0, 1, 60, 60);
	put_enhanced(&image, 1, 1, 60, 60);
	assert_fails(&image, -EPROTOTYPE, 1,
		     "the packet's interface has link type LINUX_SLL (113), not Ethernet; see "
		     "other-links");
	begin_micro(false);
	put_interface(&image, 65535, NANO, 0);
	put_obsolete(&image, 1, 1, 60, 60);
	assert_fails(&image, -EPROTOTYPE, 0,
		     "the packet's interface has link type 65535, not Ethernet; see other-links");
}

/* Many interfaces are one table's; too many are refused. */
static void
bounds_interfaces(void **state)
{
	struct expected expected = {7000, 60, 60, 7};
	struct parsed parsed;

	begin(false);
	for (unsigned i = 0; i < 65536; i++) {
		begin_interface(&image, ETHERNET, 0);
		end_block(&image);
	}
	put_enhanced(&image, 65535, 7, 60, 60);
	parsed = parse(image.bytes, image.size, 0);
	assert_int_equal(parsed.ret, 0);
	assert_records(&image, &parsed, &expected, 1);
	parsed_free(&parsed);
	begin_interface(&image, ETHERNET, 0);
	end_block(&image);
	parsed = parse(image.bytes, image.size, 0);
	assert_int_equal(parsed.ret, -EBADMSG);
	assert_string_equal(parsed.reason,
			    "the section has more than 65536 interfaces, the most there may be");
	parsed_free(&parsed);
}

/* One number of a good packet is changed: at an offset in its block, to a value. */
static void
says_how_a_packet_is_broken(void **state)
{
	static const struct {
		unsigned offset;
		uint32_t value;
		const char *reason;
	} cases[] = {
		{4, 3, "the block, of type 6, says it is 3 bytes long; 32 are the least"},
		{4, 0, "the block, of type 6, says it is 0 bytes long; 32 are the least"},
		{4, 93,
		 "the block, of type 6, says it is 93 bytes long, which is no multiple of 4"},
		{4, 96, "the file ends in the middle of a block"},
		{4, 16 * 1024 * 1024, "the file ends in the middle of a block"},
		{4, 0xfffffffc,
		 "the block, of type 6, says it is 4294967292 bytes long; 135266304 are the most"},
		{4, 88,
		 "the block, of type 6, says it is 88 bytes long at its begin, and 0 at its end"},
		{88, 1000,
		 "the block, of type 6, says it is 92 bytes long at its begin, and 1000 at its "
		 "end"},
		{8, 1, "the packet is of interface 1, and the section has 1"},
		{8, UINT32_MAX, "the packet is of interface 4294967295, and the section has 1"},
		{20, 61, "the packet says it is 61 bytes long, and its block has only 60"},
		{20, 262145, "the packet says it is 262145 bytes long; 262144 are the most"},
		{20, UINT32_MAX,
		 "the packet says it is 4294967295 bytes long; 262144 are the most"},
	};

	for (unsigned i = 0; i < 2 * COUNT(cases); i++) {
		begin_micro(i % 2);
		put_enhanced(&image, 0, 1, 60, 60);
		memset(image.bytes + image.size - 64, 0, 60);
		put_enhanced(&image, 0, 1, 60, 60);
		memset(image.bytes + image.size - 64, 0, 60);
		patch32(&image, image.block + cases[i / 2].offset, cases[i / 2].value);
		assert_fails(&image,
			     strstr(cases[i / 2].reason, "the file ends") ? -ENODATA : -EBADMSG, 1,
			     cases[i / 2].reason);
	}
	begin_micro(false);
	put_simple(&image, 60, 61);
	assert_fails(&image, -EBADMSG, 0,
		     "the packet says it is 61 bytes long, and its block has only 60");
	begin(false);
	put_simple(&image, 60, 60);
	assert_fails(&image, -EBADMSG, 0, "the packet is of interface 0, and the section has 0");
	begin_micro(false);
	put(&image, "\6\0\0\0\x20\0\0\0\0\0\0", 11);
	assert_fails(&image, -ENODATA, 0, "the file ends in the middle of a block");
}

static void
says_how_an_interface_is_broken(void **state)
{
	static const struct {
		uint16_t code, length;
		const char *reason;
	} cases[] = {
		{9, 0, "the interface's option if_tsresol is 0 bytes long, not 1"},
		{9, 2, "the interface's option if_tsresol is 2 bytes long, not 1"},
		{14, 4, "the interface's option if_tsoffset is 4 bytes long, not 8"},
		{2, 9,
		 "the interface's option 2 says it is 9 bytes long, and its block has only 8 more"},
		{2, 65535,
		 "the interface's option 2 says it is 65535 bytes long, and its block has only 8 "
		 "more"},
	};

	for (unsigned i = 0; i < 2 * COUNT(cases); i++) {
		begin(i % 2);
		begin_interface(&image, ETHERNET, 0);
		put16(&image, cases[i / 2].code);
		put16(&image, cases[i / 2].length);
		put64(&image, 0);
		end_block(&image);
		assert_fails(&image, -EBADMSG, 0, cases[i / 2].reason);
	}
	begin(false);
	begin_interface(&image, ETHERNET, 0);
	put_packet(&image, 0, FORMAT_UNIT_MAX);
	end_block(&image);
	assert_fails(&image, -EBADMSG, 0,
		     "the interface's block says it is 67604 bytes long; 67584 are the most");
	/* So it is where the file ends within it, in one piece or in several. */
	begin_micro(false);
	patch32(&image, image.block + 4, 16 * 1024 * 1024);
	assert_fails(&image, -EBADMSG, 0,
		     "the interface's block says it is 16777216 bytes long; 67584 are the most");
}

static void
says_how_a_section_is_broken(void **state)
{
	begin_micro(true);
	put_enhanced(&image, 0, 1, 60, 60);
	put_section(&image, 0);
	patch32(&image, image.block + 8, 0x1a2b3c4e);
	assert_fails(&image, -EBADMSG, 1,
		     "the section has no byte order: its magic number is 0x4e3c2b1a");
	begin_micro(false);
	put_section(&image, 1);
	assert_fails(&image, -EBADMSG, 0,
		     "the section is pcapng of version 1.1, not 1.0; write the file anew, as "
		     "editcap does");
	image_clear(&image, false);
	put_section(&image, 3);
	assert_fails(&image, -EINVAL, 0,
		     "begins as pcapng, but the section is pcapng of version 1.3, not 1.0; write "
		     "the file anew, as editcap does");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_packet_block),
		cmocka_unit_test(reads_a_section_alone),
		cmocka_unit_test(passes_over_other_blocks),
		cmocka_unit_test(passes_over_all_that_has_no_packet),
		cmocka_unit_test(passes_over_long_blocks),
		cmocka_unit_test(reads_several_sections),
		cmocka_unit_test(refuses_other_link_types_when_used),
		cmocka_unit_test(bounds_interfaces),
		cmocka_unit_test(says_how_a_packet_is_broken),
		cmocka_unit_test(says_how_an_interface_is_broken),
		cmocka_unit_test(says_how_a_section_is_broken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
