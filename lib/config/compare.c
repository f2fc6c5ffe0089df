/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/key.h"

#include "core/banned.h"

const char *
config_needs_restart(const struct config *running, const struct config *wanted)
{
	const struct key *key = key_difference(&key_root, running, running, wanted, wanted);

	return key ? key->name : NULL;
}
