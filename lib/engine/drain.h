/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Drain: lets devices send what they were given before they are stopped, as stopping one throws away
 * what still waits in its rings.
 */
#ifndef ENGINE_DRAIN_H
#define ENGINE_DRAIN_H

#include "port/ports.h"

/* Waits until every transmit ring is empty, as far as drivers can say, 1.5 s at most. Workers must have
 * stopped. Logs a port whose ring did not empty. */
void drain_transmit(struct ports *ports);

#endif
