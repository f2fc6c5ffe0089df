/* SPDX-License-Identifier: BSD-3-Clause */
#include "port/port.h"

#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include <time.h>

#include "core/log.h"
#include "core/now.h"
#include "port/iface.h"
#include "port/output.h"

#include "core/banned.h"

#define ANNOUNCE_NS UINT64_C(1000000000)

/* net_af_xdp always says that its link is up; the interface below it knows, as it knows that it is
 * another one by now. */
static bool
read_iface(struct port *port, bool *up, uint32_t *speed)
{
	char name[IF_NAMESIZE];
	struct iface iface;

	if (!frames_interface(port, name, sizeof(name)) || iface_read(name, &iface) < 0)
		return false;
	if (iface.exists && iface.mtu != port->mtu) {
		port->mtu = iface.mtu;
		frames_follow_mtu(port, iface.mtu);
	}
	if (port->config->kind != CONFIG_PORT_AF_XDP)
		return false;
	if (!iface.exists || iface.index != port->ifindex)
		atomic_store(&port->gone, true);
	*up = iface.running && iface.index == port->ifindex;
	*speed = iface.speed;
	return true;
}

/* Captures and ports that give nothing have a device in their place, whose speed is not theirs. */
static bool
has_speed(const struct port *port)
{
	return port->config->kind != CONFIG_PORT_PCAP && port->config->kind != CONFIG_PORT_NULL;
}

static void
read_link(struct port *port, bool *up, uint32_t *speed)
{
	struct rte_eth_link link;

	*up = port->writer ? !capture_writer_failed(port->writer) : port->started;
	*speed = 0;
	if (port->writer || !port->started || read_iface(port, up, speed))
		return;
	if (port->output) {
		port->why = output_check(port->output);
		*up = !port->why;
		return;
	}
	/* Some drivers can tell it only when they are asked. */
	if (rte_eth_dev_is_removed(port->id) == 1)
		atomic_store(&port->gone, true);
	if (rte_eth_link_get_nowait(port->id, &link) < 0) {
		/* A driver without the notion of a link, or a device that is gone. */
		*up = !atomic_load(&port->gone);
		return;
	}
	*up = link.link_status == RTE_ETH_LINK_UP;
	if (*up && has_speed(port) && link.link_speed != RTE_ETH_SPEED_NUM_UNKNOWN)
		*speed = link.link_speed;
}

/* A link that goes up and down all the time is worth a line now and then, not one each time. */
static void
announce(struct port *port, bool up, uint32_t speed)
{
	/* A virtual device's link is worth a word only when it goes, be it back by now. */
	bool cable =
		port->config->kind == CONFIG_PORT_PCI || port->config->kind == CONFIG_PORT_AF_XDP;
	bool went = !up || port->unannounced > 1;
	enum log_level level = went ? LOG_LEVEL_WARNING : cable ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG;
	uint64_t now = now_ns();
	char often[64] = "", fast[32] = "";

	if (port->unannounced == 0 || now - port->announced_ns < ANNOUNCE_NS)
		return;
	if (port->unannounced > 1)
		snprintf(often, sizeof(often), " (it changed %" PRIu64 " times)",
			 port->unannounced);
	if (up && speed)
		snprintf(fast, sizeof(fast), ", %u Mbit/s", speed);
	log_at(level, "port %s: link is %s%s%s", port->config->name, up ? "up" : "down", fast,
	       often);
	port->announced_ns = now;
	port->unannounced = 0;
}

void
port_poll_link(struct port *port)
{
	uint32_t speed;
	bool up;

	read_link(port, &up, &speed);
	atomic_store(&port->speed, speed);
	if (atomic_exchange(&port->up, up) != up) {
		/* That it comes up at first is no change to an operator. */
		port->link_changes += port->was_up || !up;
		port->unannounced++;
	}
	port->was_up |= up;
	announce(port, up, speed);
}

void
port_retry(struct port *port)
{
	if (port->output)
		output_retry(port->output);
	port_poll_link(port);
}

const char *
port_why(const struct port *port)
{
	switch (port_service(port)) {
	case PORT_STOPPED:
		return "it was taken out of service";
	case PORT_REMOVED:
		return "its device was removed";
	case PORT_IN_SERVICE:
		break;
	}
	if (atomic_load_explicit(&port->up, memory_order_relaxed))
		return NULL;
	return port->why ? port->why : "its device has no link";
}

const char *
port_state(const struct port *port)
{
	switch (port_service(port)) {
	case PORT_STOPPED:
		return "stopped";
	case PORT_REMOVED:
		return "removed";
	case PORT_IN_SERVICE:
		break;
	}
	return atomic_load_explicit(&port->up, memory_order_relaxed) ? "up" : "down";
}
