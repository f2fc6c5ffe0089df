/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Input: the captures that a port receives, see reel.h. Live, a thread reads them ahead and makes
 * packets of them, which wait in a ring and come to the worker from the port's device, one that has
 * none of its own: no worker waits for a disk, a pipe, or what is compressed. Offline the feed
 * takes them by their times, and there is no device.
 */
#ifndef PORT_INPUT_H
#define PORT_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/reel.h"
#include "config/config.h"

struct input;
struct rte_mempool;

/* Packets that wait in the ring, at the most: what a worker takes in the time that the thread
 * sleeps. */
#define INPUT_RING 1024

/* Finds the files and looks at them. On failure a negative errno, with a reason. Any thread. */
int input_open(const struct config_port *port, bool live, struct input **out, char *reason,
	       size_t size);

/* Ends its thread, which may be in a read that a disk does not answer: then it is left to itself,
 * and what it holds is freed when it is back. NULL is fine. */
void input_close(struct input *input);

/* Offline: what to take packets from. */
struct reel *input_reel(struct input *input);

/* Begins to read into packets of the pool, no more than half of which it holds; they come from the
 * device's first queue. Negative errno, logged. */
int input_start(struct input *input, uint16_t device, struct rte_mempool *pool);

/* Ends reading, and frees what nobody took. No worker may poll the device any more, which is still
 * there. */
void input_stop(struct input *input);

void input_counts(const struct input *input, struct reel_counts *out);

#endif
