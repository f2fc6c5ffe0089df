/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Leftovers: descriptors that a device's driver and its libraries open and do not close. libxdp of
 * Debian 12 leaves maps, programs and, when a queue could not be set up, sockets, which keep the
 * queue of the interface and the packets' memory. Only sockets of AF_XDP and objects of BPF are
 * looked at, and only the control thread makes such. Control thread.
 */
#ifndef PORT_LEFTOVER_H
#define PORT_LEFTOVER_H

#include <stdbool.h>

struct leftover {
	int fd;
	char what[48]; /* as /proc has it: a socket's has its number */
	bool socket;
};

struct leftovers {
	struct leftover *items;
	unsigned count;
};

/* All that the process has now. Where /proc can't be read, none. */
void leftover_list(struct leftovers *all);

/* Takes out of `all` those that stand in `before`. */
void leftover_subtract(struct leftovers *all, const struct leftovers *before);

/* Closes those that are still what they were. */
void leftover_close(struct leftovers *leftovers);

void leftover_free(struct leftovers *leftovers);

#endif
