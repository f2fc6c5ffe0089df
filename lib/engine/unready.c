/* SPDX-License-Identifier: BSD-3-Clause */
#include "engine/unready.h"

#include <errno.h>
#include <stdbool.h>

#include "core/banned.h"

static const enum config_verb unready[] = {
	CONFIG_EDIT, CONFIG_SET,   CONFIG_NAT,    CONFIG_PUSH,  CONFIG_STRIP,  CONFIG_SLICE,
	CONFIG_MASK, CONFIG_STAMP, CONFIG_POLICE, CONFIG_ABOVE, CONFIG_SAMPLE, CONFIG_DEDUP,
};

static bool
is_unready(enum config_verb verb)
{
	for (unsigned i = 0; i < sizeof(unready) / sizeof(unready[0]); i++) {
		if (unready[i] == verb)
			return true;
	}
	return false;
}

static void
check(const struct config_actions *actions, struct error_list *errors)
{
	for (unsigned i = 0; i < actions->count; i++) {
		const struct config_action *action = &actions->items[i];

		if (is_unready(action->verb))
			error_add(errors, action->place.line, action->place.column, NULL,
				  "actions: this version of sluice reads %s, but does not carry it "
				  "out; take it out",
				  config_verb_name(action->verb));
		if (action->verb == CONFIG_MIRROR && action->with)
			check(action->with, errors);
	}
}

int
unready_check(const struct config *config, struct error_list *errors)
{
	unsigned before = errors->count;

	for (unsigned i = 0; i < config->rule_count; i++)
		check(&config->rules[i].actions, errors);
	return errors->count > before ? -ENOTSUP : 0;
}
