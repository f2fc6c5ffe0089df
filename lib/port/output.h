/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Output: the capture that a live port writes (pcap, nanoseconds, Ethernet). DPDK's own driver does
 * not look whether a write worked, waits in the worker for whoever reads a FIFO, and for ever for
 * who reads none. Here a burst is one write, which waits for nobody but a disk that stalls, and
 * then the workers that write alone; a packet that was not written is not taken. What can't be
 * written takes the port's link away, and `port up` or the next reader of the FIFO brings it back.
 */
#ifndef PORT_OUTPUT_H
#define PORT_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

/* Of a packet, which is written at once. */
#define OUTPUT_SEGMENTS_MAX 127

struct output;
struct rte_mbuf;

/* Packets of which a FIFO took a part, and the bytes of them that were copied, to wait for room.
 * Written by whoever sends, read by anybody, atomically. */
struct output_copies {
	uint64_t packets, bytes;
};

/* Creates or truncates the file, or goes on behind what it wrote there before; a FIFO that nobody
 * reads is opened later. `copies` outlives it and is added to. Negative errno. Control thread. */
int output_open(const char *port, const char *path, bool goes_on, struct output_copies *copies,
		struct output **out);

/* Writes the packets and frees those that it took, which it returns. Any worker. */
uint16_t output_send(struct output *output, struct rte_mbuf **packets, uint16_t count);

/* Looks after the file; returns why it can't be written, or NULL. What changed is logged. Control
 * thread. */
const char *output_check(struct output *output);

/* Goes on after an error, with the next packet. Control thread. */
void output_retry(struct output *output);

/* Closes it. false: it lacks packets that it was given. No worker uses it any more. */
bool output_close(struct output *output);

#endif
