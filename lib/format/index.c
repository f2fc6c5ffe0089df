/* SPDX-License-Identifier: BSD-3-Clause */
#include "format/index.h"

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/digest.h"

#include "core/banned.h"

#define VERSION 1
#define NUMBERS (INDEX_ROW_SIZE / 8)
#define PART ".part"
#define MIX UINT64_C(0x9e3779b97f4a7c15)

static const char header_magic[8] = {'s', 'l', 'u', 'i', 'c', 'e', 'i', 'x'};
static const char seal_magic[8] = {'s', 'l', 'u', 'i', 'c', 'e', 's', 'l'};

static void
put(uint8_t *out, unsigned place, uint64_t value)
{
	value = htole64(value);
	memcpy(out + (size_t)place * 8, &value, sizeof(value));
}

static uint64_t
get(const uint8_t *bytes, unsigned place)
{
	uint64_t value;

	memcpy(&value, bytes + (size_t)place * 8, sizeof(value));
	return le64toh(value);
}

/* Header: magic, version, bytes of the head, its digest; and a digest of all that. */
static void
put_header(uint8_t *out, uint32_t size, uint64_t head)
{
	memcpy(out, header_magic, sizeof(header_magic));
	put(out, 1, VERSION | (uint64_t)size << 32);
	put(out, 2, head);
	put(out, 3, digest(out, INDEX_HEADER_SIZE - 8));
}

/* Of a row's numbers and all before it; each step can be undone, so rows that differ in one number
 * differ in it. */
static uint64_t
chain(uint64_t sum, const uint8_t *row)
{
	for (unsigned i = 0; i < NUMBERS - 1; i++) {
		sum = (sum ^ get(row, i)) * MIX;
		sum ^= sum >> 32;
	}
	return sum;
}

static void
begin_block(struct index_row *row)
{
	row->earliest_ns = UINT64_MAX;
	row->latest_ns = 0;
}

void
index_begin(struct index_writer *writer, const void *head, uint32_t size, uint8_t *out)
{
	*writer = (struct index_writer){.digest = digest(head, size)};
	begin_block(&writer->row);
	put_header(out, size, writer->digest);
}

uint32_t
index_seal_size(uint64_t at, uint32_t align)
{
	uint64_t end = at + INDEX_SEAL_MIN;

	return (uint32_t)((end + align - 1) / align * align - at);
}

void
index_seal(struct index_writer *writer, uint64_t at, uint8_t *seal, uint32_t size, uint8_t *row)
{
	struct index_row *now = &writer->row;
	const uint32_t type = INDEX_SEAL_TYPE;
	uint8_t *end = seal + size;

	now->end = at + size;
	put(row, 0, now->end);
	put(row, 1, now->packets);
	put(row, 2, now->bytes);
	put(row, 3, now->earliest_ns);
	put(row, 4, now->latest_ns);
	put(row, 5, now->raw_ns);
	put(row, 6, now->line_ns);
	writer->digest = chain(writer->digest, row);
	put(row, 7, writer->digest);
	/* Type and lengths are in the section's byte order, which is this machine's. */
	memcpy(seal, &type, sizeof(type));
	memcpy(seal + 4, &size, sizeof(size));
	memset(seal + 8, 0, size - INDEX_SEAL_MIN);
	memcpy(end - 4 - INDEX_ROW_SIZE - 8, seal_magic, sizeof(seal_magic));
	memcpy(end - 4 - INDEX_ROW_SIZE, row, INDEX_ROW_SIZE);
	memcpy(end - 4, &size, sizeof(size));
	begin_block(now);
}

struct index_row
index_row(const struct index *index, uint64_t number)
{
	const uint8_t *row = index->rows + number * INDEX_ROW_SIZE;

	return (struct index_row){
		.end = get(row, 0),
		.packets = get(row, 1),
		.bytes = get(row, 2),
		.earliest_ns = get(row, 3),
		.latest_ns = get(row, 4),
		.raw_ns = get(row, 5),
		.line_ns = get(row, 6),
	};
}

/* The rows that follow from each other: those behind a torn one are not counted. */
static uint64_t
count_rows(const struct index *index, uint64_t most)
{
	struct index_row before = {.end = index->head};
	uint64_t sum = index->digest;

	for (uint64_t i = 0; i < most; i++) {
		const uint8_t *bytes = index->rows + i * INDEX_ROW_SIZE;
		struct index_row row = index_row(index, i);

		sum = chain(sum, bytes);
		if (get(bytes, 7) != sum || row.end < before.end + INDEX_SEAL_MIN ||
		    row.packets < before.packets || row.bytes < before.bytes ||
		    row.line_ns < before.line_ns)
			return i;
		before = row;
	}
	return most;
}

int
index_parse(struct index *index, const void *bytes, size_t size, const char **reason)
{
	const uint8_t *header = bytes;

	*index = (struct index){0};
	*reason = "it ends within its header";
	if (size < INDEX_HEADER_SIZE)
		return -EINVAL;
	*reason = "it does not begin as an index does";
	if (memcmp(header, header_magic, sizeof(header_magic)) != 0)
		return -EINVAL;
	*reason = "it is of another version";
	if ((get(header, 1) & UINT32_MAX) != VERSION)
		return -EINVAL;
	*reason = "its header is damaged";
	if (get(header, 3) != digest(header, INDEX_HEADER_SIZE - 8) ||
	    get(header, 1) >> 32 > INDEX_HEAD_MAX)
		return -EINVAL;
	index->head = (uint32_t)(get(header, 1) >> 32);
	index->digest = get(header, 2);
	index->rows = header + INDEX_HEADER_SIZE;
	index->count = count_rows(index, (size - INDEX_HEADER_SIZE) / INDEX_ROW_SIZE);
	return 0;
}

bool
index_has_head(const struct index *index, const void *head)
{
	return digest(head, index->head) == index->digest;
}

bool
index_is_sealed(const struct index *index, uint64_t number, const void *bytes, size_t size)
{
	const uint8_t *end = (const uint8_t *)bytes + size;
	uint32_t length, again, type;

	if (size < INDEX_SEAL_MIN)
		return false;
	memcpy(&length, end - 4, sizeof(length));
	if (length < INDEX_SEAL_MIN || length > size)
		return false;
	memcpy(&type, end - length, sizeof(type));
	memcpy(&again, end - length + 4, sizeof(again));
	return type == INDEX_SEAL_TYPE && again == length &&
	       memcmp(end - 4 - INDEX_ROW_SIZE - 8, seal_magic, sizeof(seal_magic)) == 0 &&
	       memcmp(end - 4 - INDEX_ROW_SIZE, index->rows + number * INDEX_ROW_SIZE,
		      INDEX_ROW_SIZE) == 0;
}

/* Rows whose number at a place is at most this; they never fall. */
static uint64_t
rows_up_to(const struct index *index, unsigned place, uint64_t most)
{
	uint64_t from = 0, to = index->count;

	while (from < to) {
		uint64_t middle = from + (to - from) / 2;

		if (get(index->rows + middle * INDEX_ROW_SIZE, place) <= most)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

uint64_t
index_seek_packet(const struct index *index, uint64_t packet)
{
	return packet ? rows_up_to(index, 1, packet - 1) : 0;
}

uint64_t
index_seek_line(const struct index *index, uint64_t line_ns)
{
	return line_ns ? rows_up_to(index, 6, line_ns - 1) : 0;
}

bool
index_name(const char *capture, char *out, size_t size)
{
	size_t length = strlen(capture), part = sizeof(PART) - 1;
	int written;

	if (length > part && strcmp(capture + length - part, PART) == 0)
		length -= part;
	written = snprintf(out, size, "%.*s%s", (int)length, capture, INDEX_SUFFIX);
	return written > 0 && (size_t)written < size;
}
