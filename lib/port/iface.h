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
	uint32_t speed;        /* Mbit/s; 0 unknown */
	unsigned channels;     /* queue pairs in use; at least 1 */
	unsigned channels_max; /* that it could have */
};

/* Negative errno when the kernel can't be asked; an interface that is not there is no error. */
int iface_read(const char *name, struct iface *iface);

enum iface_problem {
	IFACE_FINE,
	IFACE_UNKNOWN, /* the kernel can't be asked */
	IFACE_MISSING,
	IFACE_DOWN,
	IFACE_CHANNELS, /* fewer queues than the config asks for */
	IFACE_NAME,     /* DPDK can't spell it */
};

/* Whether an af-xdp port can be made of what its config names. iface is filled in either way. */
enum iface_problem iface_judge(const struct config_port *port, struct iface *iface);

/* What is wrong, as the rest of a sentence that begins with the interface. */
const char *iface_problem_text(enum iface_problem problem);

#endif
