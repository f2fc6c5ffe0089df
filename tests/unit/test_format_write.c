/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "format/format.h"
#include "format/write.h"

#include "core/banned.h"

#define TIME_NS 1795964400123456789

static uint8_t file[1 << 20];
static size_t used;

static void
begin(void)
{
	memset(file, 0xee, sizeof(file));
	used = format_write_section(file, "sluiced 1", "a comment");
	used += format_write_interface(file + used, "east", 65535);
	used += format_write_interface(file + used, "west", 65535);
}

static void
put(const struct format_write_packet *packet, uint8_t first)
{
	uint32_t size = format_write_packet_size(packet);
	uint8_t *bytes = format_write_packet(file + used, packet);

	for (uint32_t i = 0; i < packet->length; i++)
		bytes[i] = (uint8_t)(first + i);
	assert_int_equal(file[used + size], 0xee); /* nothing behind it was touched */
	assert_true(size <= packet->length + FORMAT_WRITE_AROUND_MAX);
	used += size;
}

static void
pad(uint32_t size)
{
	format_write_padding(file + used, size);
	used += size;
}

/* The file as our own reader sees it. */
static unsigned
count_records(struct format_record *records, unsigned room)
{
	struct format format = {0};
	unsigned count = 0;
	size_t at;
	int ret = format_begin(&format, file, used < FORMAT_HEAD ? used : FORMAT_HEAD);

	assert_true(ret >= 0);
	at = (size_t)ret;
	while (count < room &&
	       (ret = format_next(&format, file, used, true, &at, &records[count])) == 1)
		count++;
	assert_int_equal(ret, 0);
	format_end(&format);
	return count;
}

static unsigned
count_by_libpcap(void)
{
	char reason[PCAP_ERRBUF_SIZE], path[] = "/tmp/format_write_XXXXXX";
	struct pcap_pkthdr *header;
	const u_char *bytes;
	unsigned count = 0;
	pcap_t *pcap;
	int fd = mkstemp(path), ret;

	assert_int_equal(write(fd, file, used), used);
	close(fd);
	pcap = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, reason);
	assert_non_null(pcap);
	while ((ret = pcap_next_ex(pcap, &header, &bytes)) == 1)
		count++;
	assert_int_equal(ret, PCAP_ERROR_BREAK);
	pcap_close(pcap);
	unlink(path);
	return count;
}

static void
packets_are_read_as_they_were_written(void **state)
{
	static const uint32_t lengths[] = {0, 1, 2, 3, 4, 60, 61, 1514, 65535};
	struct format_record records[16];

	(void)state;
	begin();
	for (unsigned i = 0; i < 9; i++)
		put(&(struct format_write_packet){.time_ns = TIME_NS + i,
						  .interface = i % 2,
						  .length = lengths[i],
						  .wire_length = lengths[i] + i,
						  .flags = i & 1 ? FORMAT_INBOUND : 0,
						  .lost = i & 2 ? i : 0,
						  .id = i & 4 ? 77 : 0},
		    (uint8_t)i);
	used += format_write_statistics(
		file + used, &(struct format_write_statistics){.interface = 1, .received = 9});
	assert_int_equal(count_records(records, 16), 9);
	for (unsigned i = 0; i < 9; i++) {
		assert_int_equal(records[i].time_ns, TIME_NS + i);
		assert_int_equal(records[i].length, lengths[i]);
		assert_int_equal(records[i].wire_length, lengths[i] + i);
		for (uint32_t at = 0; at < lengths[i]; at++)
			assert_int_equal(file[records[i].offset + at], (uint8_t)(i + at));
	}
	assert_int_equal(count_by_libpcap(), 9);
}

/* Byte by byte as the draft's figures have it: what no reader shows is right, too. */
static void
a_packet_has_the_bytes_of_the_draft(void **state)
{
	static const uint8_t expected[] = {
		6,    0, 0, 0, 76, 0, 0, 0, 1, 0,  0,  0,  0x44, 0x33, 0x22, 0x11, 0x88, 0x77, 0x66,
		0x55, 5, 0, 0, 0,  9, 0, 0, 0, 10, 11, 12, 13,   14,   0,    0,    0,    2,    0,
		4,    0, 1, 0, 0,  0, 4, 0, 8, 0,  3,  0,  0,    0,    0,    0,    0,    0,    5,
		0,    8, 0, 7, 0,  0, 0, 0, 0, 0,  0,  0,  0,    0,    0,    76,   0,    0,    0};

	(void)state;
	used = 0;
	memset(file, 0xee, sizeof(file));
	put(&(struct format_write_packet){.time_ns = 0x1122334455667788,
					  .interface = 1,
					  .length = 5,
					  .wire_length = 9,
					  .flags = FORMAT_INBOUND,
					  .lost = 3,
					  .id = 7},
	    10);
	assert_int_equal(used, sizeof(expected));
	assert_memory_equal(file, expected, used);
}

static void
padding_is_passed_over_at_any_length(void **state)
{
	struct format_write_packet packet = {.time_ns = TIME_NS, .length = 60, .wire_length = 60};
	struct format_record records[512];
	unsigned count = 0;

	(void)state;
	begin();
	for (uint32_t size = FORMAT_WRITE_PADDING_MIN; size < 4200; size += 52) {
		put(&packet, 1);
		pad(size);
		count++;
	}
	pad(262144);
	put(&packet, 1);
	assert_int_equal(count_records(records, 512), count + 1);
	assert_int_equal(count_by_libpcap(), count + 1);
}

static void
padding_reaches_a_multiple(void **state)
{
	(void)state;
	for (uint32_t size = 0; size < 3 * 4096; size += 4) {
		uint32_t padding = format_write_padding_size(size, 4096);

		assert_int_equal((size + padding) % 4096, 0);
		assert_true(padding == 0 || padding >= FORMAT_WRITE_PADDING_MIN);
		assert_true(padding < 4096 + FORMAT_WRITE_PADDING_MIN);
	}
}

/* As long a text as there may be, and one that is longer. */
static void
texts_are_cut(void **state)
{
	static char text[FORMAT_WRITE_TEXT_MAX + 2];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	used = format_write_section(file, text, text);
	assert_int_equal(used, FORMAT_WRITE_SECTION_MAX - 8);
	used += format_write_interface(file + used, text, 0);
	assert_int_equal(count_by_libpcap(), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_are_read_as_they_were_written),
		cmocka_unit_test(a_packet_has_the_bytes_of_the_draft),
		cmocka_unit_test(padding_is_passed_over_at_any_length),
		cmocka_unit_test(padding_reaches_a_multiple),
		cmocka_unit_test(texts_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
