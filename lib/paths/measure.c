/* SPDX-License-Identifier: BSD-3-Clause */
#include "paths/measure.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/now.h"

#include "core/banned.h"

#define FRAME_MIN 60
#define HEADER 14
#define LINE 64 /* packets begin on cache lines */
#define ARRIVAL_NS UINT64_C(1000000000)
#define PIECE 9000
#define ROUNDS 21

/* To nobody, from nobody, of the type for experiments (IEEE 802). */
static const uint8_t header[HEADER] = {2, 0, 0, 0, 0, 0x77, 2, 0, 0, 0, 0, 1, 0x88, 0xb5};

size_t
measure_size(enum way_job job, unsigned size)
{
	if (job == WAY_FRAMES)
		return size < FRAME_MIN || size > WAY_FRAME_MAX ? 0 : size;
	return job == WAY_DATAGRAMS && size > WAY_DATAGRAM_MAX ? WAY_DATAGRAM_MAX : size;
}

int
measure_prepare(struct way_run *run, enum way_job job, size_t size)
{
	size_t mtu = job == WAY_FRAMES ? size - HEADER : size + 28; /* IPv4 and UDP */

	run->size = size;
	run->step = (size + LINE - 1) / LINE * LINE;
	for (size_t at = 0; job == WAY_FRAMES && at + run->step <= WAY_SOURCE; at += run->step)
		memcpy(run->source + at, header, HEADER);
	if (job == WAY_STREAM)
		return 0;
	return wire_set_mtu(run->wire, mtu < WIRE_MTU_MIN ? WIRE_MTU_MIN : (unsigned)mtu);
}

static uint64_t
own_cpu_ns(void)
{
	struct timespec used;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return used.tv_sec * UINT64_C(1000000000) + used.tv_nsec;
}

static uint64_t
arrived(const struct way *way, const struct way_run *run)
{
	return way->job == WAY_STREAM ? wire_stream_arrived(run->wire)
				      : wire_arrived(run->wire).packets;
}

/* In bytes of the stream, or packets. Not longer than a second after the last came. */
static uint64_t
wait_for(const struct way *way, const struct way_run *run, uint64_t before, uint64_t wanted)
{
	const struct timespec nap = {.tv_nsec = 50000};
	uint64_t until = now_ns() + ARRIVAL_NS, got = arrived(way, run) - before;

	while (got < wanted && now_ns() < until) {
		uint64_t more;

		nanosleep(&nap, NULL);
		more = arrived(way, run) - before;
		if (more != got)
			until = now_ns() + ARRIVAL_NS;
		got = more;
	}
	return got;
}

static int
send_for(const struct way *way, struct way_run *run, uint64_t *sent)
{
	uint64_t until = now_ns() + run->slice_ns;
	int ret;

	do {
		int64_t batch = way->send(run);

		if (batch < 0)
			return (int)batch;
		*sent += (uint64_t)batch;
	} while (now_ns() < until);
	ret = way->finish ? way->finish(run) : 0;
	return ret;
}

static void
tell(const struct way *way, const struct way_run *run, struct measured *measured)
{
	double bytes = (double)measured->sent * (double)run->size;

	measured->counted = run->counted;
	if (way->copies == WAY_TOLD)
		measured->copies = run->told ? (double)run->told_copied / (double)run->told : 0;
	else
		measured->copies = way->copies + (bytes > 0 ? (double)run->counted / bytes : 0);
}

static int
measure_open(const struct way *way, struct way_run *run, struct measured *measured)
{
	uint64_t before = arrived(way, run), far = wire_far_cpu_ns(run->wire);
	uint64_t cpu = own_cpu_ns(), begun = now_ns(),
		 unit = way->job == WAY_STREAM ? run->size : 1;
	int ret = send_for(way, run, &measured->sent);

	if (ret < 0)
		return ret;
	if (measured->sent == 0) {
		snprintf(run->reason, sizeof(run->reason), "nothing left");
		return -EIO;
	}
	cpu = run->cpu_ns ? run->cpu_ns : own_cpu_ns() - cpu;
	measured->received = wait_for(way, run, before, measured->sent * unit) / unit;
	measured->seconds = (double)(run->elapsed_ns ? run->elapsed_ns : now_ns() - begun) / 1e9;
	measured->cpu_ns = (double)cpu / (double)measured->sent;
	measured->far_ns = (double)(wire_far_cpu_ns(run->wire) - far) / (double)measured->sent;
	tell(way, run, measured);
	return 0;
}

int
measure_way(const struct way *way, struct way_run *run, struct measured *measured)
{
	int ret;

	*measured = (struct measured){0};
	run->told = run->told_copied = run->elapsed_ns = run->cpu_ns = run->counted = 0;
	run->reason[0] = 0;
	run->at = 0;
	ret = way->open(run);
	if (ret == 0) {
		ret = measure_open(way, run, measured);
		way->close(run);
	}
	if (ret < 0 && !run->reason[0])
		snprintf(run->reason, sizeof(run->reason), "%s", strerror(-ret));
	return ret;
}

static int
compare(const void *a, const void *b)
{
	const double *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

double
measure_copy(const struct way_run *run)
{
	static uint8_t to[PIECE];
	double rounds[ROUNDS];

	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t begun = own_cpu_ns();

		for (size_t at = 0; at + PIECE <= WAY_SOURCE; at += PIECE) {
			memcpy(to, run->source + at, PIECE);
			/* The compiler must take it that somebody reads them. */
			__asm__ volatile("" ::"r"(to) : "memory");
		}
		rounds[i] = (double)(own_cpu_ns() - begun) / WAY_SOURCE;
	}
	qsort(rounds, ROUNDS, sizeof(rounds[0]), compare);
	return rounds[ROUNDS / 2];
}
