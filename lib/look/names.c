/* SPDX-License-Identifier: BSD-3-Clause */
#include "look/names.h"

#include <string.h>

#include "core/banned.h"

static void
put(struct look_names *names, const char *name)
{
	size_t size = strlen(name) + 1;

	memcpy(names->text + names->used, name, size);
	names->used += size;
}

static void
add_rule(struct look_names *names, const struct look_eye *eye, uint32_t rule)
{
	const char *name =
		rule < eye->config->rule_count ? eye->config->rules[rule].name : "default";

	if (names->count == LOOK_RULES_MAX)
		return;
	put(names, name);
	names->count++;
}

void
look_names_find(const struct look_eye *eye, unsigned i, struct look_names *names)
{
	const struct burst *burst = eye->burst;

	names->used = 0;
	names->count = 0;
	if (!eye->config)
		return;
	add_rule(names, eye, burst->verdicts[burst->uniform ? 0 : i]);
	for (unsigned j = 0; j < burst->passed_count; j++) {
		if (burst->passed[j].packet == i)
			add_rule(names, eye, burst->passed[j].rule);
	}
}

void
look_names_add_targets(const struct look_eye *eye, unsigned i, struct look_names *names)
{
	for (uint32_t mask = eye->taken[i]; mask; mask &= mask - 1)
		put(names, config_target_name(eye->config, &eye->targets[__builtin_ctz(mask)]));
}

bool
look_names_have(const struct look_names *names, const char *wanted)
{
	for (const char *name = names->text; name < names->text + names->used;
	     name += strlen(name) + 1) {
		if (strcmp(name, wanted) == 0)
			return true;
	}
	return false;
}
