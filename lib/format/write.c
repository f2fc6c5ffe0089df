/* SPDX-License-Identifier: BSD-3-Clause */
#include "format/write.h"

#include <string.h>

#include "format/format.h"

#include "core/banned.h"

/* Section 4, and 3.5 for what codes have in common. */
enum {
	BLOCK_SECTION = 0x0a0d0d0a,
	BLOCK_INTERFACE = 1,
	BLOCK_STATISTICS = 5,
	BLOCK_PACKET = 6,
};
#define BLOCK_PADDING 0x80000badu /* the highest bit: for local use */

enum {
	OPTION_END = 0,
	OPTION_COMMENT = 1,
	SECTION_APPLICATION = 4,
	INTERFACE_NAME = 2,
	INTERFACE_RESOLUTION = 9,
	PACKET_FLAGS = 2,
	PACKET_LOST = 4,
	PACKET_ID = 5,
	STATISTICS_FIRST = 2,
	STATISTICS_LAST = 3,
	STATISTICS_RECEIVED = 4,
	STATISTICS_LOST = 5,
	STATISTICS_DELIVERED = 8,
};

#define BYTE_ORDER_MAGIC 0x1a2b3c4d
#define NANOSECONDS 9 /* of a second, as a negative power of 10 */
#define AROUND 12     /* type, length, and length again */
#define OPTION_HEAD 4

struct option_head {
	uint16_t code, length;
};

static uint8_t *
put32(uint8_t *at, uint32_t value)
{
	memcpy(at, &value, sizeof(value));
	return at + sizeof(value);
}

static uint8_t *
put_head(uint8_t *at, uint16_t code, uint16_t length)
{
	struct option_head head = {code, length};

	memcpy(at, &head, sizeof(head));
	return at + sizeof(head);
}

static uint8_t *
put_option(uint8_t *at, uint16_t code, const void *value, uint16_t length)
{
	at = put_head(at, code, length);
	memcpy(at, value, length);
	memset(at + length, 0, -length & 3);
	return at + length + (-length & 3);
}

static uint8_t *
put_text(uint8_t *at, uint16_t code, const char *text)
{
	size_t length = text ? strnlen(text, FORMAT_WRITE_TEXT_MAX) : 0;

	return length ? put_option(at, code, text, (uint16_t)length) : at;
}

static uint8_t *
put_count(uint8_t *at, uint16_t code, uint64_t count)
{
	return put_option(at, code, &count, sizeof(count));
}

/* Times are two halves, the higher first, whatever the byte order. */
static uint8_t *
put_time(uint8_t *at, uint64_t ns)
{
	return put32(put32(at, (uint32_t)(ns >> 32)), (uint32_t)ns);
}

static uint8_t *
put_time_option(uint8_t *at, uint16_t code, uint64_t ns)
{
	return put_time(put_head(at, code, sizeof(ns)), ns);
}

/* Type and both lengths of a block whose last option ends at `at`. */
static size_t
close_block(uint8_t *block, uint32_t type, uint8_t *at)
{
	uint32_t length;

	at = put_head(at, OPTION_END, 0);
	length = (uint32_t)(at - block) + sizeof(length);
	put32(put32(block, type), length);
	put32(at, length);
	return length;
}

size_t
format_write_section(uint8_t *into, const char *application, const char *comment)
{
	static const uint16_t version[] = {1, 0};
	static const int64_t unknown_length = -1;
	uint8_t *at = put32(into + 8, BYTE_ORDER_MAGIC);

	memcpy(at, version, sizeof(version));
	memcpy(at + sizeof(version), &unknown_length, sizeof(unknown_length));
	at += sizeof(version) + sizeof(unknown_length);
	at = put_text(at, OPTION_COMMENT, comment);
	return close_block(into, BLOCK_SECTION, put_text(at, SECTION_APPLICATION, application));
}

size_t
format_write_interface(uint8_t *into, const char *name, uint32_t snap)
{
	static const uint16_t link[] = {FORMAT_LINK_ETHERNET, 0};
	static const uint8_t resolution = NANOSECONDS;
	uint8_t *at = into + 8;

	memcpy(at, link, sizeof(link));
	at = put_text(put32(at + sizeof(link), snap), INTERFACE_NAME, name);
	at = put_option(at, INTERFACE_RESOLUTION, &resolution, sizeof(resolution));
	return close_block(into, BLOCK_INTERFACE, at);
}

size_t
format_write_statistics(uint8_t *into, const struct format_write_statistics *statistics)
{
	uint8_t *at = put_time(put32(into + 8, statistics->interface), statistics->time_ns);

	at = put_time_option(at, STATISTICS_FIRST, statistics->first_ns);
	at = put_time_option(at, STATISTICS_LAST, statistics->last_ns);
	at = put_count(at, STATISTICS_RECEIVED, statistics->received);
	at = put_count(at, STATISTICS_LOST, statistics->lost);
	at = put_count(at, STATISTICS_DELIVERED, statistics->delivered);
	return close_block(into, BLOCK_STATISTICS, at);
}

/* An enhanced packet block up to the packet. */
struct packet_head {
	uint32_t type, size, interface, time_high, time_low, length, wire_length;
};

static uint32_t
options_size(const struct format_write_packet *packet)
{
	uint32_t size = 0;

	if (packet->flags)
		size += OPTION_HEAD + sizeof(packet->flags);
	if (packet->id)
		size += OPTION_HEAD + sizeof(packet->id);
	if (packet->lost)
		size += OPTION_HEAD + sizeof(packet->lost);
	return size ? size + OPTION_HEAD : 0;
}

uint32_t
format_write_packet_size(const struct format_write_packet *packet)
{
	return sizeof(struct packet_head) + ((packet->length + 3) & ~3u) + options_size(packet) +
	       sizeof(uint32_t);
}

uint8_t *
format_write_packet(uint8_t *into, const struct format_write_packet *packet)
{
	struct packet_head head = {.type = BLOCK_PACKET,
				   .size = format_write_packet_size(packet),
				   .interface = packet->interface,
				   .time_high = (uint32_t)(packet->time_ns >> 32),
				   .time_low = (uint32_t)packet->time_ns,
				   .length = packet->length,
				   .wire_length = packet->wire_length};
	uint8_t *bytes = into + sizeof(head), *at = bytes + packet->length;
	uint32_t fill = -packet->length & 3;

	memcpy(into, &head, sizeof(head));
	memset(at, 0, fill);
	at += fill;
	if (packet->flags)
		at = put_option(at, PACKET_FLAGS, &packet->flags, sizeof(packet->flags));
	if (packet->lost)
		at = put_count(at, PACKET_LOST, packet->lost);
	if (packet->id)
		at = put_count(at, PACKET_ID, packet->id);
	if (packet->flags || packet->lost || packet->id)
		at = put_head(at, OPTION_END, 0);
	put32(at, head.size);
	return bytes;
}

uint32_t
format_write_padding_size(uint32_t size, uint32_t align)
{
	uint32_t missing = (align - size % align) % align;

	return missing == 0 || missing >= FORMAT_WRITE_PADDING_MIN ? missing : missing + align;
}

void
format_write_padding(uint8_t *into, uint32_t size)
{
	if (size == 0)
		return;
	memset(put32(put32(into, BLOCK_PADDING), size), 0, size - AROUND);
	put32(into + size - sizeof(size), size);
}
