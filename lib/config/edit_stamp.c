/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/key.h"

#include "core/banned.h"

#define EXAMPLE "{ stamp: { device: 7 } }"

static const struct key keys[] = {
	{"device", &key_count, KEY_AT(struct config_stamp, device), .high = UINT16_MAX,
	 .required = "stamp: device is missing, the number that the trailer has for this machine; "
		     "write " EXAMPLE},
};
const struct key_map key_stamp_map = {"a mapping such as { device: 7 }", NULL, KEYS(keys),
				      .size = sizeof(struct config_stamp)};
