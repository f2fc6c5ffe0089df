/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ports: the interfaces that a store's files have, by number, and which of them a slot's packets
 * are of. Grows only: blocks in memory name interfaces by these numbers. The store's thread.
 */
#ifndef STORE_PORTS_H
#define STORE_PORTS_H

#include <stdbool.h>
#include <stdint.h>

#include "store/store.h"

struct store_port {
	char name[STORE_INTERFACE_NAME];
	uint8_t slot;
};

struct store_ports {
	struct store_port *list;
	unsigned count;
	uint32_t of_slot[STORE_SLOTS]; /* STORE_NO_PORT: none */
};

#define STORE_NO_PORT UINT32_MAX

/* Those of the slots are these from now on. Returns how many are new, or -ENOMEM, and then nothing
 * changed. */
int store_ports_set(struct store_ports *ports, const struct store_interface *interfaces,
		    unsigned count);

/* Makes a copy. False: no memory. */
bool store_ports_copy(const struct store_ports *ports, struct store_ports *out);
void store_ports_free(struct store_ports *ports);

#endif
