/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A config with one rule, and the first of that rule's actions. Include cmocka.h before.
 */
#ifndef TESTS_ACTION_KIT_H
#define TESTS_ACTION_KIT_H

#include <stdio.h>
#include <stdlib.h>

#include "config_kit.h"

/* What stands above the rule. */
#define ACTION_TOP                                                                     \
	"policers: { tools: { rate: 1.5Gbps, burst: 1MiB }, slow: { rate: 50pps } }\n" \
	"edits: { to-ids: [ strip: vlans, slice: 128 ], '1': [ mask: payload ] }\n"

static inline struct config *
config_with(const char *action)
{
	char *text;
	struct config *config;

	if (asprintf(&text,
		     CONFIG_HEAD ACTION_TOP
		     "rules: [ { name: x, actions: [ %s, { forward: a } ] } ]\n",
		     action) < 0)
		return NULL;
	config = config_of(text);
	if (!config)
		fail_msg("%s", action);
	free(text);
	return config;
}

static inline const struct config_action *
first(const struct config *config)
{
	return &config->rules[0].actions.items[0];
}

#endif
