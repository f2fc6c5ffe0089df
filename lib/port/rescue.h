/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rescue: net_af_xdp closes and forgets the packets that it had given to the kernel. Which ones
 * those are is read from its sockets' rings before (all of them: to receive into, received, to be
 * sent, on their way, sent), and they are freed when the kernel can't touch them any more. Control
 * thread; no worker touches the port.
 */
#ifndef PORT_RESCUE_H
#define PORT_RESCUE_H

#include "port/ports.h"
#include "port/xsk.h"

struct rescue {
	struct rescue_list now; /* free when the device is closed */
	/* Free when the kernel has let go of the sockets, of which the next one on the same queue
	 * is the proof. */
	struct rescue_list later;
	uint32_t unsent;         /* of both, those that the kernel had not sent */
	uint32_t queues;         /* found */
	uint32_t lost;           /* packets that nobody finds */
	struct leftovers before; /* the device was closed */
};

/* Maps the rings of the sockets that the driver has opened, port->left: once their interface is
 * gone, the kernel maps no more. They keep the sockets open until rescue_free. */
void rescue_prepare(struct port *port);

/* Waits a moment for what is on its way, and looks at what the driver was given. */
void rescue_look(struct port *port, struct rescue *rescue);

/* The device is closed. Brings the pool's account of what drivers hold up to date. */
void rescue_free(struct port *port, struct rescue *rescue);

/* Frees what was kept of the port's devices before: they are gone for certain. */
void rescue_later(struct port *port);

#endif
