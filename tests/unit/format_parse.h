/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A file in memory, parsed at once and piece by piece as a reader does. Pieces are copied to memory of their
 * exact size, so that sanitizers see a read beyond. What no file may do to the parser ends in abort.
 */
#ifndef TESTS_FORMAT_PARSE_H
#define TESTS_FORMAT_PARSE_H

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "format/format.h"

struct parsed {
	struct format_record *records; /* offsets count from the file's begin */
	unsigned count, room;
	int ret;   /* of format_begin when that failed, else of the last format_next */
	size_t at; /* in the file, where parsing ended */
	char reason[FORMAT_REASON_MAX];
};

static inline void
must(bool holds)
{
	if (!holds)
		abort();
}

static inline uint8_t *
exactly(const uint8_t *bytes, size_t size)
{
	uint8_t *copy = malloc(size + !size);

	must(copy != NULL);
	if (size)
		memcpy(copy, bytes, size);
	return copy;
}

static inline void
parsed_add(struct parsed *parsed, const struct format_record *record, size_t base)
{
	if (parsed->count == parsed->room) {
		parsed->room = parsed->room ? parsed->room * 2 : 64;
		parsed->records = realloc(parsed->records, parsed->room * sizeof(*parsed->records));
		must(parsed->records != NULL);
	}
	parsed->records[parsed->count] = *record;
	parsed->records[parsed->count++].offset += base;
}

static inline void
parsed_free(struct parsed *parsed)
{
	free(parsed->records);
}

static inline void
check_record(const struct format *format, const uint8_t *bytes, size_t size, size_t before,
	     size_t at, const struct format_record *record)
{
	bool pcap = format->kind == FORMAT_PCAP;
	bool wire_first = pcap && format->lengths == FORMAT_WIRE_FIRST;
	uint32_t wire;

	must(record->offset >= before + 12 && record->offset + record->length <= at);
	must(record->wire_length >= record->length);
	must(record->timed || record->time_ns == 0);
	must(record->offset <= size);
	if (record->length <= FORMAT_PACKET_MAX)
		must(record->offset + record->length <= size);
	memcpy(&wire, pcap ? bytes + before + (wire_first ? 8 : 12) : bytes + record->offset - 4,
	       sizeof(wire));
	wire = format->swapped ? __builtin_bswap32(wire) : wire;
	must(wire == record->wire_length || wire < record->length ||
	     (pcap && format->lengths == FORMAT_SHORTER_KEPT && wire == record->length));
}

/* One piece: all records that format_next finds in it. Returns where to go on. */
static inline size_t
parse_piece(struct format *format, const uint8_t *file, size_t base, size_t size, bool last,
	    struct parsed *out)
{
	uint8_t *bytes = exactly(file + base, size);
	struct format_record record;
	size_t at = 0, before;

	do {
		before = at;
		out->ret = format_next(format, bytes, size, last, &at, &record);
		must(at >= before);
		if (out->ret == 1) {
			must(at > before);
			check_record(format, bytes, size, before, at, &record);
			parsed_add(out, &record, base);
		}
	} while (out->ret == 1);
	must(out->ret == 0 || out->ret == -EBADMSG || out->ret == -ENODATA ||
	     out->ret == -EPROTOTYPE);
	must(out->ret == 0 || format->reason[0] != '\0');
	free(bytes);
	return base + at;
}

static inline void
parse_pieces(struct format *format, const uint8_t *file, size_t size, size_t step,
	     struct parsed *out)
{
	size_t piece = step;

	for (;;) {
		size_t base = out->at < size ? out->at : size;
		size_t had = size - base < piece ? size - base : piece;
		bool last = base + had == size;

		if (out->at > size) {
			/* Passed over the file's end: the caller gives nothing, from there on. */
			struct format_record record;
			size_t at = out->at - size;

			out->ret = format_next(format, file + size, 0, true, &at, &record);
			must(out->ret == -ENODATA && at == out->at - size);
			return;
		}
		out->at = parse_piece(format, file, base, had, last, out);
		if (out->ret < 0 || last)
			return;
		if (out->at == base) {
			must(had < FORMAT_UNIT_MAX);
			piece += piece / 8 > step ? piece / 8 : step;
			if (piece > FORMAT_UNIT_MAX)
				piece = FORMAT_UNIT_MAX;
		} else {
			piece = step;
		}
	}
}

/* step: bytes of a piece, which grows while it does not hold a whole record; 0: all at once. */
static inline struct parsed
parse(const uint8_t *file, size_t size, size_t step)
{
	struct parsed out = {0};
	size_t head = size < FORMAT_HEAD ? size : FORMAT_HEAD;
	uint8_t *bytes = exactly(file, head);
	struct format format;

	out.ret = format_begin(&format, bytes, head);
	free(bytes);
	if (out.ret < 0) {
		must(out.ret == -EINVAL && format.reason[0] != '\0');
	} else {
		must((size_t)out.ret <= size);
		out.at = out.ret;
		if (step == 0)
			out.at = parse_piece(&format, file, out.at, size - out.at, true, &out);
		else
			parse_pieces(&format, file, size, step, &out);
	}
	memcpy(out.reason, format.reason, sizeof(out.reason));
	format_end(&format);
	return out;
}

static inline bool
same_records(const struct parsed *one, const struct parsed *other, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		const struct format_record *a = &one->records[i], *b = &other->records[i];

		if (a->time_ns != b->time_ns || a->offset != b->offset || a->length != b->length ||
		    a->wire_length != b->wire_length)
			return false;
	}
	return true;
}

/* Piece by piece a record may be seen before it shows that the file does not hold all of its block. */
static inline bool
agree(const struct parsed *whole, const struct parsed *pieces)
{
	bool one_more = whole->ret == -ENODATA && pieces->count == whole->count + 1;

	return whole->ret == pieces->ret && (whole->count == pieces->count || one_more) &&
	       same_records(whole, pieces, whole->count);
}

#endif
