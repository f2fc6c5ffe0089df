/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * For `make bench BENCH=match`: what it costs to match packets, in cycles each. Prints a line a
 * case: name, median and least of the rounds.
 *
 * So many packets are live all the time as are asked for: each round sends a part of them anew,
 * when what was sent that long ago comes back. Frames are made before, and their keys where they
 * would be, in batches; so what is waited for is the matcher's own memory.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <x86intrin.h>

#include "match/match.h"

#include "core/banned.h"

#define FRAMES 1024 /* as many as rings hold */
#define ROUNDS 400
#define SIZE_MAX_ 1500
#define NUMBER_AT 42 /* where frames differ */
#define MEGA 1000000

static uint8_t frames[FRAMES][SIZE_MAX_ + 36];

static uint64_t
cycles(void)
{
	unsigned cpu;

	return __rdtscp(&cpu);
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void
show(const char *name, double *rows, unsigned count)
{
	qsort(rows, count, sizeof(*rows), by_size);
	printf("%s %.1f %.1f\n", name, rows[count / 2], rows[0]);
}

static void
make_frames(uint32_t size, uint64_t first)
{
	static const uint8_t head[] = {2,  0,    0, 0, 0,  1, 2, 0, 0, 0,  0,  2, 8,
				       0,  0x45, 0, 0, 0,  0, 7, 0, 0, 64, 17, 0, 0,
				       10, 0,    0, 1, 10, 0, 0, 2, 4, 0,  0,  53};

	for (unsigned i = 0; i < FRAMES; i++) {
		uint64_t number = first + i;

		memcpy(frames[i], head, sizeof(head));
		frames[i][16] = (uint8_t)((size - 14) >> 8);
		frames[i][17] = (uint8_t)(size - 14);
		frames[i][38] = (uint8_t)((size - 34) >> 8);
		frames[i][39] = (uint8_t)(size - 34);
		memcpy(frames[i] + NUMBER_AT, &number, sizeof(number));
	}
}

static void
keys_of(const struct match_manner *manner, uint32_t size, unsigned from,
	struct match_packet packets[MATCH_BATCH], uint64_t first)
{
	for (unsigned i = 0; i < MATCH_BATCH; i++) {
		match_key(manner, frames[from + i], size, size, &packets[i].keys);
		packets[i].number = packets[i].time_ns = first + from + i;
	}
}

/* FRAMES packets of these numbers, sent or back; cycles a packet, with making their keys. */
static double
pass(struct match *match, const struct match_manner *manner, uint32_t size, uint64_t first,
     bool sends)
{
	struct match_packet packets[MATCH_BATCH] = {{.loop = 0}};
	uint64_t start;

	make_frames(size, first);
	start = cycles();
	for (unsigned from = 0; from < FRAMES; from += MATCH_BATCH) {
		keys_of(manner, size, from, packets, first);
		if (sends)
			match_sent(match, packets, MATCH_BATCH);
		else
			match_back(match, packets, MATCH_BATCH, NULL);
	}
	return (double)(cycles() - start) / FRAMES;
}

static int
measure(const char *name, bool automatic, uint32_t size, uint32_t live)
{
	static double sent[ROUNDS], back[ROUNDS], keys[ROUNDS];
	struct match_options options = {.manner = {.automatic = automatic},
					.within_ns = UINT64_MAX,
					/* Such that what is back is forgotten, too. */
					.held = live + live / 64};
	struct match *match = match_new(&options);
	struct match_packet spare[MATCH_BATCH];
	struct match_numbers numbers;
	char row[64];
	uint64_t next = 0;

	if (!match)
		return EXIT_FAILURE;
	for (; next < live; next += FRAMES)
		pass(match, &options.manner, size, next, true);
	for (unsigned round = 0; round < ROUNDS; round++, next += FRAMES) {
		uint64_t start;

		back[round] =
			pass(match, &options.manner, size, next - live / FRAMES * FRAMES, false);
		sent[round] = pass(match, &options.manner, size, next, true);
		start = cycles();
		for (unsigned from = 0; from < FRAMES; from += MATCH_BATCH)
			keys_of(&options.manner, size, from, spare, next);
		keys[round] = (double)(cycles() - start) / FRAMES;
	}
	match_tell(match, &numbers);
	match_free(match);
	/* That it matched, or the figures are of something else. */
	if (numbers.matched != (uint64_t)ROUNDS * FRAMES)
		return EXIT_FAILURE;
	snprintf(row, sizeof(row), "%s-back", name);
	show(row, back, ROUNDS);
	snprintf(row, sizeof(row), "%s-sent", name);
	show(row, sent, ROUNDS);
	snprintf(row, sizeof(row), "%s-key", name);
	show(row, keys, ROUNDS);
	return EXIT_SUCCESS;
}

int
main(void)
{
	int ret = measure("frame", false, 64, MEGA);

	if (ret == EXIT_SUCCESS)
		ret = measure("auto", true, 64, MEGA);
	if (ret == EXIT_SUCCESS)
		ret = measure("frame-1500", false, SIZE_MAX_, MEGA);
	if (ret == EXIT_SUCCESS)
		ret = measure("frame-few", false, 64, MEGA / 64);
	return ret;
}
