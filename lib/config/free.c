/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>

#include "config/list.h"
#include "core/reaper.h"

#include "core/banned.h"

/* With more rules a config is freed beside the one who held it last: that may be a thread that must
 * not wait, and a million take a second. */
#define RULES_MANY 4096

struct config *
config_hold(const struct config *config)
{
	struct config *held = (struct config *)config;

	__atomic_add_fetch(&held->holders, 1, __ATOMIC_RELAXED);
	return held;
}

const struct config *
config_keep(const struct config *config)
{
	__atomic_add_fetch(&((struct config *)config)->keepers, 1, __ATOMIC_RELAXED);
	return config;
}

void
config_leave(const struct config *kept)
{
	struct config *config = (struct config *)kept;

	if (!config || __atomic_fetch_sub(&config->keepers, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	target_clear_all(config);
	for (unsigned i = 0; i < config->replay_count; i++) {
		free(config->replays[i].name);
		key_clear(&key_replay, &config->replays[i]);
	}
	for (unsigned i = 0; i < config->policer_count; i++)
		free(config->policers[i].name);
	for (unsigned i = 0; i < config->edit_count; i++) {
		free(config->edits[i].name);
		list_clear(&config->edits[i].actions);
	}
	free(config->policers);
	free(config->edits);
	free(config->replays);
	free(config->file);
	free(config->directory);
	key_clear(&key_root, config);
	free(config);
}

/* Who held it is then one of its keepers, the last one if nobody else needs more of it. */
static void
release(void *what)
{
	struct config *config = what;

	for (unsigned i = 0; i < config->rule_count; i++)
		key_clear(&key_rule, &config->rules[i]);
	for (unsigned i = 0; i < config->list_count; i++)
		free(config->lists[i].file);
	free(config->rules);
	free(config->lists);
	config->rules = NULL;
	config->lists = NULL;
	config->rule_count = config->list_count = 0;
	config_leave(config);
}

void
config_free(struct config *config)
{
	if (!config || __atomic_fetch_sub(&config->holders, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	if (config->rule_count > RULES_MANY)
		reaper_take(release, config);
	else
		release(config);
}
