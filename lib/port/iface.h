/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Interface: what the kernel knows of one of its network interfaces, by name.
 */
#ifndef PORT_IFACE_H
#define PORT_IFACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"

struct iface {
	unsigned index;  /* the kernel's number; another interface of the same name has another */
	bool exists, up; /* up: set up by the administrator */
	bool running;    /* has a carrier */
	bool promiscuous;
	uint16_t mtu;
	uint32_t speed;    /* Mbit/s; 0 unknown */
	unsigned channels; /* queue pairs in use; at least 1 */
};

/* Negative errno when the kernel can't be asked; an interface that is not there is no error. */
int iface_read(const char *name, struct iface *iface);

/* Whether an af-xdp port can't be made of what its config names; then reason says why and what would
 * mend it. iface is filled in either way. */
bool iface_refused(const struct config_port *port, struct iface *iface, char *reason, size_t size);

#endif
