/* SPDX-License-Identifier: BSD-3-Clause */
#include "sluiced.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "config/config.h"
#include "control/expect.h"
#include "control/report.h"
#include "core/log.h"
#include "engine/engine.h"

#include "core/banned.h"

/* The output captures' paths, which outlive the config that the engine takes over. */
static char **
written_captures(const struct config *config)
{
	char **paths = calloc(config->port_count + 1, sizeof(*paths));
	unsigned count = 0;

	for (unsigned i = 0; paths && i < config->port_count; i++) {
		if (config->ports[i].pcap_out)
			paths[count++] = strdup(config->ports[i].pcap_out);
	}
	return paths;
}

static void
free_paths(char **paths)
{
	for (char **path = paths; path && *path; path++)
		free(*path);
	free(paths);
}
