/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/key.h"

#include "core/banned.h"

const char *
config_needs_restart(const struct config *running, const struct config *wanted)
{
	struct config like = *wanted;
	const struct key *key;

	/* The one key of no section that says what may be asked from now on. */
	like.looks = running->looks;
	key = key_difference(&key_root, running, running, &like, &like);
	return key ? key->name : NULL;
}
