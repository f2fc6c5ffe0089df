/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "config/emit.h"
#include "config/key.h"
#include "core/text.h"

#include "core/banned.h"

static void
read_members(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	struct config_group *group = into;
	struct spot item = {0};
	uint64_t seen = 0;
	uint16_t port;

	if (!reader_list(reader, spot, "a list of ports such as [t0, t1]"))
		return;
	if (spot->node->count == 0)
		reader_error(reader, spot, "group %s: an empty list; name a port at least",
			     group->name);
	while (spot_next_item(spot, &item)) {
		if (!reader_port(reader, &item, "a port's name", &port))
			continue;
		if (seen >> port & 1) {
			reader_error(reader, &item, "group %s: port %s stands twice; leave one out",
				     group->name, reader->config->ports[port].name);
			continue;
		}
		seen |= UINT64_C(1) << port;
		group->ports[group->port_count++] = port;
	}
}

static void
write_members(const struct key_out *out, const struct key *key, const void *from)
{
	const struct config_group *group = from;

	for (unsigned i = 0; i < group->port_count; i++) {
		fputs(i ? ", " : "[", out->file);
		emit_name(out->file, out->config->ports[group->ports[i]].name);
	}
	fputs("]", out->file);
}

#define EXAMPLE "{ ports: [t0, t1] }"

static const struct key_type members = {read_members, write_members, NULL, NULL};
static const struct key keys[] = {{"ports", &members, .required = EXAMPLE}};
const struct key_map key_group = {"a mapping such as " EXAMPLE, "group", KEYS(keys)};

static void
read_groups(struct reader *reader, const struct spot *spot, const struct key *section, void *into)
{
	struct config *config = reader->config;
	struct spot value = {0}, key;

	if (node_is_null(spot->node))
		return;
	if (spot->node->kind != NODE_MAP) {
		reader_expected(reader, spot,
				"a mapping of names to groups, such as { tools: { ports: [t0] } }");
		return;
	}
	config->groups = reader_alloc(reader, CONFIG_GROUPS_MAX, sizeof(*config->groups));
	if (!config->groups)
		return;
	while (reader_next_pair(reader, spot, &value, &key)) {
		struct config_group *group = &config->groups[config->group_count];

		if (config->group_count == CONFIG_GROUPS_MAX) {
			reader_error(reader, &key, "groups: more than %u", CONFIG_GROUPS_MAX);
			break;
		}
		group->name = reader_copy(reader, key.key);
		if (!group->name)
			return;
		reader_claim(reader, &key, CONFIG_TARGET_GROUP, group->name, config->group_count);
		group->place = (struct config_place){key.line, key.column};
		key_read(reader, &value, &key_group, group);
		config->group_count++;
	}
}

const struct key_type key_groups = {.read = read_groups};
