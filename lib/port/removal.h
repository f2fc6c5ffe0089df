/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Removal: how sluice learns that a device is being taken away. DPDK tells it twice, from a thread
 * of its own: the ethdev (RTE_ETH_EVENT_INTR_RMV, by drivers that notice themselves) and the
 * monitor of devices (RTE_DEV_EVENT_REMOVE: the kernel's uevent, or VFIO's request to hand the
 * device back). Either way port->gone is raised, and nothing else happens there: the device can't
 * be closed or its bus scanned from DPDK's interrupt thread, which those would wait for.
 */
#ifndef PORT_REMOVAL_H
#define PORT_REMOVAL_H

#include "port/ports.h"

/* Listens to the kernel's events of PCI devices. Without it the ports' own events still come. */
void removal_watch(void);
void removal_unwatch(void);

/* From the moment the device is open until just before it is closed. */
void removal_follow(struct port *port);
void removal_unfollow(struct port *port);

#endif
