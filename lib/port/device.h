/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Device: makes the ethdev of a port exist in DPDK, and go again. Setting it up is ethdev.h's.
 */
#ifndef PORT_DEVICE_H
#define PORT_DEVICE_H

#include "port/ports.h"

/* Fills in id, device, driver, numa, quirks. Negative errno, logged with what would mend it. */
int device_open(struct port *port, enum port_mode mode);

/* Whether somebody has AF_XDP sockets on queues that the port needs; false of other kinds. */
bool device_is_held(const struct port *port);

/* Closes the ethdev and takes a virtual device away. Nothing to do is fine. */
void device_close(struct port *port);

/* The same, and lets go of a PCI device, which the kernel may be waiting for. device_open probes it
 * again. */
void device_hand_back(struct port *port);

#endif
