/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Service: bringing one port up and down; ports.h does it for all at once, or takes one out and
 * back. Control thread; failures are logged.
 */
#ifndef PORT_SERVICE_H
#define PORT_SERVICE_H

#include "port/ports.h"

/* Makes the port's device exist, after a look at the captures that it reads. */
int service_open(struct ports *ports, struct port *port);

/* What was looked at before is of no use. */
void service_forget(struct port *port);

/* Has the device take packets, and its captures read. */
int service_start(struct port *port);

/* Finds its pool and sets its queues up, and its writer when there is one. */
int service_setup(struct ports *ports, const struct config *config, struct port *port,
		  unsigned workers);

/* Stops and closes the device, and takes back what its driver does not give back by itself.
 * hand_back: it is to be free for others while the daemon goes on. */
void service_close(struct port *port, bool hand_back);

#endif
