/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Returns: what a config says of packets that come back. For config.h, which includes it.
 */
#ifndef CONFIG_RETURN_H
#define CONFIG_RETURN_H

#include <stdbool.h>
#include <stdint.h>

#include "config/action.h"

#define CONFIG_RETURNS_MAX 16
/* Packets of each worker that may wait to be matched: a power of two. */
#define CONFIG_RETURN_ROOM 4096

/* What may differ between what was sent and what comes back; the bits of enum match_ignoring. */
enum config_differs {
	CONFIG_DIFFERS_MAC = 1 << 0,
	CONFIG_DIFFERS_VLAN = 1 << 1,
	CONFIG_DIFFERS_TTL = 1 << 2,
	CONFIG_DIFFERS_DSCP = 1 << 3,
	CONFIG_DIFFERS_CHECKSUMS = 1 << 4,
	CONFIG_DIFFERS_NAT = 1 << 5,
};

/* How many of those sent. */
struct config_tolerated {
	enum { CONFIG_TOLERATE_PACKETS, CONFIG_TOLERATE_SHARE, CONFIG_TOLERATE_ANY } how;
	uint64_t value; /* packets; or a share, in parts of CONFIG_TOLERATED_ALL */
};
#define CONFIG_TOLERATED_ALL UINT64_C(100000000)

enum config_count {
	CONFIG_COUNT_LOST,
	CONFIG_COUNT_CHANGED,
	CONFIG_COUNT_DUPLICATED,
	CONFIG_COUNT_REORDERED,
	CONFIG_COUNT_LATE,
	CONFIG_COUNT_UNKNOWN,
	CONFIG_COUNTS,
};
#define CONFIG_LATENCIES 5 /* p50, p99, p99.9, p99.99, max */

struct config_return {
	char *name;
	uint16_t replay; /* index into replays */
	bool automatic;
	unsigned ignoring; /* enum config_differs; with automatic 0 */
	uint64_t within_ns;
	uint64_t memory; /* bytes for what was sent and is not back */
	struct config_tolerance {
		struct config_tolerated counts[CONFIG_COUNTS];
		uint64_t latencies[CONFIG_LATENCIES]; /* 0: any */
	} tolerance;
	struct config_place place; /* of its name */
};

#endif
