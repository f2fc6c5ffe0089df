/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Capture: packets that are written to files, as a config has it. Of sizes, numbers and durations 0
 * is one that was left out: there is no such limit.
 */
#ifndef CONFIG_CAPTURE_H
#define CONFIG_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "config/action.h"

#define CONFIG_CAPTURES_MAX 32
#define CONFIG_TRIGGERS_MAX 64
/* Where a capture keeps all of a packet that it can. */
#define CONFIG_SNAP_MAX (UINT32_C(256) << 10)

struct config_trigger {
	char *rule; /* its name */
	struct config_place place;
};

struct config_capture {
	char *name;
	char *directory; /* absolute path */
	struct config_rotate {
		uint64_t size, every_ns, packets;
	} rotate;
	struct config_keep_files {
		uint64_t files, size, free;
	} keep;
	uint32_t snap;   /* bytes that are kept of a packet */
	uint64_t memory; /* bytes of its blocks */
	uint64_t queue;  /* packets that may wait in front of them, of each worker */
	/* With a trigger nothing is written but what came before_ns before one, and after_ns behind
	 * it; after_given: or without end. */
	uint64_t before_ns, after_ns;
	bool after_given, triggered;
	struct config_trigger *triggers; /* rules; none: by `sluice capture trigger` alone */
	unsigned trigger_count;
	struct config_place place; /* of the name */
};

struct config;

/* Whether a packet that the rule gives to the capture of this index is a trigger. */
bool config_triggers(const struct config *config, uint32_t rule, unsigned capture);

/* Whether a packet may be given to captures more than once: they stand in several actions. */
bool config_captures_share(const struct config *config);

/* Memory that captures take, which none of the same name in the other config (or NULL) has with
 * the same words. */
uint64_t config_captures_bytes(const struct config *config, const struct config *before);

/* Packets that its captures and returns may hold, of each worker. */
uint32_t config_targets_packets(const struct config *config);

#endif
