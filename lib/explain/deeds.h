/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Deeds: the rules of two configs by what stands in their lists, each with a number: two have one
 * number when they have one name, and do the same by their words. For this room alone.
 */
#ifndef EXPLAIN_DEEDS_H
#define EXPLAIN_DEEDS_H

#include <jansson.h>
#include <stdint.h>

#include "config/config.h"

struct deeds {
	json_t *known; /* "name\naction": its number */
	uint32_t count;
};

/* -ENOMEM. */
int deeds_init(struct deeds *deeds);
void deeds_fini(struct deeds *deeds);

/* Of each rule, then of the default; the caller frees it. NULL: no memory. */
uint32_t *deeds_of(struct deeds *deeds, const struct config *config);

/* A rule's list, rule_count for the default. */
const struct config_actions *deeds_actions(const struct config *config, uint32_t rule);
const char *deeds_name(const struct config *config, uint32_t rule);

#endif
