/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/key.h"

#include "core/banned.h"

static const struct key keys[] = {
	{"bits", &key_count, KEY_AT(struct config_flip, bits), .high = 255,
	 .required = "flip: bits is missing"},
};
const struct key_map key_flip_map = {"a mapping such as { bits: 1 }", NULL, KEYS(keys),
				     .size = sizeof(struct config_flip)};
