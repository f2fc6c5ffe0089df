/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ethdev: sets a port's device up as the config asks: queues, rings, MTU, RSS. What the config
 * names is required, and refused with the device's limit; what it leaves open is taken as the
 * device has it.
 */
#ifndef PORT_ETHDEV_H
#define PORT_ETHDEV_H

#include "port/ports.h"

/* The port's device is open, its pool chosen. Negative errno, logged with what would mend it. */
int ethdev_setup(struct port *port, unsigned workers);
int ethdev_start(struct port *port);

#endif
