/* SPDX-License-Identifier: BSD-3-Clause */
#include "replay/link.h"

#include "core/log.h"

#include "core/banned.h"

const char *
link_missing(const struct replay *replay)
{
	const struct config_replay *config = replay->config;

	for (unsigned i = 0; i < replay->ports->count; i++) {
		const struct port *port = replay->ports->items[i];
		/* Rules may send to any other than the one that it seems to come from. Of these,
		 * cards alone are waited for: a virtual device without its other end may be meant
		 * so. */
		bool counts = config->as
				      ? i != replay->port && port->config->kind == CONFIG_PORT_PCI
				      : i == replay->port || i == replay->server;

		if (counts && !port->ended &&
		    !atomic_load_explicit(&port->up, memory_order_relaxed))
			return port->config->name;
	}
	return NULL;
}

bool
link_waits(struct replay *replay, uint64_t now_ns)
{
	const char *port = replay->patience_ns ? link_missing(replay) : NULL;

	if (port && now_ns < replay->patience_ns)
		return true;
	if (port)
		log_warning("replay %s: %s still has no link; starting without it",
			    replay->config->name, port);
	replay->patience_ns = 0;
	return false;
}
