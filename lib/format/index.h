/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Index: where the blocks of a capture end that sluice writes, and what lies before each, in a
 * file beside it: FILE.index has INDEX_HEADER_SIZE bytes, and INDEX_ROW_SIZE more for each block.
 * It only grows. A row that is torn, and whatever comes behind it, is not there.
 *
 * Nobody has to believe it. In the capture each block ends with a seal, a pcapng block that others
 * pass over, which has the block's row; and a row has a digest over itself, all rows before it and
 * the capture's head. So one look at a row's seal says that it and all before it are this
 * capture's. It tells apart what was not made to look alike: who may write beside a capture may
 * write into it, too.
 *
 * A reader begins in the middle like this: index_parse; the first index.head bytes of the capture,
 * with index_has_head; index_seek_*; the bytes that end where the row ends, with index_is_sealed.
 * Then it gives those of the head to a format (format_begin, and format_next until all of them are
 * passed over: section and interfaces are known then), and goes on at row.end: all records before
 * it are counted and timed by the row.
 *
 * Numbers are little-endian. Pure: nothing is read or written here but the caller's memory.
 */
#ifndef FORMAT_INDEX_H
#define FORMAT_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INDEX_HEADER_SIZE 32
#define INDEX_ROW_SIZE 64
#define INDEX_SUFFIX ".index"
/* Of a capture's head: more interfaces than there can be. */
#define INDEX_HEAD_MAX (1u << 20)
/* Blocks are filled up to multiples of at most this. */
#define INDEX_ALIGN_MAX 4096
#define INDEX_SEAL_MIN (8 + 8 + INDEX_ROW_SIZE + 4)
#define INDEX_SEAL_MAX (INDEX_ALIGN_MAX + INDEX_SEAL_MIN)
/* Reserved for local use in draft-ietf-opsawg-pcapng, section 10.1. A custom block would be shown
 * as if it were a packet by tshark. */
#define INDEX_SEAL_TYPE 0x80736c78u

/* The capture up to the end of a block. */
struct index_row {
	uint64_t end;     /* in the file, behind the seal; the next block begins there */
	uint64_t packets; /* from the file's first on, as are bytes */
	uint64_t bytes;   /* of packets, as far as they are kept */
	/* Of the block's packets: UINT64_MAX and 0 when it has none. */
	uint64_t earliest_ns, latest_ns;
	uint64_t raw_ns;  /* of the last packet, as it stands in the file */
	uint64_t line_ns; /* and where times never step back, see lib/capture/file.h */
};

/* Who writes a capture. One thread. */
struct index_writer {
	struct index_row row; /* as far as packets came */
	uint64_t digest;      /* of the rows before */
};

/* Begins the index of a capture that begins with these bytes, which are its section and ALL of its
 * interfaces. One that gets another interface later has no seals, and no rows, from there on.
 * Writes INDEX_HEADER_SIZE bytes into out, what the index begins with. */
void index_begin(struct index_writer *writer, const void *head, uint32_t size, uint8_t *out);

/* Another packet of the block, in the order of the file: its time, and the bytes that are kept of
 * it. Before it is sealed. */
static inline void
index_packet(struct index_writer *writer, uint64_t time_ns, uint32_t length)
{
	struct index_row *row = &writer->row;

	if (row->packets == 0)
		row->line_ns = time_ns;
	else if (time_ns > row->raw_ns && time_ns - row->raw_ns > UINT64_MAX - row->line_ns)
		row->line_ns = UINT64_MAX;
	else if (time_ns > row->raw_ns)
		row->line_ns += time_ns - row->raw_ns;
	row->raw_ns = time_ns;
	if (time_ns < row->earliest_ns)
		row->earliest_ns = time_ns;
	if (time_ns > row->latest_ns)
		row->latest_ns = time_ns;
	row->packets++;
	row->bytes += length;
}

/* Bytes of a seal that begins at byte `at` of the file, so that the file then has a multiple of
 * align bytes: INDEX_SEAL_MIN to INDEX_SEAL_MAX. at must be a multiple of 4; align of 4, and a
 * power of two up to INDEX_ALIGN_MAX. */
uint32_t index_seal_size(uint64_t at, uint32_t align);

/* Ends the block: writes its seal, size bytes as index_seal_size has them, into seal, and
 * INDEX_ROW_SIZE bytes, which the index is to get once the block is on the disk, into row. */
void index_seal(struct index_writer *writer, uint64_t at, uint8_t *seal, uint32_t size,
		uint8_t *row);

/* An index that was read. */
struct index {
	const uint8_t *rows; /* the caller's */
	uint64_t count;      /* of whole rows that follow from each other */
	uint32_t head;       /* bytes of the capture's head */
	uint64_t digest;     /* of them */
};

/* Looks at the bytes of an index, which must outlive it. 0, or -EINVAL with why it is none. */
int index_parse(struct index *index, const void *bytes, size_t size, const char **reason);

/* A row, from 0. */
struct index_row index_row(const struct index *index, uint64_t number);

/* Whether these bytes, index->head of them, are the ones that the capture began with. */
bool index_has_head(const struct index *index, const void *head);

/* Whether the size bytes of the capture that end at the row's end (as many as there are, up to
 * INDEX_SEAL_MAX) end with its seal. Then rows up to it are the capture's. */
bool index_is_sealed(const struct index *index, uint64_t number, const void *bytes, size_t size);

/* How many rows, from the first on, lie before a packet (from 1) or a time on the line: all packets
 * of theirs come before it. To begin at row number - 1; 0: at the head. */
uint64_t index_seek_packet(const struct index *index, uint64_t packet);
uint64_t index_seek_line(const struct index *index, uint64_t line_ns);

/* Writes the name of a capture's index: that of the capture when it is whole, and INDEX_SUFFIX.
 * False: it does not fit. */
bool index_name(const char *capture, char *out, size_t size);

#endif
