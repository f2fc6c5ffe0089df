/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Capabilities: what root may do beyond an ordinary user. The kernel keeps them by thread; here
 * they are dropped in all threads of the process, for good. The thread that calls needs no lock,
 * but no two may.
 */
#ifndef HOST_CAPABILITIES_H
#define HOST_CAPABILITIES_H

#include <stddef.h>
#include <stdint.h>

#include "config/config.h"

/* Which capabilities to keep: those that the tables of allowed.h give to what the config has, and
 * those without which its files, owned by somebody else, could not be read again or its sockets not
 * removed. */
uint64_t capabilities_wanted(const struct config *config, unsigned needs);

/* Leaves every thread those of its capabilities that are in keep. Returns 0, or a negative errno:
 * -ETIMEDOUT when a thread does not take signals. */
int capabilities_drop(uint64_t keep);

/* The effective capabilities of the calling thread. */
uint64_t capabilities_held(void);

#endif
