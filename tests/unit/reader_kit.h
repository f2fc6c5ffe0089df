/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the tests of replays' readers share: captures made by hand, what libpcap finds in a capture, and a
 * walk over a timeline as lanes do it, which compares both packet by packet.
 */
#ifndef TESTS_READER_KIT_H
#define TESTS_READER_KIT_H

#include <time.h>

#include "eal.h"
#include "port_kit.h"
#include "replay/reading.h"

#define READER_BASE 1700000000000000000ull
#define READER_RECORDS_MAX (1u << 20)
/* Packets that a walk keeps before it gives them back, as a NIC does. */
#define READER_HELD 700
#define READER_PATIENCE_NS 20000000000ull

static inline int
reader_setup(void **state)
{
	test_eal_start();
	return kit_setup(state);
}

struct seen_record {
	uint64_t ns;
	uint32_t wire, kept;
	uint8_t *bytes;
};

struct seen_file {
	struct seen_record *records;
	unsigned count;
	bool whole; /* libpcap had no complaint */
};

/* Reads a capture with libpcap, as far as it gets. */
static inline void
seen_load(struct seen_file *seen, const char *path)
{
	char message[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *header;
	const u_char *bytes;
	unsigned room = 0;
	pcap_t *pcap =
		pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, message);

	int ret;

	*seen = (struct seen_file){0};
	assert_non_null(pcap);
	while ((ret = pcap_next_ex(pcap, &header, &bytes)) == 1) {
		struct seen_record *record;

		if (seen->count == room) {
			room = room ? room * 2 : 1024;
			seen->records = realloc(seen->records, room * sizeof(*seen->records));
		}
		record = &seen->records[seen->count++];
		record->ns = header->ts.tv_sec * 1000000000ull + header->ts.tv_usec;
		record->wire = header->len;
		record->kept = header->caplen;
		record->bytes = malloc(header->caplen + 1);
		memcpy(record->bytes, bytes, header->caplen);
	}
	seen->whole = ret == PCAP_ERROR_BREAK;
	pcap_close(pcap);
}

static inline void
seen_free(struct seen_file *seen)
{
	for (unsigned i = 0; i < seen->count; i++)
		free(seen->records[i].bytes);
	free(seen->records);
}

/* A pcap file of nanoseconds. */
static inline FILE *
made_open(const char *path)
{
	const uint32_t header[] = {0xa1b23c4d, 0x00040002, 0, 0, 262144, 1};
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	fwrite(header, sizeof(header), 1, file);
	return file;
}

/* A UDP packet of one of so many flows, in both directions; the rest is made of its number. */
static inline void
made_add(FILE *file, uint64_t ns, uint32_t number, uint32_t flow, uint32_t wire, uint32_t kept)
{
	const uint32_t header[] = {ns / 1000000000, ns % 1000000000, kept, wire};
	static uint8_t packet[262144];
	uint8_t *ip = packet + 14;
	bool back = number % 3 == 0;

	for (uint32_t i = 0; i < kept; i += 4)
		memcpy(packet + i, &(uint32_t){number * 2654435761u + i}, 4);
	memcpy(packet, "\2\0\0\0\0\1\2\0\0\0\0\2\x08\x00\x45", 15);
	memcpy(ip + 6, "\0\0\x40\x11", 4);
	for (unsigned side = 0; side < 2; side++) {
		uint8_t *address = ip + 12 + 4 * (side ^ back);
		uint8_t *port = ip + 20 + 2 * (side ^ back);

		memcpy(address, side ? "\xc0\xa8" : "\x0a\x00", 2);
		address[2] = flow >> 8;
		address[3] = flow;
		port[0] = side;
		port[1] = 53;
	}
	fwrite(header, sizeof(header), 1, file);
	fwrite(packet, kept, 1, file);
}

/* count packets of 60 to 1,500 bytes, some nanoseconds apart. */
static inline void
made_file(const char *path, unsigned count, uint64_t first_ns, unsigned step_ns)
{
	FILE *file = made_open(path);
	uint64_t ns = first_ns;

	for (unsigned i = 0; i < count; i++) {
		uint32_t length = 60 + i * 7919u % 1441;

		made_add(file, ns, i, i % 97, length, length);
		ns += i * 31u % (2 * step_ns);
	}
	fclose(file);
}

static inline void
kit_replay(struct config_replay *replay, char **files, unsigned count)
{
	*replay = (struct config_replay){
		.name = (char *)(uintptr_t) "morning-traffic",
		.in = {.files = files, .file_count = count},
		.loops = 1,
		.memory = 64 << 20,
	};
}

/* A lane's walk: where it is, and what it holds. */
struct walk {
	struct timeline *timeline;
	unsigned lane;
	uint64_t next;
	uint64_t held[READER_HELD];
	unsigned held_count;
	struct timeline_entry entry;
	uint16_t length; /* that its packet leaves with */
};

static bool kit_pads; /* what was cut leaves with its length on the wire */

static inline void
walk_give_back(struct walk *walk)
{
	for (unsigned i = 0; i < walk->held_count && !walk->timeline->resident; i++)
		atomic_fetch_sub(&walk->timeline->blocks[walk->held[i] >> DISK_BLOCK_SHIFT].left,
				 1);
	walk->held_count = 0;
}

static inline uint64_t
walk_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

/* The next entry, waited for. False at the end. */
static inline bool
walk_next(struct walk *walk)
{
	struct timeline *timeline = walk->timeline;
	uint64_t give_up = walk_clock() + READER_PATIENCE_NS;

	atomic_store(&timeline->lanes[walk->lane].passed, walk->next);
	if (walk->held_count == READER_HELD)
		walk_give_back(walk);
	while (atomic_load(&timeline->published) <= walk->next) {
		if (atomic_load(&timeline->end) == walk->next)
			return false;
		assert_true(walk_clock() < give_up);
		walk_give_back(walk);
		nanosleep(&(struct timespec){.tv_nsec = 20000}, NULL);
	}
	walk->entry = timeline->entries[walk->next & timeline->mask];
	walk->length = timeline->lengths[walk->next++ & timeline->mask];
	if (walk->entry.lane == walk->lane)
		walk->held[walk->held_count++] = walk->entry.offset;
	return true;
}

/* Gives everything back, as a stopped replay has. */
static inline void
walk_end(struct walk *walk)
{
	walk_give_back(walk);
	atomic_store(&walk->timeline->lanes[walk->lane].passed, walk->next);
}

static inline void
assert_entry(const struct walk *walk, const struct seen_record *record, uint64_t ns)
{
	const struct timeline_entry *entry = &walk->entry;

	assert_int_equal(entry->length, record->kept);
	assert_int_equal(entry->time_ns, ns);
	assert_memory_equal(walk->timeline->arena + entry->offset, record->bytes, record->kept);
	assert_int_equal(walk->length, kit_pads ? record->wire : record->kept);
}

/* Lanes stand still until the thread has heard of it. */
static inline void
seek_to(struct reader *reader, struct config_moment moment)
{
	uint64_t give_up = walk_clock() + READER_PATIENCE_NS;

	reader_seek(reader, moment, reader->config->loops);
	while (!reader_has_begun(reader)) {
		assert_true(walk_clock() < give_up);
		nanosleep(&(struct timespec){.tv_nsec = 20000}, NULL);
	}
}

/* Waits until nothing more will be published. */
static inline void
await_finish(struct reader *reader, struct reader_progress *progress)
{
	uint64_t give_up = walk_clock() + READER_PATIENCE_NS;

	for (;;) {
		reader_progress(reader, progress);
		if (progress->finished)
			return;
		assert_true(walk_clock() < give_up);
		nanosleep(&(struct timespec){.tv_nsec = 20000}, NULL);
	}
}

/* Nothing is held: neither packets nor, when all is read, blocks. */
static inline void
assert_all_back(struct reader *reader)
{
	const struct timeline *timeline = reader_timeline(reader);
	struct reader_progress progress;

	await_finish(reader, &progress);
	for (unsigned i = 0; i < timeline->block_count; i++)
		assert_int_equal(timeline->blocks[i].left, 0);
}

static inline struct reader *
opened(const struct config_replay *replay, unsigned lanes)
{
	struct reader *reader = NULL;
	char reason[256] = "";
	int ret = reader_open(replay, lanes, -1, -1, &reader, reason, sizeof(reason));

	kit_pads = replay->truncated == CONFIG_TRUNCATED_PAD;
	if (ret < 0)
		fprintf(stderr, "%s\n", reason);
	assert_int_equal(ret, 0);
	return reader;
}

/* Walks over everything: it must be these records, count of them, in each of so many loops. */
static inline void
assert_records(struct reader *reader, struct seen_record *const *records, unsigned count,
	       unsigned loops, uint64_t period)
{
	struct timeline *timeline = reader_timeline(reader);
	struct walk walk = {.timeline = timeline};

	for (unsigned loop = 0; loop < (timeline->resident ? 1 : loops); loop++) {
		uint64_t ns = loop * period;

		for (unsigned i = 0; i < count; i++) {
			/* One that is earlier than the one before leaves with it, and the rest keeps its gaps. */
			if (i > 0 && records[i]->ns > records[i - 1]->ns)
				ns += records[i]->ns - records[i - 1]->ns;
			if (!walk_next(&walk)) {
				struct reader_progress progress;
				await_finish(reader, &progress);
				fail_msg("entry %u of %u is missing: %s", i, count,
					 progress.reason);
			}
			assert_int_equal(walk.entry.lane, 0);
			assert_entry(&walk, records[i], ns);
		}
	}
	assert_false(walk_next(&walk));
	walk_end(&walk);
	assert_all_back(reader);
	if (count)
		assert_int_equal(timeline->start_ns, records[0]->ns);
	if (count && period)
		assert_int_equal(timeline->period_ns, period);
}

static inline struct seen_record **
all_of(const struct seen_file *seen)
{
	struct seen_record **records = calloc(seen->count + 1, sizeof(*records));

	for (unsigned i = 0; i < seen->count; i++)
		records[i] = &seen->records[i];
	return records;
}

#endif
