/* SPDX-License-Identifier: BSD-3-Clause */
#include "port/port.h"

#include "core/log.h"
#include "port/iface.h"

#include "core/banned.h"

/* net_af_xdp always says that its link is up; the interface below it knows. */
static bool
read_iface(const struct port *port, bool *up, uint32_t *speed)
{
	struct iface iface;

	if (port->config->kind != CONFIG_PORT_AF_XDP ||
	    iface_read(port->config->device, &iface) < 0)
		return false;
	*up = iface.running;
	*speed = iface.speed;
	return true;
}

static void
read_link(const struct port *port, bool *up, uint32_t *speed)
{
	struct rte_eth_link link;

	*up = port->started || port->writer;
	*speed = 0;
	if (!port->started || read_iface(port, up, speed))
		return;
	if (rte_eth_link_get_nowait(port->id, &link) < 0)
		return; /* a driver without the notion of a link */
	*up = link.link_status == RTE_ETH_LINK_UP;
	if (*up && link.link_speed != RTE_ETH_SPEED_NUM_UNKNOWN)
		*speed = link.link_speed;
}

void
port_poll_link(struct port *port)
{
	/* A virtual device's link is worth a word only when it goes. */
	bool cable = port->started && (port->config->kind == CONFIG_PORT_PCI ||
				       port->config->kind == CONFIG_PORT_AF_XDP);
	enum log_level level = cable ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG;
	uint32_t speed;
	bool up;

	read_link(port, &up, &speed);
	atomic_store(&port->speed, speed);
	if (atomic_exchange(&port->up, up) == up)
		return;
	if (!up)
		log_warning("port %s: link is down", port->config->name);
	else if (speed)
		log_at(level, "port %s: link is up, %u Mbit/s", port->config->name, speed);
	else
		log_at(level, "port %s: link is up", port->config->name);
}
