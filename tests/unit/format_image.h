/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Capture files written by hand into memory, in either byte order.
 */
#ifndef TESTS_FORMAT_IMAGE_H
#define TESTS_FORMAT_IMAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define IMAGE_MAX (4 * 1024 * 1024)
#define IMAGE_BYTE_ORDER 0x1a2b3c4d

struct image {
	uint8_t bytes[IMAGE_MAX];
	size_t size;
	bool swapped;
	size_t block; /* where the block that is being written begins */
};

static inline void
image_clear(struct image *image, bool swapped)
{
	image->size = 0;
	image->swapped = swapped;
}

static inline void
put(struct image *image, const void *bytes, size_t size)
{
	memcpy(image->bytes + image->size, bytes, size);
	image->size += size;
}

static inline void
put16(struct image *image, uint16_t value)
{
	value = image->swapped ? __builtin_bswap16(value) : value;
	put(image, &value, sizeof(value));
}

static inline void
put32(struct image *image, uint32_t value)
{
	value = image->swapped ? __builtin_bswap32(value) : value;
	put(image, &value, sizeof(value));
}

static inline void
put64(struct image *image, uint64_t value)
{
	value = image->swapped ? __builtin_bswap64(value) : value;
	put(image, &value, sizeof(value));
}

/* A packet's bytes: the first says which it is. */
static inline void
put_packet(struct image *image, uint8_t number, size_t size)
{
	memset(image->bytes + image->size, 0xee, size);
	if (size)
		image->bytes[image->size] = number;
	image->size += size;
}

static inline void
put_padding(struct image *image)
{
	while (image->size % 4 != 0)
		image->bytes[image->size++] = 0;
}

static inline void
patch32(struct image *image, size_t at, uint32_t value)
{
	size_t size = image->size;

	image->size = at;
	put32(image, value);
	image->size = size;
}

static inline void
put_pcap(struct image *image, uint32_t magic, uint32_t link_type)
{
	put32(image, magic);
	put16(image, 2);
	put16(image, 4);
	put64(image, 0);
	put32(image, 262144);
	put32(image, link_type);
}

static inline void
put_record(struct image *image, uint32_t seconds, uint32_t fraction, uint32_t length, uint32_t wire)
{
	put32(image, seconds);
	put32(image, fraction);
	put32(image, length);
	put32(image, wire);
	put_packet(image, seconds, length);
}

/* A record of which so many bytes more stand before the packet. */
static inline void
put_long_record(struct image *image, unsigned more, uint32_t seconds, uint32_t fraction,
		uint32_t length, uint32_t wire, uint8_t number)
{
	put_record(image, seconds, fraction, 0, wire);
	patch32(image, image->size - 8, length);
	put_packet(image, 0x5a, more);
	put_packet(image, number, length);
}

static inline void
begin_block(struct image *image, uint32_t type)
{
	image->block = image->size;
	put32(image, type);
	put32(image, 0);
}

static inline void
end_block(struct image *image)
{
	uint32_t length;

	put_padding(image);
	length = image->size - image->block + 4;
	put32(image, length);
	patch32(image, image->block + 4, length);
}

static inline void
put_section(struct image *image, uint16_t minor)
{
	begin_block(image, 0x0a0d0d0a);
	put32(image, IMAGE_BYTE_ORDER);
	put16(image, 1);
	put16(image, minor);
	put64(image, UINT64_MAX);
	end_block(image);
}

static inline void
begin_interface(struct image *image, uint16_t link_type, uint32_t snap_length)
{
	begin_block(image, 1);
	put16(image, link_type);
	put16(image, 0);
	put32(image, snap_length);
}

static inline void
put_option(struct image *image, uint16_t code, const void *value, uint16_t length)
{
	put16(image, code);
	put16(image, length);
	put(image, value, length);
	put_padding(image);
}

/* resolution and offset as in if_tsresol and if_tsoffset. */
static inline void
put_interface(struct image *image, uint16_t link_type, uint8_t resolution, int64_t offset)
{
	int64_t ordered = image->swapped ? (int64_t)__builtin_bswap64(offset) : offset;

	begin_interface(image, link_type, 0);
	put_option(image, 2, "eth", 3);
	put_option(image, 9, &resolution, 1);
	put_option(image, 14, &ordered, 8);
	put_option(image, 0, "", 0);
	end_block(image);
}

static inline void
begin_enhanced(struct image *image, uint32_t interface, uint64_t ticks, uint32_t length,
	       uint32_t wire)
{
	begin_block(image, 6);
	put32(image, interface);
	put32(image, ticks >> 32);
	put32(image, ticks);
	put32(image, length);
	put32(image, wire);
	put_packet(image, ticks, length);
	put_padding(image);
}

static inline void
put_enhanced(struct image *image, uint32_t interface, uint64_t ticks, uint32_t length,
	     uint32_t wire)
{
	begin_enhanced(image, interface, ticks, length, wire);
	end_block(image);
}

static inline void
put_simple(struct image *image, uint32_t length, uint32_t wire)
{
	begin_block(image, 3);
	put32(image, wire);
	put_packet(image, 3, length);
	end_block(image);
}

static inline void
put_obsolete(struct image *image, uint16_t interface, uint64_t ticks, uint32_t length,
	     uint32_t wire)
{
	begin_block(image, 2);
	put16(image, interface);
	put16(image, 0xffff);
	put32(image, ticks >> 32);
	put32(image, ticks);
	put32(image, length);
	put32(image, wire);
	put_packet(image, ticks, length);
	end_block(image);
}

static inline void
put_unknown(struct image *image, uint32_t type, size_t size)
{
	begin_block(image, type);
	put_packet(image, 0xff, size);
	end_block(image);
}

#endif
