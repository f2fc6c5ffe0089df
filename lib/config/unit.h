/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Unit: the units of rates as people type them ("1 gbps", "100Mbit", "1Gbit/s", "5 kpps"), brought to the one
 * form that is read and written. Pure.
 */
#ifndef CONFIG_UNIT_H
#define CONFIG_UNIT_H

#include <stdbool.h>
#include <stddef.h>

/* Writes text with its unit in that form: "1Gbps". False when it has none of these units, or is too long. */
bool unit_plain(const char *text, char *out, size_t size);

/* Whether the unit is one of bytes a second ("100MB/s", "100MBps"), which no rate is in. */
bool unit_is_bytes(const char *text);

#endif
