/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Phrase: actions as a config's words have them, and other text, as JSON. For this room alone. New
 * references.
 */
#ifndef EXPLAIN_PHRASE_H
#define EXPLAIN_PHRASE_H

#include <jansson.h>
#include <stdio.h>

#include "config/config.h"

/* "slice 128" */
json_t *phrase_action(const struct config *config, const struct config_action *action);

/* "slice 128, forward tools" */
json_t *phrase_actions(const struct config *config, const struct config_actions *actions);

/* The text that was written to a stream of open_memstream's, both of which end here; "" where a
 * part of it is missing. */
json_t *phrase_close(FILE *out, char **text);

#endif
