/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Captures: those of one program. For this room alone.
 */
#ifndef RECORDER_CAPTURES_H
#define RECORDER_CAPTURES_H

#include "recorder/house.h"

struct captures {
	struct house *house; /* NULL: only looked at */
	/* Packets have ids: one may be given to captures more than once. */
	bool numbered;
	const struct config *config;
	struct store_interface interfaces[STORE_SLOTS]; /* of its ports */
	unsigned interface_count;
	unsigned count;
	struct captures_item {
		struct recorder *recorder; /* NULL likewise */
		struct store_terms terms;
	} items[]; /* as the config's */
};

extern const struct stage_section recorder_sections[];

#endif
