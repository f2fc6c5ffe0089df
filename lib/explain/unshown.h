/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Unshown: rules that are others in two configs, and of which no packet shows it. For this room
 * alone.
 */
#ifndef EXPLAIN_UNSHOWN_H
#define EXPLAIN_UNSHOWN_H

#include <jansson.h>
#include <stdbool.h>

#include "config/config.h"

struct unshown {
	const struct config *configs[2];
	const bool *others[2]; /* by rule of each; NULL: not known */
	const json_t *shown;   /* by name, those of which something is told */
};

/* Each with why: "filter", "tunnel" or "search". A new reference. */
json_t *unshown_tell(const struct unshown *unshown);

#endif
