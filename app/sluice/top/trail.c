/* SPDX-License-Identifier: BSD-3-Clause */
#include "top/trail.h"

#include <stdio.h>
#include <string.h>

#include "view/value.h"

#include "core/banned.h"

static struct spark *
find(struct trail *trail, const char *port)
{
	for (unsigned i = 0; i < trail->count; i++) {
		if (strcmp(trail->ports[i].name, port) == 0)
			return &trail->ports[i].spark;
	}
	return NULL;
}

static void
forget(struct trail *trail, const json_t *ports)
{
	for (unsigned i = 0; i < trail->count;) {
		if (json_object_get(ports, trail->ports[i].name))
			i++;
		else
			trail->ports[i] = trail->ports[--trail->count];
	}
}

void
trail_add(struct trail *trail, const json_t *figures)
{
	json_t *ports = json_object_get(figures, "ports"), *port;
	const char *name;

	if (value_real(figures, "seconds") <= 0)
		return;
	forget(trail, ports);
	json_object_foreach (ports, name, port) {
		struct spark *spark = find(trail, name);

		if (!spark && trail->count < TRAIL_PORTS_MAX) {
			snprintf(trail->ports[trail->count].name, TRAIL_NAME_MAX, "%s", name);
			spark = &trail->ports[trail->count++].spark;
			spark->count = 0;
		}
		if (spark)
			spark_add(spark, value_real(port, "rx_pps") +
						 value_real(port, "replayed_pps") +
						 value_real(port, "tx_pps"));
	}
}

const struct spark *
trail_of(const struct trail *trail, const char *port)
{
	for (unsigned i = 0; i < trail->count; i++) {
		if (strcmp(trail->ports[i].name, port) == 0)
			return &trail->ports[i].spark;
	}
	return NULL;
}
