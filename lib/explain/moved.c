/* SPDX-License-Identifier: BSD-3-Clause */
#include "explain/moved.h"

#include <string.h>

#include "config/named.h"

#include "core/banned.h"

bool
moved_same_bytes(const struct trial_sent *a, const struct trial_sent *b)
{
	return a->length == b->length && memcmp(a->bytes, b->bytes, a->length) == 0;
}

static bool
has_member(const struct config *config, const struct config_group *group, const char *port)
{
	for (unsigned i = 0; i < group->port_count; i++) {
		if (strcmp(config->ports[group->ports[i]].name, port) == 0)
			return true;
	}
	return false;
}

/* Whether a list gives to a group. */
static bool
gives(const struct config *config, uint32_t rule, unsigned group)
{
	const struct config_actions *actions = deeds_actions(config, rule);

	for (unsigned i = 0; i < actions->count; i++) {
		const struct config_action *action = &actions->items[i];

		if ((action->verb == CONFIG_FORWARD || action->verb == CONFIG_MIRROR) &&
		    action->target.kind == CONFIG_TARGET_GROUP && action->target.index == group)
			return true;
	}
	return false;
}

static bool
is_given(const struct config *config, const struct change_side *side, unsigned group)
{
	bool given = gives(config, side->rule, group);

	for (uint32_t i = 0; i < side->passed_count && !given; i++)
		given = gives(config, side->passed[i], group);
	return given;
}

/* The group of that name in the other config, where it is another one there; NULL: there is none,
 * and of one that is the same nothing has moved. */
static const struct config_group *
other_of(const struct config *old, const struct config_group *group, const struct config *new)
{
	for (unsigned i = 0; i < new->group_count; i++) {
		const struct config_group *other = &new->groups[i];

		if (strcmp(other->name, group->name) == 0)
			return config_same_group(old, group, new, other) ? NULL : other;
	}
	return NULL;
}

/* The old config's group of which the one port is a member there, and the other in the new one; -1:
 * there is none. */
static int
group_of(const struct compare *compare, const struct change *kind, const struct trial_sent *old,
	 const struct trial_sent *new)
{
	const struct config *before = compare->old.trial->config;
	const struct config *after = compare->new.trial->config;

	for (unsigned i = 0; i < before->group_count; i++) {
		const struct config_group *group = &before->groups[i], *other;

		if (!has_member(before, group, trial_name(compare->old.trial, old->slot)) ||
		    !is_given(before, &kind->old, i))
			continue;
		other = other_of(before, group, after);
		if (other && has_member(after, other, trial_name(compare->new.trial, new->slot)))
			return (int)i;
	}
	return -1;
}

/* What is left of one packet of the old config's: the group within which it has moved, or -1. */
static int
move(const struct compare *compare, const struct change *kind, struct trial_sent *old)
{
	struct trial *new = compare->new.trial;

	for (unsigned j = 0; j < new->sent_count; j++) {
		int group = -1;

		if (!new->sent[j].claimed && moved_same_bytes(old, &new->sent[j]))
			group = group_of(compare, kind, old, &new->sent[j]);
		if (group < 0)
			continue;
		old->claimed = new->sent[j].claimed = true;
		return group;
	}
	return -1;
}

int
moved_within(const struct compare *compare, const struct change *kind)
{
	struct trial *old = compare->old.trial;
	int group = -1;

	if (old->sent_count != compare->new.trial->sent_count)
		return -1;
	for (unsigned i = 0; i < old->sent_count; i++) {
		int found = old->sent[i].claimed ? group : move(compare, kind, &old->sent[i]);

		if (found < 0 && !old->sent[i].claimed)
			return -1;
		group = group < 0 ? found : group;
	}
	return group;
}
