/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Service: bringing one port up and down; ports.h does it for all at once, or takes one out and back.
 * Control thread; failures are logged.
 */
#ifndef PORT_SERVICE_H
#define PORT_SERVICE_H

#include "port/ports.h"

/* Makes the port's device exist, after a look at what it reads. */
int service_open(struct ports *ports, struct port *port);

/* Finds its pool and sets its queues up, and its writer when there is one. */
int service_setup(struct ports *ports, const struct config *config, struct port *port,
		  unsigned workers);

/* Stops the device, which then has given back what it held. It stays open. */
void service_stop(struct port *port);

#endif
