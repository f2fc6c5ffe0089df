/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Paths: which paths a config's daemon may open: the table in allowed.h, and what the config itself
 * names. One thread.
 */
#ifndef HOST_PATHS_H
#define HOST_PATHS_H

#include "config/config.h"
#include "host/landlock.h"

/* Gives back everything that the config needs. Creates captures to be written that are not there
 * yet, so that they alone become writable and not their directory. plugins are further DPDK
 * drivers. Returns 0, or a negative errno, logged; paths that are not there are passed over. */
int paths_allow(const struct landlock *landlock, const struct config *config,
		const char *const *plugins, unsigned plugin_count, unsigned needs);

#endif
