/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "config/key.h"

#include "core/banned.h"

static bool
same_ports(const struct config *a, const struct config *b)
{
	bool same = a->port_count == b->port_count;

	for (unsigned i = 0; same && i < a->port_count; i++) {
		const struct config_port *x = &a->ports[i], *y = &b->ports[i];

		same = strcmp(x->name, y->name) == 0 && !key_difference(&key_port, a, x, b, y);
	}
	return same;
}

static bool
same_replays(const struct config *a, const struct config *b)
{
	bool same = a->replay_count == b->replay_count;

	for (unsigned i = 0; same && i < a->replay_count; i++) {
		const struct config_replay *x = &a->replays[i], *y = &b->replays[i];

		same = strcmp(x->name, y->name) == 0 && !key_difference(&key_replay, a, x, b, y);
	}
	return same;
}

const char *
config_needs_restart(const struct config *running, const struct config *wanted)
{
	const struct key *key = key_difference(&key_root, running, running, wanted, wanted);

	if (key)
		return key->name;
	if (!same_ports(running, wanted))
		return "ports";
	return same_replays(running, wanted) ? NULL : "replays";
}
