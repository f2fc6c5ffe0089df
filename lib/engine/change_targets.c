/* SPDX-License-Identifier: BSD-3-Clause */
/* What becomes of targets that are no ports. Each kind sees by itself to what goes on, so this is
 * for telling alone. */
#include "engine/change.h"

#include "core/banned.h"

unsigned
change_targets(const struct config *config)
{
	unsigned count = 0;

	for (unsigned kind = 0; kind < CONFIG_TARGET_KINDS; kind++)
		count += config_target_count(config, kind);
	return count;
}

static const char *
name_of(const struct config *config, enum config_target_kind kind, unsigned index)
{
	return config_target_name(config, &(struct config_target){kind, index});
}

static void
pair_kind(struct change *change, enum config_target_kind kind)
{
	const struct config *was = change->before, *next = change->config;
	const char *section = config_target_section(kind);
	unsigned before = config_target_count(was, kind), count = config_target_count(next, kind);

	for (unsigned i = 0; i < before; i++) {
		const char *name = name_of(was, kind, i);

		if (config_target_find(next, kind, name) < 0)
			change_tell(change, ENGINE_ENDED, section, name);
	}
	for (unsigned i = 0; i < count; i++) {
		const char *name = name_of(next, kind, i);
		int at = config_target_find(was, kind, name);
		enum engine_fate fate = at < 0 ? ENGINE_BEGUN
					: config_target_same(was, next, kind, at, i)
						? ENGINE_KEPT
						: ENGINE_CHANGED;

		change_tell(change, fate, section, name);
	}
}

void
change_pair_targets(struct change *change)
{
	for (unsigned kind = CONFIG_TARGET_PORT + 1; kind < CONFIG_TARGET_KINDS; kind++)
		pair_kind(change, kind);
}
