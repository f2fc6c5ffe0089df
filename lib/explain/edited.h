/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Edited: what edits make of a packet, one after the other. For this room alone.
 */
#ifndef EXPLAIN_EDITED_H
#define EXPLAIN_EDITED_H

#include <jansson.h>

#include "explain/reading.h"
#include "explain/trial.h"

/* What a packet looks like behind some edits. */
struct edited {
	uint8_t *bytes; /* the caller's */
	uint32_t length;
	json_t *steps;  /* of each edit: { edit, does, before, after }; a new reference */
	bool sequenced; /* a worker's own number is in it, which the next packet's is not */
	uint16_t segments;
};

/* -ENOMEM. duplicate: the gates before have found that it is one. manner: as edit_run has it. */
int edited_make(const struct trial *trial, const struct explain_question *question,
		const struct reading *reading, const struct config_action *const *edits,
		unsigned count, bool duplicate, unsigned manner, struct edited *out);

/* "0a1b"; a new reference. */
json_t *edited_hex(const uint8_t *bytes, uint32_t length);

#endif
