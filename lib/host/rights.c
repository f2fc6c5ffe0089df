/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether this process has the capabilities that the kernel asks for where ports stand on what is
 * its own. */
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/checks.h"

#include "core/banned.h"

#define BIT(capability) (UINT64_C(1) << (capability))
#define FOR_AF_XDP                                                                 \
	(BIT(CAP_NET_ADMIN) | BIT(CAP_NET_RAW) | BIT(CAP_BPF) | BIT(CAP_PERFMON) | \
	 BIT(CAP_SYS_ADMIN))

static const struct {
	int number;
	const char *name;
} names[] = {
	{CAP_NET_ADMIN, "CAP_NET_ADMIN"}, {CAP_NET_RAW, "CAP_NET_RAW"},     {CAP_BPF, "CAP_BPF"},
	{CAP_PERFMON, "CAP_PERFMON"},     {CAP_SYS_ADMIN, "CAP_SYS_ADMIN"},
};

static uint64_t
needed_by(const struct config_port *port)
{
	const char *device = port->device;

	if (port->kind == CONFIG_PORT_AF_XDP)
		return FOR_AF_XDP;
	if (port->kind != CONFIG_PORT_VDEV)
		return 0;
	if (strstr(device, "_af_xdp"))
		return FOR_AF_XDP;
	/* The second for promiscuous mode. */
	if (strstr(device, "_af_packet") || (strstr(device, "_pcap") && strstr(device, "iface")))
		return BIT(CAP_NET_RAW) | BIT(CAP_NET_ADMIN);
	if (strncmp(device, "net_tap", strlen("net_tap")) == 0 ||
	    strncmp(device, "net_tun", strlen("net_tun")) == 0 ||
	    strstr(device, "path=/dev/vhost-net"))
		return BIT(CAP_NET_ADMIN);
	return 0;
}

void
check_rights(struct preflight *work)
{
	char text[64], lacking[128];
	uint64_t held;

	if (root_value(work->root, "CapEff:", text, sizeof(text), "/proc/self/status") < 0)
		return;
	held = strtoull(text, NULL, 16);
	for (unsigned i = 0; i < work->config->port_count; i++) {
		const struct config_port *port = &work->config->ports[i];
		uint64_t missing = needed_by(port) & ~held;
		struct finding *finding;
		size_t used = 0;

		if (!missing)
			continue;
		for (unsigned j = 0; j < sizeof(names) / sizeof(names[0]); j++) {
			if (missing & BIT(names[j].number))
				used += (size_t)snprintf(lacking + used, sizeof(lacking) - used,
							 "%s%s", used ? " " : "", names[j].name);
		}
		finding = finding_add_port(work->list, FINDING_REFUSED, "capability-missing", port,
					   port->kind == CONFIG_PORT_AF_XDP ? "af-xdp" : "vdev");
		finding_what(finding, "user %s has not: %s", work->host->user, lacking);
		finding_why(finding, "the kernel gives what is its own to nobody without");
		finding_mend(finding,
			     "ask as root, or with `setpriv`; in a systemd unit "
			     "AmbientCapabilities=%s, as in the example kernel-ports.conf",
			     lacking);
	}
}
