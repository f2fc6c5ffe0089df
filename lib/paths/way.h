/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Way: one way to send, at one size. Ways know nothing of each other; ways.c lists them.
 */
#ifndef PATHS_WAY_H
#define PATHS_WAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "paths/wire.h"

#define WAY_BATCH 64 /* packets that are given to the kernel together */
#define WAY_FRAME_MAX 9000
#define WAY_DATAGRAM_MAX 65507 /* RFC 768 and RFC 791: 65,535 less both headers */
#define WAY_SOURCE (16u << 20) /* more than the caches near a core hold */

enum way_job { WAY_FRAMES, WAY_DATAGRAMS, WAY_STREAM, WAY_JOBS };

/* What is sent lies in source, in steps of a packet each; the stream is the same memory as a
 * file. */
struct way_run {
	const struct wire *wire;
	size_t size; /* bytes of a frame, a datagram or one send */
	size_t step;
	uint8_t *source;
	int source_fd;
	size_t at;
	void *state; /* the way's own */

	/* Of sends that the kernel says something of: how many, and how many it copied. */
	uint64_t told, told_copied;
	/* Of one that runs elsewhere: how long it took, and its processor time; else 0. */
	uint64_t elapsed_ns, cpu_ns;
	uint64_t slice_ns;
	/* Bytes that sluice says it copied. */
	uint64_t counted;
	char reason[192]; /* why it can't, or "" */
};

struct way {
	const char *name;
	const char *text;
	enum way_job job;
	/* How often a payload's bytes are copied by the way's construction; WAY_TOLD: the kernel
	 * tells. */
	double copies;
	/* The way that is the same but for its copies; NULL: there is none to compare with. */
	const char *copying;
	/* 0, or negative errno, with a reason where errno alone says too little. */
	int (*open)(struct way_run *run);
	/* Sends a batch. How many packets left (0: later), or negative errno. */
	int64_t (*send)(struct way_run *run);
	/* Waits for what is still on its way. NULL: nothing is. */
	int (*finish)(struct way_run *run);
	void (*close)(struct way_run *run);
};

#define WAY_TOLD (-1.0)

/* NULL behind the last. */
const struct way *way_at(unsigned i);

/* The next packet of the source. */
uint8_t *way_next(struct way_run *run);

/* A connected socket for datagrams or the stream, or an AF_PACKET socket on the wire; negative
 * errno. */
int way_socket(const struct way_run *run, enum way_job job);

/* The ways, by file. */
extern const struct way packet_send_way, packet_batch_way, ring_way, xdp_way, xdp_zerocopy_way;
extern const struct way uring_packet_way, uring_packet_zc_way, sluice_way;
extern const struct way datagram_batch_way, datagram_zerocopy_way;
extern const struct way uring_datagram_way, uring_datagram_zc_way, uring_datagram_fixed_way;
extern const struct way stream_copy_way, stream_sendfile_way, stream_splice_way;
extern const struct way stream_send_way, stream_zerocopy_way;
extern const struct way uring_stream_way, uring_stream_zc_way;

#endif
