/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Capture writer: a pcap file (nanosecond, Ethernet) that packets are written to with the time they
 * carry (port/time.h), not the wall clock's. Used offline, where net_pcap would write its own time.
 */
#ifndef PORT_WRITER_H
#define PORT_WRITER_H

#include <stdint.h>

struct capture_writer;
struct rte_mbuf;

/* Creates or truncates path; NULL makes a writer that takes packets and writes none. On failure logs
 * and returns a negative errno. */
int capture_writer_open(const char *path, struct capture_writer **out);

/* Writes the packets and frees them. Takes all of them: an error of the file (a full disk) is kept
 * for capture_writer_close and nothing is written after it. */
uint16_t capture_writer_send(struct capture_writer *writer, struct rte_mbuf **packets,
			     uint16_t count);

/* Flushes and closes; 0, or the first error as a negative errno, logged with the file's name. */
int capture_writer_close(struct capture_writer *writer);

#endif
