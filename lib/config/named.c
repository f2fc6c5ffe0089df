/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/named.h"

#include "config/key.h"

#include "core/banned.h"

bool
config_same_group(const struct config *a_config, const struct config_group *a,
		  const struct config *b_config, const struct config_group *b)
{
	return !key_difference(&key_group, a_config, a, b_config, b);
}
