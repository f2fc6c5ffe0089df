/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether edited packets go to ports that take one buffer a packet, so that they are copied
 * whole. */
#include "host/checks.h"

#include "core/banned.h"

/* Of the edits that stand before a target. A slice alone writes nothing. */
static bool
writes(const struct config_actions *actions, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (config_action_kind(&actions->items[i]) == CONFIG_IS_EDIT &&
		    actions->items[i].verb != CONFIG_SLICE)
			return true;
	}
	return false;
}

static bool
sends_by(const struct config *config, const struct config_target *target, unsigned port)
{
	const struct config_group *group;

	if (target->kind == CONFIG_TARGET_PORT)
		return target->index == port;
	if (target->kind != CONFIG_TARGET_GROUP)
		return false;
	group = &config->groups[target->index];
	for (unsigned i = 0; i < group->port_count; i++) {
		if (group->ports[i] == port)
			return true;
	}
	return false;
}

/* The first target by which the port is given what was edited while others hold the packet: a
 * mirror, or the end behind one. */
static const struct config_place *
find_in_list(const struct config *config, const struct config_actions *actions, unsigned port)
{
	bool shared = false;

	for (unsigned i = 0; i < actions->count; i++) {
		const struct config_action *action = &actions->items[i];
		bool mirrors = action->verb == CONFIG_MIRROR, edited = writes(actions, i);

		if (!mirrors && action->verb != CONFIG_FORWARD)
			continue;
		if (mirrors && action->with)
			edited |= writes(action->with, action->with->count);
		if (edited && (mirrors || shared) && sends_by(config, &action->target, port))
			return &action->place;
		shared = true;
	}
	return NULL;
}

static const struct config_place *
find(const struct config *config, unsigned port)
{
	const struct config_place *place = NULL;

	for (unsigned i = 0; i < config->rule_count && !place; i++)
		place = find_in_list(config, &config->rules[i].actions, port);
	return place;
}

void
check_flat(struct preflight *work)
{
	for (unsigned i = 0; i < work->config->port_count; i++) {
		const struct config_port *port = &work->config->ports[i];
		const struct config_place *place;
		struct finding *finding;

		if (port->kind != CONFIG_PORT_AF_XDP)
			continue;
		place = find(work->config, i);
		if (!place)
			continue;
		finding = finding_add_port(work->list, FINDING_NOTE, "interface-chains", port,
					   "af-xdp");
		finding->line = place->line;
		finding->column = place->column;
		finding_what(finding, "the port can't send chains of buffers (net_af_xdp)");
		finding_why(finding,
			    "edited copies for it are copied whole, and counted as edit-flat");
		finding_mend(finding, "a slice before it makes them shorter; nothing is wrong");
	}
}
