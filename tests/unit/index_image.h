/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A capture with seals, and its index, written into memory.
 */
#ifndef TESTS_INDEX_IMAGE_H
#define TESTS_INDEX_IMAGE_H

#include "format/index.h"

#include "format_image.h"

#define ETHERNET 1
#define NANO 9
#define BLOCKS 40
#define PACKETS 7 /* of a block */
#define RECORDS (BLOCKS * PACKETS)

/* Its packets are as reading it from its beginning gives them. */
struct capture {
	struct image image;
	uint8_t index[INDEX_HEADER_SIZE + BLOCKS * INDEX_ROW_SIZE];
	uint32_t head;
	uint64_t raw_ns[RECORDS], line_ns[RECORDS];
};

/* Clocks of several workers: every third packet is a little earlier than the one before it. */
static inline uint64_t
time_of(unsigned number, uint64_t first_ns)
{
	return first_ns + number * 1000 - (number % 3 == 2 ? 1500 : 0);
}

static inline void
note_times(struct capture *to, unsigned number, uint64_t ns)
{
	uint64_t before = number ? to->raw_ns[number - 1] : ns;

	to->raw_ns[number] = ns;
	to->line_ns[number] =
		number ? to->line_ns[number - 1] + (ns > before ? ns - before : 0) : ns;
}

static inline void
write_capture(struct capture *to, uint64_t first_ns, uint32_t align)
{
	struct index_writer writer;
	unsigned number = 0;

	image_clear(&to->image, false);
	put_section(&to->image, 0);
	put_interface(&to->image, ETHERNET, NANO, 0);
	put_interface(&to->image, ETHERNET, NANO, 0);
	to->head = to->image.size;
	index_begin(&writer, to->image.bytes, to->head, to->index);
	for (unsigned block = 0; block < BLOCKS; block++) {
		uint32_t size;

		for (unsigned i = 0; i < PACKETS; i++, number++) {
			note_times(to, number, time_of(number, first_ns));
			put_enhanced(&to->image, number % 2, to->raw_ns[number], 20 + number, 2000);
			index_packet(&writer, to->raw_ns[number], 20 + number);
		}
		size = index_seal_size(to->image.size, align);
		index_seal(&writer, to->image.size, to->image.bytes + to->image.size, size,
			   to->index + INDEX_HEADER_SIZE + block * INDEX_ROW_SIZE);
		to->image.size += size;
	}
}

#endif
