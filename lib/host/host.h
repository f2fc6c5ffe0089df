/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Host: the machine that a config is checked against, and this process on it. In life it is opened;
 * tests fill one in, with a made-up tree. One thread.
 */
#ifndef HOST_HOST_H
#define HOST_HOST_H

#include "core/root.h"
#include "port/cores.h"

struct host {
	struct root root;
	struct cores cores;
	char user[64]; /* whom this process runs as */
	/* Lets time pass between two looks at what changes. */
	void (*wait)(void *argument, unsigned milliseconds);
	void *argument;
};

/* The machine that this is. Negative errno when the kernel does not say what cores there are. */
int host_open(struct host *host);

/* Lets this process lock as much memory as it may ask for: the limit that counts is the lower one
 * of two, and nobody needs it to be lower. */
void host_raise_memlock(void);

#endif
