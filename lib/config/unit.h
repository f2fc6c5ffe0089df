/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Unit: the units of rates as people type them ("1 gbps", "100Mbit", "1Gbit/s", "5 kpps"), brought
 * to the one form that is read and written. Pure.
 */
#ifndef CONFIG_UNIT_H
#define CONFIG_UNIT_H

#include <stdbool.h>

#include "config/decimal.h"

/* As decimal_parse, of text with its unit in that form ("1Gbps") or in any of the others. */
int unit_parse(const char *text, const struct decimal_unit *units, unsigned count,
	       struct decimal *out);

/* Whether the unit is one of bytes a second ("100MB/s", "100MBps"), which no rate is in. */
bool unit_is_bytes(const char *text);

#endif
