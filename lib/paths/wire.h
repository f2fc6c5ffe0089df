/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Wire: two veths from a network namespace of this process into another: one whose far end drops
 * what arrives before the kernel looks for a receiver, as a card takes frames away, and one to a
 * TCP server that reads without copying.
 */
#ifndef PATHS_WIRE_H
#define PATHS_WIRE_H

#include <stdint.h>
#include <sys/types.h>

#define WIRE_NEAR "wire0"
#define WIRE_FAR "wire1"
#define WIRE_FAR_IP "10.9.0.2"
#define STREAM_FAR_IP "10.10.0.2"
#define WIRE_MTU_MIN 1500

struct wire {
	pid_t far;    /* who reads the stream, in the far namespace */
	int far_link; /* a socket there, for ioctl */
	uint16_t port;
	struct wire_sink *sink; /* shared with it */
	char directory[32];     /* for files, gone with the process */
};

struct wire_count {
	uint64_t packets, bytes;
};

/* Takes this process into namespaces of its own. Negative errno after logging. */
int wire_open(struct wire *wire);
void wire_close(struct wire *wire);

/* Both ends' MTU. Negative errno. */
int wire_set_mtu(const struct wire *wire, unsigned mtu);

/* What has arrived at the far end. */
struct wire_count wire_arrived(const struct wire *wire);
uint64_t wire_stream_arrived(const struct wire *wire);
/* The processor time of who reads the stream. */
uint64_t wire_far_cpu_ns(const struct wire *wire);

#endif
