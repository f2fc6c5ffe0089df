/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Prefix: IPv4 and IPv6 addresses and prefixes, as plain data.
 */
#ifndef CONFIG_PREFIX_H
#define CONFIG_PREFIX_H

#include <stdbool.h>
#include <stdint.h>

struct config_prefix {
	uint8_t family;      /* 4 or 6 */
	uint8_t length;      /* bits */
	uint8_t address[16]; /* network order; IPv4 in the first 4 bytes; host bits are 0 */
};

/* Whether all addresses of one are in the other. Pure. */
bool config_prefix_covers(const struct config_prefix *wide, const struct config_prefix *narrow);

/* Sorted by family and address; none lies in another. */
struct config_prefixes {
	struct config_prefix *items;
	unsigned count; /* 0: the key was not given */
	uint32_t list;  /* of config->lists, from 1, that they were read from; 0: none */
};

#endif
