/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Names: of rules and targets, as a record has them. For this room alone.
 */
#ifndef LOOK_NAMES_H
#define LOOK_NAMES_H

#include "look/eye.h"

/* Of rules that are told: of one that decided, and of some that passed it on. */
#define LOOK_RULES_MAX 6

struct look_names {
	char text[(LOOK_RULES_MAX + LOOK_TARGETS_MAX) * (CONFIG_NAME_MAX + 1)];
	uint16_t used; /* bytes, each name with a 0 */
	unsigned count;
};

/* Of the rules that took packet i as it came in; none where none is known. */
void look_names_find(const struct look_eye *eye, unsigned i, struct look_names *names);

/* Behind these, of the targets that are no ports and took it. */
void look_names_add_targets(const struct look_eye *eye, unsigned i, struct look_names *names);

bool look_names_have(const struct look_names *names, const char *wanted);

#endif
