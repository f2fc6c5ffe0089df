/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Feed: offline input. The capture ports of a config, merged into one sequence by the records' own
 * times (nanoseconds; equal times in the config's order of ports; within a file, the file's order).
 */
#ifndef PORT_FEED_H
#define PORT_FEED_H

#include <stdint.h>

#include "port/ports.h"

struct feed;

/* ports must stay open as long as the feed. Negative errno on failure, logged. */
int feed_open(struct ports *ports, struct feed **out);

/* The time of the next packet; UINT64_MAX at the end. */
uint64_t feed_time(const struct feed *feed);

/* Takes the next packets, all from one port, in order, up to count, none later than until_ns; each
 * carries its time. Returns their number and the port's index in *in_port; 0 at the end; a negative
 * errno, logged, when a capture can't be read on. */
int feed_next(struct feed *feed, uint64_t until_ns, struct rte_mbuf **packets, uint16_t count,
	      uint16_t *in_port);

void feed_close(struct feed *feed);

#endif
