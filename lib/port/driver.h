/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Drivers: what some of DPDK's drivers need that their own interface does not tell.
 */
#ifndef PORT_DRIVER_H
#define PORT_DRIVER_H

#include <stdbool.h>
#include <stdint.h>

/* net_af_xdp: packets each queue keeps in the kernel's hands to receive into, the ring where it gives them to it, and
 * the most that may be on their way out. */
#define AF_XDP_FILL_PACKETS 2048
#define AF_XDP_FILL_RING 4096
#define AF_XDP_SEND_PACKETS 2048

struct driver {
	const char *name;
	bool paired; /* needs as many RX as TX queues */
	bool chains; /* sends packets of several segments, though it does not offer MULTI_SEGS */
	bool loops; /* what was sent waits in the device to be received: emptied before it closes */
	bool flat_pool; /* needs a pool that lies in one piece, objects no larger than a page */
	bool blind;     /* writes packets of its argument `size` without looking at the buffer's */
	/* It offers to check what it receives, but that is done by the CPU, or leaves packets of other virtual
	 * machines without the checksums that they then must get when they are sent. */
	bool soft_checksums;
	uint16_t keeps; /* packets a queue never gives back by itself, see driver.c */
};

/* Never NULL: a driver without peculiarities has none set. */
const struct driver *driver_find(const char *name);

#endif
