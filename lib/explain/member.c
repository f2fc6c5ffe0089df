/* SPDX-License-Identifier: BSD-3-Clause */
#include "explain/member.h"

#include <stdio.h>

#include "core/banned.h"

/* As docs/config.md has it: the flow's hash picks a place among the shares of all. */
static unsigned
owner(const uint16_t *shares, unsigned count, uint64_t place)
{
	unsigned i = 0;

	while (i + 1 < count && place >= shares[i])
		place -= shares[i++];
	return i;
}

static json_t *
tell_members(const struct reading *reading, const struct config_group *group,
	     const uint16_t *shares, uint64_t up)
{
	json_t *members = json_array();

	for (unsigned i = 0; i < group->port_count; i++)
		json_array_append_new(members,
				      json_pack("{s:s, s:b, s:i}", "port",
						reading->config->ports[group->ports[i]].name, "up",
						(int)(up >> group->ports[i] & 1), "share",
						(int)shares[i]));
	return members;
}

int
member_choose(const struct reading *reading, const struct config_group *group, uint64_t up,
	      json_t **told)
{
	bool inner = group->hash == CONFIG_HASH_INNER && reading->tunnel.kind != TUNNEL_NONE;
	uint32_t hash = inner ? tunnel_flow_hash(reading->packet, &reading->view, &reading->tunnel,
						 &reading->inner)
			      : packet_flow_hash(reading->packet, &reading->view);
	uint16_t shares[CONFIG_GROUP_PORTS_MAX], left[CONFIG_GROUP_PORTS_MAX] = {0};
	unsigned sum = config_group_shares(group, shares), alive = 0;
	unsigned first = owner(shares, group->port_count, (uint64_t)hash * sum >> 32);
	int member = (int)first;
	char text[9];

	for (unsigned i = 0; i < group->port_count; i++) {
		left[i] = up >> group->ports[i] & 1 ? shares[i] : 0;
		alive += left[i];
	}
	/* Of a member without a link the flows, and no others, go to those that have one, by other
	 * bits of the hash. */
	if (left[first] == 0 && alive) {
		uint64_t place = (uint64_t)(hash * 0x85ebca6bu) * alive >> 32;

		member = (int)owner(left, group->port_count, place);
	} else if (alive == 0) {
		member = -1;
	}
	snprintf(text, sizeof(text), "%08x", hash);
	*told = json_pack("{s:s, s:s, s:s, s:s, s:s?, s:o}", "name", group->name, "hash", text,
			  "by", inner ? "inner" : "outer", "flow_of",
			  reading->config->ports[group->ports[first]].name, "member",
			  member < 0 ? NULL : reading->config->ports[group->ports[member]].name,
			  "members", tell_members(reading, group, shares, up));
	return member < 0 ? -1 : group->ports[member];
}
