/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Captures as sluice writes them, with seals and an index beside them, written by hand; without the
 * rest of what stands in them.
 */
#ifndef TESTS_SEALED_KIT_H
#define TESTS_SEALED_KIT_H

#include <stdio.h>
#include <string.h>

#include "format/index.h"

#define SEALED_INTERFACES 3
#define SEALED_PACKET_MAX 1600
#define SEALED_PATH_MAX 256

struct sealed {
	FILE *file, *index;
	struct index_writer writer;
	uint64_t at;
	uint32_t number; /* of the next packet */
};

static inline void
sealed_put(struct sealed *sealed, const void *bytes, size_t size)
{
	assert_int_equal(fwrite(bytes, 1, size, sealed->file), size);
	sealed->at += size;
}

static inline void
sealed_open(struct sealed *sealed, const char *path)
{
	const uint32_t section[] = {0x0a0d0d0a, 28, 0x1a2b3c4d, 1, ~0u, ~0u, 28};
	/* Nanoseconds: option 9. */
	const uint32_t interface[] = {1, 32, 1, 0, 1 << 16 | 9, 9, 0, 32};
	uint8_t head[sizeof(section) + SEALED_INTERFACES * sizeof(interface)];
	uint8_t header[INDEX_HEADER_SIZE];
	char name[SEALED_PATH_MAX];

	*sealed = (struct sealed){0};
	memcpy(head, section, sizeof(section));
	for (unsigned i = 0; i < SEALED_INTERFACES; i++)
		memcpy(head + sizeof(section) + i * sizeof(interface), interface,
		       sizeof(interface));
	assert_true(index_name(path, name, sizeof(name)));
	sealed->file = fopen(path, "wb");
	sealed->index = fopen(name, "wb");
	assert_true(sealed->file && sealed->index);
	sealed_put(sealed, head, sizeof(head));
	index_begin(&sealed->writer, head, sizeof(head), header);
	assert_int_equal(fwrite(header, 1, sizeof(header), sealed->index), sizeof(header));
}

/* A packet whose bytes are made of its number. */
static inline void
sealed_add(struct sealed *sealed, uint64_t ns, uint32_t length)
{
	const uint32_t padded = (length + 3) / 4 * 4, size = 32 + padded;
	const uint32_t header[] = {6,      size,  sealed->number % SEALED_INTERFACES, ns >> 32, ns,
				   length, length};
	uint32_t packet[SEALED_PACKET_MAX / 4] = {0};

	for (uint32_t i = 0; i < length / 4; i++)
		packet[i] = sealed->number * 2654435761u + i;
	packet[3] = 0x08000000 | sealed->number % 97;
	sealed_put(sealed, header, sizeof(header));
	sealed_put(sealed, packet, padded);
	sealed_put(sealed, &size, sizeof(size));
	index_packet(&sealed->writer, ns, length);
	sealed->number++;
}

static inline void
sealed_end_block(struct sealed *sealed)
{
	uint32_t size = index_seal_size(sealed->at, INDEX_ALIGN_MAX);
	uint8_t seal[INDEX_SEAL_MAX], row[INDEX_ROW_SIZE];

	index_seal(&sealed->writer, sealed->at, seal, size, row);
	sealed_put(sealed, seal, size);
	assert_int_equal(fwrite(row, 1, sizeof(row), sealed->index), sizeof(row));
}

/* Statistics, as stand at a file's end. */
static inline void
sealed_add_statistics(struct sealed *sealed)
{
	const uint32_t statistics[] = {5, 24, 0, 0, 0, 24};

	sealed_put(sealed, statistics, sizeof(statistics));
}

static inline void
sealed_close(struct sealed *sealed)
{
	assert_int_equal(fclose(sealed->file), 0);
	assert_int_equal(fclose(sealed->index), 0);
}

#endif
