/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rescue: net_af_xdp closes and forgets the packets that lie in its sockets' rings, and with libxdp of Debian 12
 * the sockets too, which then keep their queues of the interface. Those packets whose place in
 * a ring says that they are sluice's again are looked up before, and freed after the device has closed; how many
 * are lost all the same is known, too. Control thread; no worker touches the port.
 */
#ifndef PORT_RESCUE_H
#define PORT_RESCUE_H

#include "port/ports.h"

struct rescue_socket {
	int fd;
	uint64_t inode;
};

struct rescue {
	struct rescue_socket *sockets; /* of the queues */
	unsigned socket_count;
	struct rte_mbuf **packets;
	uint32_t count;
	uint32_t lost; /* packets that nobody gets back */
	bool known; /* false: the driver's rings could not be read, and all that it keeps is lost */
	uint32_t maybe; /* then also up to so many that it was sending */
};

/* The device is still started. */
void rescue_look(const struct port *port, struct rescue *rescue);

/* It is closed. Brings the pool's account of what drivers hold up to date. */
void rescue_free(struct port *port, struct rescue *rescue);

#endif
