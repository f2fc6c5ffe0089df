/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Drivers: what some of DPDK's drivers need that their own interface does not tell.
 */
#ifndef PORT_DRIVER_H
#define PORT_DRIVER_H

#include <stdbool.h>
#include <stdint.h>

/* net_af_xdp: packets each queue keeps in the kernel's hands to receive into, the ring where it
 * gives them to it, and the most that may be on their way out. */
#define AF_XDP_FILL_PACKETS 2048
#define AF_XDP_FILL_RING 4096
#define AF_XDP_SEND_PACKETS 2048

/* Bytes of two VLAN tags, for which the MTU leaves room. */
#define DRIVER_TAGS 8
#define DRIVER_INTERFACES 2

struct driver {
	const char *name;
	bool paired; /* needs as many RX as TX queues */
	bool chains; /* sends packets of several segments, though it does not offer MULTI_SEGS */
	bool loops; /* what was sent waits in the device to be received: emptied before it closes */
	bool flat_pool; /* needs a pool that lies in one piece, objects no larger than a page */
	bool blind;     /* writes packets of its argument `size` without looking at the buffer's */
	/* It offers to check what it receives, but that is done by the CPU, or leaves packets of
	 * other virtual machines without the checksums that they then must get when they are
	 * sent. */
	bool soft_checksums;
	uint16_t keeps; /* packets a queue never gives back by itself, see driver.c */

	/* The frames that it can send, see frames.h. */
	uint16_t shortest;
	bool any_length;  /* its MTU bounds nothing */
	bool any_frame;   /* nothing does: it looks at no packet that it is given */
	bool own_mtu;     /* bounds frames by its MTU, though it does not bound that */
	bool copies;      /* frames of others into one packet of its pool, however long they are */
	uint8_t tags;     /* bytes that a frame may have beyond MTU and Ethernet header */
	bool tagged_only; /* only with a tag of 802.1Q */
	/* Longest of several segments that it sends whole; 0: as long as others. */
	uint16_t chained;
	const char *slot; /* its argument that says what it copies a frame into; of so many bytes */
	uint16_t slot_bytes, slot_taken; /* without it; those that are its own */
	/* Its arguments that name the interface it sends on. */
	const char *interfaces[DRIVER_INTERFACES];
	bool strict; /* receives only what Ethernet and its MTU allow */
};

/* Whether the driver of a virtual device of this name, as configs have it, loops. */
bool driver_loops(const char *device);

/* Never NULL: a driver without peculiarities has none set. */
const struct driver *driver_find(const char *name);

#endif
