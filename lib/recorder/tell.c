/* SPDX-License-Identifier: BSD-3-Clause */
/* What captures count, as it is told. */
#include <stdio.h>
#include <string.h>

#include "recorder/captures.h"
#include "stage/counters.h"

#include "core/banned.h"

struct capture_told {
	const char *state, *reason;
	char file[STORE_PATH_MAX], why[STORE_REASON_MAX];
	uint64_t packets, bytes, files, closed, held;
	uint64_t full, failed, passed;
	uint64_t full_queue, full_memory; /* what full is the sum of */
	uint64_t memory;
	double used;
	bool direct;
};

#define CAPTURE(kind, name, member) COUNTER(struct capture_told, kind, name, member, APART)
static const struct counter drops[] = {
	CAPTURE(NUMBER, "capture-full", full),
	CAPTURE(NUMBER, "capture-failed", failed),
	CAPTURE(NUMBER, "capture-passed", passed),
	{0},
};
static const struct counter full[] = {
	CAPTURE(NUMBER, "queue", full_queue),
	CAPTURE(NUMBER, "memory", full_memory),
	{0},
};
static const struct counter counts[] = {
	CAPTURE(TEXT, "state", state),     CAPTURE(REMARK, "reason", reason),
	CAPTURE(WORDS, "file", file),      CAPTURE(NUMBER, "packets", packets),
	CAPTURE(NUMBER, "bytes", bytes),   CAPTURE(NUMBER, "files", files),
	CAPTURE(NUMBER, "closed", closed), CAPTURE(NUMBER, "held", held),
	COUNTER_OBJECT("drops", drops),    COUNTER_OBJECT("full", full),
	CAPTURE(NUMBER, "memory", memory), CAPTURE(SHARE, "used", used),
	CAPTURE(FLAG, "direct", direct),   {0},
};

static unsigned
count_captures(const void *state)
{
	const struct captures *captures = state;

	return captures->house ? captures->count : 0;
}

static const char *
name_capture(const void *state, unsigned index)
{
	return ((const struct captures *)state)->config->captures[index].name;
}

static void
add_up(const struct store_numbers *numbers, struct capture_told *told)
{
	for (unsigned i = 0; i < STORE_SLOTS; i++) {
		const struct store_count *count = &numbers->slots[i];

		told->packets += count->stored_packets;
		told->bytes += count->stored_bytes;
		told->full_memory += count->lost_packets[STORE_FULL];
		told->failed += count->lost_packets[STORE_FAILED];
		told->passed += count->lost_packets[STORE_PASSED];
	}
}

static void
look_at_capture(const void *state, unsigned index, void *out)
{
	static const char *const states[] = {[STORE_WAITING] = "waiting",
					     [STORE_RECORDING] = "recording",
					     [STORE_BROKEN] = "failed",
					     [STORE_ENDED] = "ended"};
	struct recorder *recorder = ((const struct captures *)state)->items[index].recorder;
	struct capture_told *told = out;
	struct store_numbers numbers;

	/* Before what workers left there, so that what is held is never negative. */
	store_numbers(recorder->store, &numbers);
	add_up(&numbers, told);
	for (unsigned i = 0; i < STORE_SLOTS && recorder->offline; i++)
		told->held += numbers.slots[i].taken_packets;
	for (unsigned i = 0; i < recorder->workers; i++)
		told->held += atomic_load_explicit(&recorder->rings[i].put, memory_order_relaxed);
	told->held -= told->packets + told->full_memory + told->failed + told->passed;
	for (unsigned i = 0; i < recorder->workers; i++)
		told->full_queue += tally_look(&recorder->rings[i].full);
	told->full = told->full_queue + told->full_memory;
	told->state = states[numbers.state];
	snprintf(told->file, sizeof(told->file), "%s", numbers.file);
	snprintf(told->why, sizeof(told->why), "%s", numbers.reason);
	told->reason = *told->why ? told->why : NULL;
	told->files = numbers.files;
	told->closed = numbers.closed;
	told->memory = numbers.memory;
	told->used = numbers.blocks ? (double)numbers.blocks_used / (double)numbers.blocks : -1;
	told->direct = numbers.direct;
}

const struct stage_section recorder_sections[] = {
	{"captures", counts, sizeof(struct capture_told), count_captures, name_capture,
	 look_at_capture},
	{0},
};
