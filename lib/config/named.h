/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Named: what stands behind the names in a rule, of which its own text says nothing.
 */
#ifndef CONFIG_NAMED_H
#define CONFIG_NAMED_H

#include "config/config.h"

/* Whether two groups are the same but for their names: by their members' names, in order, weights
 * and hash. */
bool config_same_group(const struct config *a_config, const struct config_group *a,
		       const struct config *b_config, const struct config_group *b);

/* Writes what a rule's groups, named edits and policers are, and which values it has from files; of
 * the default where rule is the count of rules. Nothing for a rule without names. Errors stay in
 * out. */
void config_emit_named(FILE *out, const struct config *config, unsigned rule);

#endif
