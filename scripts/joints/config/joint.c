/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/key.h"

#include "core/banned.h"

static const struct key keys[] = {
	{"depth", &key_number, KEY_AT(struct config_joint, depth), .high = 9, .otherwise = "1"},
};
const struct key_map key_joint = {"a mapping such as { depth: 2 }", "joint", KEYS(keys)};

static void
read_joints(struct reader *reader, const struct spot *spot, const struct key *section, void *into)
{
	struct config *config = reader->config;
	struct spot value = {0}, key;

	config->joints = reader_alloc(reader, CONFIG_KIND_MAX, sizeof(*config->joints));
	while (config->joints && reader_next_pair(reader, spot, &value, &key)) {
		struct config_joint *joint = &config->joints[config->joint_count];

		joint->name = reader_copy(reader, key.key);
		reader_claim(reader, &key, CONFIG_TARGET_JOINT, joint->name, config->joint_count++);
		key_read(reader, &value, &key_joint, joint);
	}
}

const struct key_type key_joints = {.read = read_joints};
