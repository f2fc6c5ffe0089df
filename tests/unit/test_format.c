/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "format_kit.h"

#include "core/banned.h"

#define MICRO 0xa1b2c3d4
#define NANO 0xa1b23c4d
#define KUZNETZOV 0xa1b2cd34
#define SECOND UINT64_C(1000000000)
#define ETHERNET 1
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct image image;

static void
reads_pcap(void **state)
{
	static const uint32_t magics[] = {MICRO, NANO};

	for (unsigned i = 0; i < 4; i++) {
		unsigned unit = magics[i / 2] == MICRO ? 1000 : 1;
		struct expected expected[] = {
			{7 * SECOND + 123456 * unit, 60, 60, 7},
			{8 * SECOND + 999999 * unit, 1, 1500, 8},
			{2 * SECOND, 0, 0, 0},
			{4294967295 * SECOND + 5 * unit, 61, 61, 255},
			/* Neither a fraction of more than a second nor a packet longer than on the wire is
			 * right, and both are written. */
			{9 * SECOND + 2000000000ull * unit, 30, 30, 9},
		};

		image_clear(&image, i % 2);
		put_pcap(&image, magics[i / 2], ETHERNET);
		put_record(&image, 7, 123456, 60, 60);
		put_record(&image, 8, 999999, 1, 1500);
		put_record(&image, 2, 0, 0, 0);
		put_record(&image, 4294967295, 5, 61, 61);
		put_record(&image, 9, 2000000000, 30, 29);
		assert_good(&image, expected, COUNT(expected));
	}
}

static void
reads_pcap_without_records(void **state)
{
	image_clear(&image, false);
	put_pcap(&image, NANO, ETHERNET);
	assert_good(&image, NULL, 0);
}

/* The upper bits of the link type say that frames end in an FCS. */
static void
takes_frames_with_fcs(void **state)
{
	struct expected expected[] = {{SECOND, 64, 64, 1}};

	image_clear(&image, true);
	put_pcap(&image, MICRO, 0x44000000 | ETHERNET);
	put_record(&image, 1, 0, 64, 64);
	assert_good(&image, expected, 1);
}

static void
refuses_other_link_types(void **state)
{
	static const struct {
		unsigned link_type;
		const char *name;
	} cases[] = {
		{0, "NULL (0)"},
		{9, "PPP (9)"},
		{101, "RAW (101)"},
		{105, "IEEE802_11 (105)"},
		{108, "LOOP (108)"},
		{113, "LINUX_SLL (113)"},
		{127, "IEEE802_11_RADIO (127)"},
		{228, "IPV4 (228)"},
		{253, "NETLINK (253)"},
		{276, "LINUX_SLL2 (276)"},
		{12, "RAW (12)"},
		{65535, "65535"},
	};

	for (unsigned i = 0; i < COUNT(cases); i++) {
		char reason[FORMAT_REASON_MAX];

		image_clear(&image, i % 2);
		put_pcap(&image, MICRO, cases[i].link_type);
		put_record(&image, 1, 0, 64, 64);
		snprintf(reason, sizeof(reason), "has link type %s, not Ethernet; see other-links",
			 cases[i].name);
		assert_fails(&image, -EINVAL, 0, reason);
	}
}

static void
refuses_what_is_no_capture(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		const char *reason;
	} cases[] = {
		{"", 0, "is empty"},
		{"x", 1, "is no capture file: it begins neither as pcap nor as pcapng"},
		{"\xd4\xc3\xb2", 3, "is no capture file: it begins neither as pcap nor as pcapng"},
		{"This is a text.\n", 16,
		 "is no capture file: it begins neither as pcap nor as pcapng"},
		{"\x1f\x8b\x08\x00\x00", 5,
		 "is compressed with gzip; unpack it first, with gunzip"},
		{"\x28\xb5\x2f\xfd", 4, "is compressed with zstd; unpack it first, with unzstd"},
		{"\xfd"
		 "7zXZ\0",
		 6, "is compressed with xz; unpack it first, with unxz"},
		{"BZh91AY", 7, "is compressed with bzip2; unpack it first, with bunzip2"},
		{"\x04\x22\x4d\x18", 4, "is compressed with lz4; unpack it first, with unlz4"},
		{"PK\3\4", 4, "is a zip archive; unpack it first, with unzip"},
		{"snoop\0\0\0\0\0\0\2", 12,
		 "is a snoop capture; convert it first, with editcap -F pcapng"},
		{"\x1c\0\1\xac\0\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 24,
		 "ends within its header: it has 24 bytes, and a pcap file's header alone has 28"},
		{"\xd4\xc3\xb2\xa1\2\0\4\0", 8,
		 "ends within its header: it has 8 bytes, and a pcap file's header alone has 24"},
		{"\x0a\x0d\x0d\x0a\x1c\0\0\0", 8,
		 "ends within its header: it has 8 bytes, and a pcapng file's header alone has 28"},
	};

	for (unsigned i = 0; i < COUNT(cases); i++) {
		image_clear(&image, false);
		put(&image, cases[i].bytes, cases[i].size);
		assert_fails(&image, -EINVAL, 0, cases[i].reason);
	}
}

static void
refuses_other_versions(void **state)
{
	image_clear(&image, true);
	put_pcap(&image, MICRO, ETHERNET);
	image.bytes[7] = 5;
	assert_fails(
		&image, -EINVAL, 0,
		"is a pcap file of version 2.5; write it anew as version 2.4, as editcap does");
	image.bytes[5] = 1;
	assert_fails(
		&image, -EINVAL, 0,
		"is a pcap file of version 1.5; write it anew as version 2.4, as editcap does");
}

static void
assert_seen(const struct expected *expected, unsigned count)
{
	struct parsed parsed = parse(image.bytes, image.size, 0);

	assert_int_equal(parsed.ret, 0);
	assert_records(&image, &parsed, expected, count);
	parsed_free(&parsed);
	assert_pieces_agree(&image);
}

/* Those whose records have longer headers, or the file; and libpcap, of those that it reads. */
static void
reads_kin_of_pcap(void **state)
{
	static const struct {
		uint32_t magic;
		unsigned unit, in_header, in_record;
		bool libpcap;
	} cases[] = {
		{MICRO, 1000, 0, 4, false},    {MICRO, 1000, 0, 8, false},
		{KUZNETZOV, 1000, 0, 8, true}, {KUZNETZOV, 1000, 0, 12, false},
		{0x1c0001ac, 1, 4, 0, false},  {0x1c0001ab, 1000, 4, 0, false},
		{NANO, 1, 0, 0, true},
	};

	for (unsigned i = 0; i < 2 * COUNT(cases); i++) {
		unsigned more = cases[i / 2].in_record, unit = cases[i / 2].unit;
		struct expected expected[] = {
			{1700000001 * SECOND + unit, 60, 60, 1},
			{1700000002 * SECOND + 2 * unit, 1000, 1514, 2},
			{1700000003 * SECOND + 999999 * unit, 1500, 1500, 3},
			{1700000003 * SECOND + 999999 * unit, 1500, 1500, 3},
			{1700000003 * SECOND + 999999 * unit, 1500, 1500, 3},
			/* Past what decides, all is let in that is in plain ones. */
			{1700000004 * SECOND, 0, 9, 0},
			{1700000005 * SECOND + 2000000ull * unit, 4000, 4000, 5},
		};

		image_clear(&image, i % 2);
		put_pcap(&image, cases[i / 2].magic, ETHERNET);
		put_packet(&image, 0x77, cases[i / 2].in_header);
		put_long_record(&image, more, 1700000001, 1, 60, 60, 1);
		put_long_record(&image, more, 1700000002, 2, 1000, 1514, 2);
		for (unsigned n = 0; n < 3; n++)
			put_long_record(&image, more, 1700000003, 999999, 1500, 1500, 3);
		assert_seen(expected, 5);
		put_long_record(&image, more, 1700000004, 0, 0, 9, 4);
		put_long_record(&image, more, 1700000005, 2000000, 4000, 4000, 5);
		assert_seen(expected, COUNT(expected));
		if (cases[i / 2].libpcap)
			assert_image_as_libpcap(&image);
	}
}

/* Odd records alone do not make a file another kind. */
static void
keeps_to_plain_pcap(void **state)
{
	static const uint32_t wires[] = {60, 30, 1500};

	for (unsigned i = 0; i < 2 * COUNT(wires); i++) {
		struct expected expected[6];

		image_clear(&image, i % 2);
		put_pcap(&image, MICRO, ETHERNET);
		for (unsigned n = 0; n < COUNT(expected); n++) {
			uint32_t wire = wires[i / 2];

			put_record(&image, n + 1, 3000000, 60, wire);
			expected[n] = (struct expected){(n + 4) * SECOND, 60, wire < 60 ? 60 : wire,
							n + 1};
			assert_seen(expected, n + 1);
		}
	}
}

static void
reads_older_versions(void **state)
{
	static const struct {
		uint16_t major, minor;
		bool wire_first;
	} cases[] = {
		{2, 0, true},  {2, 2, true},  {2, 3, true},
		{2, 3, false}, {2, 4, false}, {543, 0, true},
	};
	struct expected expected[] = {{SECOND, 60, 1500, 1}, {2 * SECOND, 61, 61, 2}};

	for (unsigned i = 0; i < 2 * COUNT(cases); i++) {
		bool wire_first = cases[i / 2].wire_first;

		image_clear(&image, i % 2);
		put_pcap(&image, NANO, ETHERNET);
		image.size = 4;
		put16(&image, cases[i / 2].major);
		put16(&image, cases[i / 2].minor);
		image.size = 24;
		put_record(&image, 1, 0, 60, 1500);
		if (wire_first) {
			patch32(&image, 32, 1500);
			patch32(&image, 36, 60);
		}
		put_record(&image, 2, 0, 61, 61);
		assert_good(&image, expected, COUNT(expected));
		assert_image_as_libpcap(&image);
	}
}

static void
says_how_pcap_is_broken(void **state)
{
	static const struct {
		uint32_t length;
		const char *reason;
	} cases[] = {
		{61, "the record says it is 61 bytes long, and the file has only 60 more"},
		{262144, "the record says it is 262144 bytes long, and the file has only 60 more"},
		{262145, "the record says it is 262145 bytes long; 262144 are the most"},
		{UINT32_MAX, "the record says it is 4294967295 bytes long; 262144 are the most"},
	};

	for (unsigned i = 0; i < 2 * COUNT(cases); i++) {
		image_clear(&image, i % 2);
		put_pcap(&image, MICRO, ETHERNET);
		put_record(&image, 1, 0, 64, 64);
		put_record(&image, 2, 0, 60, 60);
		patch32(&image, image.size - 68, cases[i / 2].length);
		assert_fails(&image, i < 4 ? -ENODATA : -EBADMSG, 1, cases[i / 2].reason);
	}
	image_clear(&image, false);
	put_pcap(&image, MICRO, ETHERNET);
	put_record(&image, 1, 0, 64, 64);
	put(&image, "123456789012345", 15);
	assert_fails(&image, -ENODATA, 1, "the file ends in the middle of a record");
}

/* They are told of although no piece of the file holds them whole. */
static void
tells_of_packets_too_long(void **state)
{
	static const uint32_t lengths[] = {65535, 65536, 100000, 262144, 60};
	struct parsed parsed;

	image_clear(&image, false);
	put_pcap(&image, NANO, ETHERNET);
	for (unsigned i = 0; i < COUNT(lengths); i++)
		put_record(&image, i, i, lengths[i], lengths[i]);
	assert_pieces_agree(&image);
	parsed = parse(image.bytes, image.size, 512);
	assert_int_equal(parsed.ret, 0);
	assert_int_equal(parsed.count, COUNT(lengths));
	for (unsigned i = 0; i < COUNT(lengths); i++)
		assert_int_equal(parsed.records[i].length, lengths[i]);
	parsed_free(&parsed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_pcap),
		cmocka_unit_test(reads_pcap_without_records),
		cmocka_unit_test(reads_kin_of_pcap),
		cmocka_unit_test(keeps_to_plain_pcap),
		cmocka_unit_test(reads_older_versions),
		cmocka_unit_test(takes_frames_with_fcs),
		cmocka_unit_test(refuses_other_link_types),
		cmocka_unit_test(refuses_what_is_no_capture),
		cmocka_unit_test(refuses_other_versions),
		cmocka_unit_test(says_how_pcap_is_broken),
		cmocka_unit_test(tells_of_packets_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
