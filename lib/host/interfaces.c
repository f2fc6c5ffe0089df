/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether the kernel's interfaces of af-xdp ports are there, up and as wide as the config says. */
#include <rte_ether.h>

#include "host/checks.h"
#include "port/iface.h"

#include "core/banned.h"

static void
say(const struct preflight *work, const struct config_port *port, enum iface_problem problem,
    const struct iface *iface)
{
	static const char *const codes[] = {
		[IFACE_UNKNOWN] = "interface-unknown", [IFACE_MISSING] = "interface-missing",
		[IFACE_DOWN] = "interface-down",       [IFACE_CHANNELS] = "interface-queues",
		[IFACE_NAME] = "interface-name",
	};
	struct finding *finding =
		finding_add_port(work->list, FINDING_REFUSED, codes[problem], port, "af-xdp");
	const char *name = port->device;

	finding_what(finding, "interface %s %s", name, iface_problem_text(problem));
	finding_why(finding, "the port can't be made of anything else");
	switch (problem) {
	case IFACE_FINE:
		break;
	case IFACE_UNKNOWN:
		finding_mend(finding, "ip link show %s, to see what the kernel says", name);
		break;
	case IFACE_MISSING:
		finding_what(finding, "there is no interface %s here", name);
		finding_mend(finding, "ip link, and name one of these");
		break;
	case IFACE_DOWN:
		finding_why(finding, "nothing would be received");
		finding_mend(finding, "sudo ip link set %s up", name);
		break;
	case IFACE_CHANNELS:
		finding_what(finding, "queues: %u were asked for, but %s has %u", port->queues,
			     name, iface->channels);
		finding_why(finding, "each queue of the port is one of the interface's");
		if (iface->channels_max >= port->queues)
			finding_mend(finding, "sudo ethtool -L %s combined %u", name, port->queues);
		else
			finding_mend(finding, "queues: %u; %s can't have more than %u",
				     iface->channels_max, name, iface->channels_max);
		break;
	case IFACE_NAME:
		finding_why(finding, "its arguments are split at such characters");
		finding_mend(finding,
			     "sudo ip link set %s down, sudo ip link set %s name NEW, sudo "
			     "ip link set NEW up, and name NEW",
			     name, name);
		break;
	}
}

/* The kernel drops what does not fit a buffer before a driver could tell of it; and what fits and
 * is longer than a packet can't be sent on. */
static void
check_frames(const struct preflight *work, const struct config_port *port,
	     const struct iface *iface)
{
	uint32_t frame = iface->mtu + RTE_ETHER_HDR_LEN;
	uint32_t room = memory_xdp_frame(work->config->packet_size);
	uint32_t larger = memory_xdp_size(frame), least, most;
	struct finding *finding;

	/* Sizes that AF_XDP does not take at all are refused elsewhere. */
	memory_xdp_sizes(&least, &most);
	if (port->mtu || frame <= room || work->config->packet_size < least ||
	    work->config->packet_size > most)
		return;
	finding = finding_add_port(work->list, FINDING_WARNING, "interface-mtu", port, "af-xdp");
	finding_what(finding,
		     "interface %s carries frames of %u bytes, and of memory.packet-size %u AF_XDP "
		     "leaves room for %u",
		     port->device, frame, work->config->packet_size, room);
	finding_why(finding, "longer ones are lost: they count as missed, or as too-long");
	if (larger)
		finding_mend(finding, "memory: { packet-size: %u }, or sudo ip link set %s mtu %u",
			     larger, port->device, room - RTE_ETHER_HDR_LEN);
	else
		finding_mend(finding, "sudo ip link set %s mtu %u", port->device,
			     room - RTE_ETHER_HDR_LEN);
}

void
check_interfaces(struct preflight *work)
{
	for (unsigned i = 0; i < work->config->port_count; i++) {
		const struct config_port *port = &work->config->ports[i];
		enum iface_problem problem;
		struct iface iface;

		if (port->kind != CONFIG_PORT_AF_XDP)
			continue;
		problem = iface_judge(port, &iface);
		if (problem != IFACE_FINE)
			say(work, port, problem, &iface);
		else
			check_frames(work, port, &iface);
		/* Each queue's socket registers, and pins, the whole pool. */
		work->xdp_bytes += (port->queues ? port->queues : iface.channels) *
				   memory_pool_bytes(work->config);
	}
}
