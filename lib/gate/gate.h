/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Gate: who goes on in a rule's list. Stands between classify and forward: asks the gates of every
 * rule that took a packet, and says which the packet did not pass; what follows from that is
 * forward's. Gates see packets as they came in, one after the other, each in the order of the rules
 * that took it and of their lists. No step of a program without gates.
 */
#ifndef GATE_GATE_H
#define GATE_GATE_H

#include "stage/stage.h"

extern const struct stage gate_stage;

/* What the tables of a config's dedups take, in bytes; *count is how many there are. */
uint64_t gate_bytes(const struct config *config, unsigned *count);

#endif
