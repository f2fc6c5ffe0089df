/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "config/decimal.h"
#include "config/emit.h"
#include "config/key.h"
#include "core/text.h"
#include "core/units.h"

#include "core/banned.h"

#define WEIGHT_MAX 65535

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

/* They are looked at as a whole where the ports are known, see check_weights. */
static void
read_weights(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	struct config_group *group = into;
	struct spot item = {0};

	if (!reader_list(reader, spot, "a list of numbers, one for each port, such as [2, 1]"))
		return;
	for (unsigned i = 0; spot_next_item(spot, &item) && i < CONFIG_GROUP_PORTS_MAX; i++) {
		uint32_t weight = 0;

		reader_number(reader, &item, "a number", 1, WEIGHT_MAX, &weight);
		group->weights[i] = weight;
	}
}

static void
write_weights(const struct key_out *out, const struct key *key, const void *from)
{
	const struct config_group *group = from;

	for (unsigned i = 0; i < group->port_count; i++)
		fprintf(out->file, "%s%u", i ? ", " : "[", group->weights[i]);
	fputs("]", out->file);
}

unsigned
config_group_shares(const struct config_group *group, uint16_t shares[CONFIG_GROUP_PORTS_MAX])
{
	unsigned common = 0, sum = 0;

	for (unsigned i = 0; i < group->port_count; i++) {
		shares[i] = group->weights_given ? group->weights[i] : 1;
		common = decimal_divisor(common, shares[i]);
	}
	for (unsigned i = 0; i < group->port_count && common; i++) {
		shares[i] /= common;
		sum += shares[i];
	}
	return sum;
}

#define EXAMPLE "{ ports: [t0, t1] }"

enum { PORTS, WEIGHTS, HASH };

static const struct key_type members = {read_members, write_members, NULL, NULL};
static const struct key_type weights = {read_weights, write_weights, NULL, NULL};
static const struct key_word hashes[] = {
	{"outer", CONFIG_HASH_OUTER}, {"inner", CONFIG_HASH_INNER}, {NULL, 0}};
static const struct key_type hash = {key_read_word, key_write_word, key_has_number, NULL};
static const struct key keys[] = {
	[PORTS] = {"ports", &members, .required = EXAMPLE},
	[WEIGHTS] = {"weights", &weights, .given = offsetof(struct config_group, weights_given)},
	[HASH] = {"hash", &hash, KEY_AT(struct config_group, hash), .words = hashes},
};
const struct key_map key_group = {"a mapping such as " EXAMPLE, "group", KEYS(keys)};

/* Of a group without findings. */
static void
check_weights(struct reader *reader, const struct spot *spot, const struct config_group *group)
{
	uint16_t shares[CONFIG_GROUP_PORTS_MAX];
	unsigned sum;

	if (spot->node->count != group->port_count) {
		reader_error(reader, spot,
			     "group %s: %u weight%s for %u port%s; give each port one, in the "
			     "order of ports",
			     group->name, spot->node->count, units_plural(spot->node->count),
			     group->port_count, units_plural(group->port_count));
		return;
	}
	sum = config_group_shares(group, shares);
	if (sum > CONFIG_SHARES_MAX)
		reader_error(reader, spot,
			     "group %s: the weights are %u together, in lowest terms; the table "
			     "that members are chosen from has %u places; write smaller ones",
			     group->name, sum, CONFIG_SHARES_MAX);
}

static void
read_group(struct reader *reader, const struct spot *spot, struct config_group *group)
{
	unsigned before = reader->errors->count;
	struct field fields[KEYS_MAX];

	if (!key_find(reader, spot, &key_group, fields))
		return;
	key_take(reader, spot, &key_group, fields, group);
	if (reader->errors->count == before && group->weights_given)
		check_weights(reader, &fields[WEIGHTS].spot, group);
}

static void
read_groups(struct reader *reader, const struct spot *spot, const struct key *section, void *into)
{
	struct config *config = reader->config;
	struct spot value = {0}, key;

	if (!reader_section(reader, spot,
			    "a mapping of names to groups, such as { tools: { ports: [t0] } }"))
		return;
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
		read_group(reader, &value, group);
		config->group_count++;
	}
}

const struct key_type key_groups = {.read = read_groups};
