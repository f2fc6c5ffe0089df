/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/named.h"

#include <inttypes.h>

#include "config/key.h"
#include "config/list.h"

#include "core/banned.h"

bool
config_same_group(const struct config *a_config, const struct config_group *a,
		  const struct config *b_config, const struct config_group *b)
{
	return !key_difference(&key_group, a_config, a, b_config, b);
}

/* A file's path says nothing of its values. */
static void
put_values(const struct key_out *out, uint32_t list)
{
	if (list)
		fprintf(out->file, "values %016" PRIx64 "\n", out->config->lists[list - 1].digest);
}

static void
put_match(const struct key_out *out, const struct config_match *match)
{
	put_values(out, match->ether_type.list);
	put_values(out, match->vlan.list);
	put_values(out, match->protocol.list);
	put_values(out, match->src_port.list);
	put_values(out, match->dst_port.list);
	put_values(out, match->src.list);
	put_values(out, match->dst.list);
	if (!match->tunnel)
		return;
	put_values(out, match->tunnel->id.list);
	if (match->tunnel->inner)
		put_match(out, match->tunnel->inner);
}

static void
put_action(const struct key_out *out, const struct config_action *action)
{
	const struct config *config = out->config;

	if (action->verb == CONFIG_EDIT) {
		list_write(out, &config->edits[action->edits].actions);
	} else if (action->verb == CONFIG_POLICE || action->verb == CONFIG_ABOVE) {
		if (action->rate->policer < 0)
			return;
		key_write_flow(out, &key_policer, &config->policers[action->rate->policer]);
	} else if (action->verb == CONFIG_FORWARD || action->verb == CONFIG_MIRROR) {
		if (action->target.kind != CONFIG_TARGET_GROUP)
			return;
		key_write_flow(out, &key_group, &config->groups[action->target.index]);
	} else {
		return;
	}
	fputc('\n', out->file);
}

static void
put_list(const struct key_out *out, const struct config_actions *actions)
{
	for (unsigned i = 0; i < actions->count; i++) {
		const struct config_action *action = &actions->items[i];

		put_action(out, action);
		if (action->verb == CONFIG_MIRROR && action->with)
			put_list(out, action->with);
	}
}

void
config_emit_named(FILE *out, const struct config *config, unsigned rule)
{
	const struct key_out text = {out, config};

	if (rule == config->rule_count) {
		put_list(&text, &config->default_actions);
		return;
	}
	put_match(&text, &config->rules[rule].match);
	put_list(&text, &config->rules[rule].actions);
}
