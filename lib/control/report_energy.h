/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The energy's part of a report: what the machine took, and for how many packets. The caller owns
 * the result, NULL: no memory.
 */
#ifndef CONTROL_REPORT_ENERGY_H
#define CONTROL_REPORT_ENERGY_H

#include <jansson.h>
#include <stdint.h>

struct energy;

/* packets: that workers handled since the start. */
json_t *report_energy(const struct energy *energy, uint64_t packets);

#endif
