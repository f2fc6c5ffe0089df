/* SPDX-License-Identifier: BSD-3-Clause */
#include "store/ports.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/banned.h"

static uint32_t
find(const struct store_port *list, unsigned count, const struct store_interface *interface)
{
	for (unsigned i = 0; i < count; i++)
		if (list[i].slot == interface->slot && strcmp(list[i].name, interface->name) == 0)
			return i;
	return STORE_NO_PORT;
}

int
store_ports_set(struct store_ports *ports, const struct store_interface *interfaces, unsigned count)
{
	unsigned before = ports->count;
	struct store_port *grown = realloc(ports->list, (before + count + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	ports->list = grown;
	for (unsigned i = 0; i < STORE_SLOTS; i++)
		ports->of_slot[i] = STORE_NO_PORT;
	for (unsigned i = 0; i < count; i++) {
		uint32_t at = find(ports->list, ports->count, &interfaces[i]);

		if (at == STORE_NO_PORT) {
			struct store_port *port = &ports->list[at = ports->count++];

			*port = (struct store_port){.slot = interfaces[i].slot};
			memcpy(port->name, interfaces[i].name, sizeof(port->name));
			port->name[sizeof(port->name) - 1] = '\0';
		}
		ports->of_slot[interfaces[i].slot] = at;
	}
	return (int)(ports->count - before);
}

bool
store_ports_copy(const struct store_ports *ports, struct store_ports *out)
{
	size_t size = (ports->count + 1) * sizeof(*out->list);

	*out = *ports;
	out->list = malloc(size);
	if (!out->list)
		return false;
	memcpy(out->list, ports->list, ports->count * sizeof(*out->list));
	return true;
}

void
store_ports_free(struct store_ports *ports)
{
	free(ports->list);
	*ports = (struct store_ports){0};
}
