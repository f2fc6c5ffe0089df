/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/action.h"

#include "core/banned.h"

static unsigned
add(struct config_gate *gates, unsigned count, const struct config_action *action)
{
	if (count < CONFIG_GATES_MAX)
		gates[count].action = action;
	return count + 1;
}

/* Of those from first on: of a `with`, or of none (where the list ends). */
static void
leave(struct config_gate *gates, unsigned first, unsigned count)
{
	for (unsigned i = first; i < count && i < CONFIG_GATES_MAX; i++)
		gates[i].otherwise = count;
}

static unsigned
count_edits(const struct config_actions *actions)
{
	unsigned count = 0;

	for (unsigned i = 0; actions && i < actions->count; i++) {
		const struct config_action *action = &actions->items[i];

		count += config_action_kind(action) == CONFIG_IS_EDIT;
		if (action->verb == CONFIG_MIRROR)
			count += count_edits(action->with);
	}
	return count;
}

unsigned
config_step_edits(const struct config_actions *actions)
{
	struct config_gate gates[CONFIG_GATES_MAX];

	return CONFIG_STEP_GATES + config_gates(actions, gates);
}

unsigned
config_steps(const struct config_actions *actions)
{
	if (!(config_verbs(actions) & (CONFIG_EDIT_VERBS | CONFIG_GATE_VERBS)))
		return 0;
	return config_step_edits(actions) + count_edits(actions);
}

unsigned
config_gates(const struct config_actions *actions, struct config_gate gates[CONFIG_GATES_MAX])
{
	unsigned count = 0;

	for (unsigned i = 0; i < CONFIG_GATES_MAX; i++)
		gates[i].otherwise = 0;
	for (unsigned i = 0; i < actions->count; i++) {
		const struct config_action *action = &actions->items[i];
		const struct config_actions *with =
			action->verb == CONFIG_MIRROR ? action->with : NULL;
		unsigned first = count;

		if (config_action_kind(action) == CONFIG_IS_GATE)
			count = add(gates, count, action);
		for (unsigned j = 0; with && j < with->count; j++) {
			if (config_action_kind(&with->items[j]) == CONFIG_IS_GATE)
				count = add(gates, count, &with->items[j]);
		}
		if (with)
			leave(gates, first, count);
	}
	for (unsigned i = 0; i < count && i < CONFIG_GATES_MAX; i++) {
		if (gates[i].otherwise == 0)
			gates[i].otherwise = count;
	}
	return count;
}
