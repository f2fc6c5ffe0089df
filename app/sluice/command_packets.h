/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Commands about packets: those that pass, those of captures, and how many more there could be.
 */
#ifndef SLUICE_COMMAND_PACKETS_H
#define SLUICE_COMMAND_PACKETS_H

#include "sluice.h"

extern const struct command command_packets[];
extern const unsigned command_packets_count;

#endif
