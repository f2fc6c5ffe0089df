/* SPDX-License-Identifier: BSD-3-Clause */
#include "explain/where.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/banned.h"

int
where_named(const struct config *config, const char *name)
{
	for (unsigned i = 0; i < config->port_count; i++) {
		if (strcmp(config->ports[i].name, name) == 0)
			return (int)i;
	}
	return -1;
}

static bool
receives(const struct config_port *port)
{
	return port->kind != CONFIG_PORT_NULL &&
	       (port->kind != CONFIG_PORT_PCAP || port->in.file_count > 0);
}

static bool
reads(const struct config_port *port, const char *file)
{
	char *real = file ? realpath(file, NULL) : NULL;
	bool found = false;

	for (unsigned i = 0; real && i < port->in.file_count && !found; i++) {
		char *other = realpath(port->in.files[i], NULL);

		found = other && strcmp(real, other) == 0;
		free(other);
	}
	free(real);
	return found;
}

unsigned
where_likely(const struct config *config, const char *file)
{
	for (unsigned i = 0; i < config->port_count; i++) {
		if (reads(&config->ports[i], file))
			return i;
	}
	for (unsigned i = 0; i < config->port_count; i++) {
		if (receives(&config->ports[i]))
			return i;
	}
	return 0;
}
