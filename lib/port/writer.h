/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Capture writer: a pcap file (nanosecond, Ethernet) that packets are written to with the time they
 * carry (port/time.h), not the wall clock's. Used offline, where net_pcap would write its own time.
 * A packet that was not written is not taken. Whoever reads a FIFO is waited for, as nothing else
 * goes on meanwhile.
 */
#ifndef PORT_WRITER_H
#define PORT_WRITER_H

#include <stdbool.h>
#include <stdint.h>

struct capture_writer;
struct rte_mbuf;

/* Creates or truncates path; NULL makes a writer that takes packets and writes none. On failure
 * logs and returns a negative errno. */
int capture_writer_open(const char *path, struct capture_writer **out);

/* A writer that has no file: it shows each packet to whoever made it, who may look at it until the
 * call returns. NULL: no memory. */
typedef void capture_writer_shown(void *context, const struct rte_mbuf *packet);
struct capture_writer *capture_writer_show(capture_writer_shown *show, void *context);
void *capture_writer_context(const struct capture_writer *writer);

/* Writes the packets and frees those that it took, which it returns: all, unless the file has an
 * error (a full disk). That is kept for capture_writer_close, and nothing is written after it. */
uint16_t capture_writer_send(struct capture_writer *writer, struct rte_mbuf **packets,
			     uint16_t count);

/* Whether the file has an error, and takes no packets any more. */
bool capture_writer_failed(const struct capture_writer *writer);

/* Closes the file; 0, or the first error as a negative errno, logged with the file's name. */
int capture_writer_close(struct capture_writer *writer);

#endif
