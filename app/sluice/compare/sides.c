/* SPDX-License-Identifier: BSD-3-Clause */
#include "sides.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "capture/nth.h"
#include "core/units.h"

#include "core/banned.h"

#define CHUNK 16384
/* Progress is shown after so many packets. */
#define SHOWN 65536

/* Packets that wait until it is known how many there are. */
struct chunk {
	struct chunk *next;
	unsigned count;
	struct match_packet packets[CHUNK];
};

/* What packets of the second came to. */
struct latencies {
	int64_t *all;
	uint64_t count, room;
};

/* The next packet of a file: 1, 0 at its end, or a negative errno with the reason. */
static int
read_one(struct sides *sides, struct side *side, struct nth *nth, uint64_t *number,
	 struct nth_record *record)
{
	int ret = nth_find(nth, *number, record, sides->reason, sizeof(sides->reason));

	if (ret != 1)
		return ret;
	side->others += record->number - *number;
	*number = record->number + 1;
	if (side->packets == 0)
		side->first_ns = record->time_ns;
	side->last_ns = record->time_ns;
	if (record->length < record->wire_length)
		side->cut++;
	if (++side->packets % SHOWN == 0 && sides->progress) {
		fprintf(sides->progress, "\r\033[K%s: %s packets", side->path,
			units_count(side->packets).text);
		fflush(sides->progress);
	}
	return ret;
}

static void
fill(const struct sides *sides, const struct nth_record *record, struct match_packet *packet)
{
	*packet = (struct match_packet){.time_ns = record->time_ns, .number = record->number};
	match_key(&sides->manner, record->bytes, record->length, record->wire_length,
		  &packet->keys);
}

static bool
no_memory(struct sides *sides)
{
	snprintf(sides->reason, sizeof(sides->reason), "out of memory");
	return false;
}

/* Reads a file to its end: what is found of each packet is told to take. */
static bool
read_all(struct sides *sides, struct side *side,
	 bool (*take)(struct sides *sides, const struct nth_record *record, void *context),
	 void *context)
{
	struct nth *nth = nth_open(side->path, sides->reason, sizeof(sides->reason));
	struct nth_record record;
	uint64_t number = 1;
	int ret;

	if (!nth)
		return false;
	while ((ret = read_one(sides, side, nth, &number, &record)) == 1) {
		if (!take(sides, &record, context)) {
			ret = -1;
			break;
		}
	}
	side->broken_off = nth_is_cut(nth);
	nth_close(nth);
	return ret == 0;
}

static bool
take_sent(struct sides *sides, const struct nth_record *record, void *context)
{
	struct chunk ***end = context, *chunk = **end;

	if (!chunk || chunk->count == CHUNK) {
		if (chunk)
			*end = &chunk->next;
		chunk = malloc(sizeof(*chunk));
		if (!chunk)
			return no_memory(sides);
		chunk->next = NULL;
		chunk->count = 0;
		**end = chunk;
	}
	fill(sides, record, &chunk->packets[chunk->count++]);
	return true;
}

static void
note_latency(struct sides *sides, struct latencies *latencies, int64_t latency)
{
	if (latencies->count == 0 || latency < sides->least_ns)
		sides->least_ns = latency;
	if (latencies->count == 0 || latency > sides->most_ns)
		sides->most_ns = latency;
	latencies->all[latencies->count++] = latency;
}

static bool
take_back(struct sides *sides, const struct nth_record *record, void *context)
{
	struct latencies *latencies = context;
	struct match_packet packet;
	struct match_found found;

	if (latencies->count == latencies->room) {
		uint64_t room = latencies->room ? latencies->room * 2 : CHUNK;
		int64_t *all = realloc(latencies->all, room * sizeof(*all));

		if (!all)
			return no_memory(sides);
		latencies->all = all;
		latencies->room = room;
	}
	fill(sides, record, &packet);
	packet.bytes = record->bytes;
	packet.length = record->length;
	match_back(sides->match, &packet, 1, &found);
	if (found.is == MATCH_IS_MATCHED)
		note_latency(sides, latencies, found.latency_ns);
	return true;
}

/* The first file's packets by their numbers, which rise: those that are lost are asked for in the
 * order of the file. What is no file that can be read twice gives none. */
static const uint8_t *
bytes_of(void *context, uint64_t number, uint32_t loop, uint32_t *length)
{
	struct sides *sides = context;
	char reason[SIDES_REASON_MAX];
	struct nth_record record;

	if (strcmp(sides->sent.path, "-") == 0)
		return NULL;
	if (!sides->again)
		sides->again = nth_open(sides->sent.path, reason, sizeof(reason));
	if (!sides->again || nth_find(sides->again, number, &record, reason, sizeof(reason)) != 1 ||
	    record.number != number)
		return NULL;
	*length = record.length;
	return record.bytes;
}

/* Gives the matcher what was sent; frees it. */
static bool
send_all(struct sides *sides, struct chunk *chunks)
{
	const struct match_options options = {
		.manner = sides->manner,
		.within_ns = UINT64_MAX,
		.held = (uint32_t)(sides->sent.packets < MATCH_HELD_MAX ? sides->sent.packets
									: MATCH_HELD_MAX),
		.pending = MATCH_HELD_MAX,
		.bytes = bytes_of,
		.context = sides,
	};

	if (sides->sent.packets > MATCH_HELD_MAX)
		snprintf(sides->reason, sizeof(sides->reason),
			 "%s: has more than %s packets; compare a part of it", sides->sent.path,
			 units_count(MATCH_HELD_MAX).text);
	else if (!(sides->match = match_new(&options)))
		no_memory(sides);
	while (chunks) {
		struct chunk *next = chunks->next;

		if (sides->match)
			match_sent(sides->match, chunks->packets, chunks->count);
		free(chunks);
		chunks = next;
	}
	return sides->match;
}

/* Late is what came more than within after it was sent: by clocks of which the one may be behind
 * the other, which is known only now. */
static void
judge_times(struct sides *sides, const struct latencies *latencies)
{
	sides->offset_ns = sides->least_ns < 0 ? sides->least_ns : 0;
	for (uint64_t i = 0; i < latencies->count; i++) {
		uint64_t latency = (uint64_t)(latencies->all[i] - sides->offset_ns);

		if (latency <= sides->within_ns) {
			histogram_add(&sides->latencies, latency);
			continue;
		}
		sides->numbers.late++;
		sides->numbers.matched--;
	}
}

static void
free_chunks(struct chunk *chunks)
{
	while (chunks) {
		struct chunk *next = chunks->next;

		free(chunks);
		chunks = next;
	}
}

bool
sides_match(struct sides *sides)
{
	struct chunk *chunks = NULL, **end = &chunks;
	struct latencies latencies = {.count = 0};
	bool done;

	if (!read_all(sides, &sides->sent, take_sent, &end)) {
		free_chunks(chunks);
		return false;
	}
	done = send_all(sides, chunks) && read_all(sides, &sides->back, take_back, &latencies);
	if (done) {
		match_end(sides->match);
		match_tell(sides->match, &sides->numbers);
		judge_times(sides, &latencies);
	}
	if (sides->progress)
		fprintf(sides->progress, "\r\033[K");
	free(latencies.all);
	return done;
}

void
sides_end(struct sides *sides)
{
	match_free(sides->match);
	nth_close(sides->again);
}
