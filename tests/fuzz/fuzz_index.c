/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes are an index or are refused, and whatever the capture's seals vouch for is what its own index says. The
 * first byte says what the others are: an index; or what is changed in the capture's own, with digests made to fit
 * or not. Copies have their exact size, so that sanitizers see a read beyond.
 */
#include <stdint.h>

#include "../unit/format_parse.h"
#include "../unit/index_image.h"

#include "core/banned.h"

#define EDITS 1
#define FITS 2
#define EDIT_SIZE 3

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct capture capture;

/* As somebody would who wants to be believed: each row as if a writer had come to it. */
static void
make_fit(uint8_t *bytes, size_t size)
{
	struct index_writer writer;
	uint8_t seal[INDEX_SEAL_MIN];

	index_begin(&writer, capture.image.bytes, capture.head, bytes);
	for (size_t at = INDEX_HEADER_SIZE; at + INDEX_ROW_SIZE <= size; at += INDEX_ROW_SIZE) {
		uint64_t row[INDEX_ROW_SIZE / 8];

		memcpy(row, bytes + at, sizeof(row));
		writer.row =
			(struct index_row){row[0], row[1], row[2], row[3], row[4], row[5], row[6]};
		index_seal(&writer, row[0] - INDEX_SEAL_MIN, seal, INDEX_SEAL_MIN, bytes + at);
	}
}

static uint8_t *
edited(const uint8_t *data, size_t size, bool fits, size_t *length)
{
	uint8_t *bytes = exactly(capture.index, sizeof(capture.index));
	size_t most = sizeof(capture.index);
	uint8_t *cut;

	for (; size >= EDIT_SIZE; size -= EDIT_SIZE, data += EDIT_SIZE)
		bytes[(data[0] << 8 | data[1]) % sizeof(capture.index)] ^= data[2];
	if (size)
		most -= data[0];
	if (fits && most >= INDEX_HEADER_SIZE)
		make_fit(bytes, most);
	cut = exactly(bytes, most);
	free(bytes);
	*length = most;
	return cut;
}

static bool
is_sealed(const struct index *index, uint64_t number)
{
	uint64_t end = index_row(index, number).end;
	size_t size = end < INDEX_SEAL_MAX ? end : INDEX_SEAL_MAX;
	uint8_t *bytes;
	bool sealed;

	if (end > capture.image.size)
		return false;
	bytes = exactly(capture.image.bytes + end - size, size);
	sealed = index_is_sealed(index, number, bytes, size);
	free(bytes);
	return sealed;
}

static void
check_rows(const struct index *index)
{
	struct index_row before = {0};

	for (uint64_t i = 0; i < index->count; i++) {
		struct index_row row = index_row(index, i);

		must(row.end > before.end && row.packets >= before.packets);
		must(index_seek_packet(index, row.packets) <= i);
		must(index_seek_packet(index, row.packets + 1) > i || row.packets == UINT64_MAX);
		must(index_seek_line(index, row.line_ns) <= i);
		before = row;
		if (is_sealed(index, i))
			must(memcmp(index->rows, capture.index + INDEX_HEADER_SIZE,
				    (i + 1) * INDEX_ROW_SIZE) == 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *reason = NULL;
	struct index index;
	uint8_t *bytes;

	if (capture.head == 0)
		write_capture(&capture, 1000000, 16);
	if (size == 0)
		return 0;
	if (data[0] & EDITS)
		bytes = edited(data + 1, size - 1, data[0] & FITS, &size);
	else
		bytes = exactly(data + 1, --size);
	if (index_parse(&index, bytes, size, &reason) < 0)
		must(reason != NULL);
	else if (index.head <= capture.image.size && index_has_head(&index, capture.image.bytes))
		check_rows(&index);
	free(bytes);
	return 0;
}
