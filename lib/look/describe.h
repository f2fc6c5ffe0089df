/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Describe: what a packet is, in the words that `sluice explain` takes.
 */
#ifndef LOOK_DESCRIBE_H
#define LOOK_DESCRIBE_H

#include <stdint.h>

#define LOOK_TEXT_MAX 192

/* "tcp 10.0.0.6:43211 > 192.0.2.1:443 vlan 100", of its first bytes, of which kept are there. */
void look_describe(const uint8_t *bytes, uint32_t kept, char text[LOOK_TEXT_MAX]);

#endif
