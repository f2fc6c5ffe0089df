/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Orders: what a test tells a device to do while it runs, a line each in the FIFO that the argument orders=PATH
 * names:
 *
 *   link up|down       the link
 *   remove             the device is gone, and its ethdev says so (RTE_ETH_EVENT_INTR_RMV)
 *   vanish             the device is gone, and the monitor of devices says so (RTE_DEV_EVENT_REMOVE)
 *   die                the device is gone, and says so only when it is asked
 *   plug               the device is back: it can be probed again
 *   dry on|off         receive queues get no buffers
 *   bring N            N more packets come in the first receive queue, at once
 *   stall MS           the next poll of the first receive queue takes so many milliseconds, before it looks
 *   miss N             N packets found no free entry in the ring
 *   room N             each transmit queue takes N more packets, where there is an end to it (room=N)
 *
 * A device that is gone gives and takes nothing, fails what it is asked, and can't be probed. What was ordered
 * outlives the device, as a slot outlives the card in it: one thread a FIFO, from the first probe to the end of
 * the process.
 */
#ifndef DEVICE_ORDERS_H
#define DEVICE_ORDERS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct rte_eth_dev;

struct orders {
	_Atomic bool link_down, gone, dry;
	_Atomic uint64_t missed;
	_Atomic uint64_t room; /* given so far */
	_Atomic uint64_t brought, stall_ms;
};

/* The orders of a FIFO, heard from now on; NULL, logged, when it can't be opened. */
struct orders *orders_open(const char *path);

/* The device that events are about; NULL when it is closed. */
void orders_attach(struct orders *orders, struct rte_eth_dev *dev, const char *name);

#endif
