/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Paths: how many packets went which way, for whoever wants no packet of its own.
 */
#ifndef SLUICE_PATHS_H
#define SLUICE_PATHS_H

#include <jansson.h>
#include <stdbool.h>

/* Adds a packet to an object that counts by way. False: no memory. */
bool paths_add(json_t *paths, const json_t *packet);

/* The most used first. */
void paths_print(const json_t *paths);

#endif
