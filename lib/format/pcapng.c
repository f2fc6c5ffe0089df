/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pcapng files, draft-ietf-opsawg-pcapng: blocks (section 3.1), which come in sections of their own
 * byte order and interfaces. A block's length is checked before anything in it is looked at.
 */
#include "format/pcapng.h"

#include <errno.h>
#include <inttypes.h>

#include "format/interface.h"
#include "format/number.h"
#include "format/reason.h"

#include "core/banned.h"

/* Block types, section 4. */
enum {
	BLOCK_SECTION = 0x0a0d0d0a,
	BLOCK_INTERFACE = 1,
	BLOCK_PACKET_OBSOLETE = 2, /* appendix A */
	BLOCK_PACKET_SIMPLE = 3,
	BLOCK_PACKET = 6,
};

#define BYTE_ORDER_MAGIC 0x1a2b3c4d
#define BLOCK_START_SIZE 12 /* type, length, and the byte order of a section or whatever follows */
#define BLOCK_END_SIZE 4    /* the length once more */
#define SECTION_SIZE 24     /* without BLOCK_END_SIZE; so are those below */
#define INTERFACE_SIZE FORMAT_INTERFACE_SIZE
#define PACKET_SIZE 28 /* up to the packet; enhanced and obsolete alike */
#define SIMPLE_SIZE 12
#define OTHER_SIZE 8
/* Room for the longest packet and for options; a length above it is damage. */
#define BLOCK_MAX (FORMAT_TRANSFER_MAX + 1024 * 1024)

struct block {
	const uint8_t *bytes;
	uint32_t type;
	uint32_t length; /* a multiple of 4, and enough for its fixed part */
};

/* The bytes that a block has at least before its end. */
static uint32_t
fixed_size(uint32_t type)
{
	switch (type) {
	case BLOCK_SECTION:
		return SECTION_SIZE;
	case BLOCK_INTERFACE:
		return INTERFACE_SIZE;
	case BLOCK_PACKET_OBSOLETE:
	case BLOCK_PACKET:
		return PACKET_SIZE;
	case BLOCK_PACKET_SIMPLE:
		return SIMPLE_SIZE;
	default:
		return OTHER_SIZE;
	}
}

/* A section's byte order is that of its magic number, and its length is written in it already. */
static int
take_byte_order(struct format *format, const uint8_t *bytes)
{
	uint32_t magic;

	format->swapped = false;
	magic = format_get32(format, bytes + 8);
	if (magic == BYTE_ORDER_MAGIC)
		return 0;
	if (magic != __builtin_bswap32(BYTE_ORDER_MAGIC))
		return format_fail(
			format, -EBADMSG,
			"the section has no byte order: its magic number is 0x%08" PRIx32, magic);
	format->swapped = true;
	return 0;
}

/* Reads what a block begins with: BLOCK_START_SIZE bytes are there. */
static int
block_start(struct format *format, const uint8_t *bytes, struct block *block)
{
	uint32_t least;

	block->bytes = bytes;
	block->type = format_get32(format, bytes);
	if (block->type == BLOCK_SECTION && take_byte_order(format, bytes) < 0)
		return -EBADMSG;
	block->length = format_get32(format, bytes + 4);
	least = fixed_size(block->type) + BLOCK_END_SIZE;
	if (block->length < least)
		return format_fail(format, -EBADMSG,
				   "the block, of type %" PRIu32 ", says it is %" PRIu32
				   " bytes long; %" PRIu32 " are the least",
				   block->type, block->length, least);
	if (block->length % 4 != 0)
		return format_fail(format, -EBADMSG,
				   "the block, of type %" PRIu32 ", says it is %" PRIu32
				   " bytes long, which is no multiple of 4",
				   block->type, block->length);
	if (block->length > BLOCK_MAX)
		return format_fail(format, -EBADMSG,
				   "the block, of type %" PRIu32 ", says it is %" PRIu32
				   " bytes long; %u are the most",
				   block->type, block->length, BLOCK_MAX);
	return 0;
}

static int
block_end(struct format *format, const struct block *block)
{
	uint32_t length = format_get32(format, block->bytes + block->length - BLOCK_END_SIZE);

	if (length == block->length)
		return 0;
	return format_fail(format, -EBADMSG,
			   "the block, of type %" PRIu32 ", says it is %" PRIu32
			   " bytes long at its begin, and %" PRIu32 " at its end",
			   block->type, block->length, length);
}

static int
take_section(struct format *format, const struct block *block)
{
	unsigned major = format_get16(format, block->bytes + 12);
	unsigned minor = format_get16(format, block->bytes + 14);

	/* Section 4.1: 1.2 is to be read as 1.0, and no other is known. */
	if (major != 1 || (minor != 0 && minor != 2))
		return format_fail(format, -EBADMSG,
				   "the section is pcapng of version %u.%u, not 1.0; write the "
				   "file anew, as editcap does",
				   major, minor);
	format->interface_count = 0;
	return 0;
}

/* What a block's numbers say of its packet, whose place is still counted from the block. */
static int
check_packet(struct format *format, const struct block *block, struct format_record *out)
{
	uint32_t room = block->length - (uint32_t)out->offset - BLOCK_END_SIZE;
	uint32_t most = format_record_max(out->link_type);

	if (out->length > most)
		return format_fail(format, -EBADMSG,
				   "the packet says it is %" PRIu32 " bytes long; %" PRIu32
				   " are the most",
				   out->length, most);
	if (out->length > room)
		return format_fail(format, -EBADMSG,
				   "the packet says it is %" PRIu32
				   " bytes long, and its block has only %" PRIu32,
				   out->length, room);
	if (out->wire_length < out->length)
		out->wire_length = out->length;
	return 0;
}

/* Section 4.4: no time, the first interface, and no length but that on the wire. */
static int
take_simple_packet(struct format *format, const struct block *block, struct format_record *out)
{
	const struct format_interface *interface;
	int ret = format_interface_find(format, 0, &interface);

	if (ret < 0)
		return ret;
	out->link_type = interface->link_type;
	out->time_ns = 0;
	out->timed = false;
	out->offset = SIMPLE_SIZE;
	out->wire_length = format_get32(format, block->bytes + 8);
	out->length = out->wire_length;
	if (interface->snap_length != 0 && out->length > interface->snap_length)
		out->length = interface->snap_length;
	return check_packet(format, block, out);
}

static int
take_packet(struct format *format, const struct block *block, struct format_record *out)
{
	const struct format_interface *interface;
	uint32_t index = block->type == BLOCK_PACKET ? format_get32(format, block->bytes + 8)
						     : format_get16(format, block->bytes + 8);
	uint64_t ticks;
	int ret = format_interface_find(format, index, &interface);

	if (ret < 0)
		return ret;
	out->link_type = interface->link_type;
	ticks = (uint64_t)format_get32(format, block->bytes + 12) << 32 |
		format_get32(format, block->bytes + 16);
	out->time_ns = format_interface_ns(interface, ticks);
	out->timed = true;
	out->offset = PACKET_SIZE;
	out->length = format_get32(format, block->bytes + 20);
	out->wire_length = format_get32(format, block->bytes + 24);
	return check_packet(format, block, out);
}

/* Bytes of a block that must be in memory before it is looked at: all, where that is not too
 * much. */
static size_t
wanted(const struct block *block)
{
	return block->length <= FORMAT_UNIT_MAX ? block->length : fixed_size(block->type);
}

/* Returns 1 with a record, 0 when the block has none or more of it must come first, or a
 * failure. */
static int
take_block(struct format *format, const struct block *block, size_t left, struct format_record *out)
{
	int ret;

	switch (block->type) {
	case BLOCK_SECTION:
		return take_section(format, block);
	case BLOCK_INTERFACE:
		return format_interface_add(format, block->bytes, block->length);
	case BLOCK_PACKET_SIMPLE:
		ret = take_simple_packet(format, block, out);
		break;
	case BLOCK_PACKET:
	case BLOCK_PACKET_OBSOLETE:
		ret = take_packet(format, block, out);
		break;
	default:
		return 0;
	}
	if (ret < 0)
		return ret;
	if (out->length <= FORMAT_PACKET_MAX && left < out->offset + out->length)
		return -EAGAIN;
	return 1;
}

static int
cut_short(struct format *format)
{
	return format_fail(format, -ENODATA, "the file ends in the middle of a block");
}

/* Goes on behind the block at *at. As take_block, with -EAGAIN when more must come first. */
static int
pass_block(struct format *format, const uint8_t *bytes, size_t size, bool last, size_t *at,
	   struct format_record *out)
{
	size_t left = size - *at;
	struct block block;
	int ret = 0;

	if (left < BLOCK_START_SIZE)
		return last ? cut_short(format) : -EAGAIN;
	if (block_start(format, bytes + *at, &block) < 0)
		return -EBADMSG;
	if (left < wanted(&block))
		return last ? cut_short(format) : -EAGAIN;
	if (block.length <= FORMAT_UNIT_MAX && block_end(format, &block) < 0)
		return -EBADMSG;
	ret = take_block(format, &block, left, out);
	/* What is wrong with it is so whether its end is there or not. */
	if (last && left < block.length && (ret >= 0 || ret == -EAGAIN))
		return cut_short(format);
	if (ret < 0)
		return ret;
	if (ret == 1)
		out->offset += *at;
	*at += block.length;
	return ret;
}

int
format_pcapng_begin(struct format *format, const uint8_t *head, size_t size)
{
	char why[FORMAT_REASON_MAX];
	struct block block;

	if (size < SECTION_SIZE + BLOCK_END_SIZE)
		return format_fail(format, -EINVAL,
				   "ends within its header: it has %zu bytes, and a pcapng file's "
				   "header alone has %d",
				   size, SECTION_SIZE + BLOCK_END_SIZE);
	if (block_start(format, head, &block) == 0 && take_section(format, &block) == 0)
		return 0;
	memcpy(why, format->reason, sizeof(why));
	return format_fail(format, -EINVAL, "begins as pcapng, but %.150s", why);
}

int
format_pcapng_next(struct format *format, const uint8_t *bytes, size_t size, bool last, size_t *at,
		   struct format_record *out)
{
	while (*at < size) {
		int ret = pass_block(format, bytes, size, last, at, out);

		if (ret == -EAGAIN)
			return 0;
		if (ret != 0)
			return ret;
	}
	return last && *at > size ? cut_short(format) : 0;
}
