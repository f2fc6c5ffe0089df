/* SPDX-License-Identifier: BSD-3-Clause */
#include "port/device.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <rte_bus_vdev.h>
#include <rte_dev.h>
#include <rte_devargs.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/log.h"
#include "core/opener.h"
#include "core/root.h"
#include "core/text.h"
#include "port/driver.h"
#include "port/eal_log.h"
#include "port/iface.h"
#include "port/output.h"
#include "port/pci.h"
#include "port/removal.h"
#include "port/xdp.h"

#include "core/banned.h"

#define ARGUMENTS_MAX (3 * PATH_MAX)
#define REASON_MAX 512

static int
take_id(struct port *port)
{
	struct rte_eth_dev_info info = {0};
	int ret = rte_eth_dev_get_port_by_name(port->device, &port->id);

	if (ret == 0)
		ret = rte_eth_dev_info_get(port->id, &info);
	if (ret < 0) {
		log_error("port %s: DPDK made no Ethernet device of %s: %s", port->config->name,
			  port->device, eal_log_error(ret));
		return ret;
	}
	port->opened = true;
	port->handle = info.device;
	port->numa = rte_eth_dev_socket_id(port->id);
	snprintf(port->driver, sizeof(port->driver), "%s", info.driver_name);
	port->quirks = driver_find(port->driver);
	removal_follow(port);
	return 0;
}

static bool
has_driver(const char *name)
{
	struct rte_devargs arguments;

	if (rte_devargs_parse(&arguments, name) < 0)
		return false;
	rte_devargs_reset(&arguments);
	return true;
}

/* name is what the config says; a second device of that name gets the port's index behind it. */
static int
make_vdev(struct port *port, const char *name, size_t length, const char *arguments)
{
	uint16_t taken;
	int ret;

	if (length == 0 || length + sizeof("_65535") > sizeof(port->device) ||
	    strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") <
		    length) {
		log_error("port %s: vdev `%.*s` is no device name; it begins with the driver's, as "
			  "in net_null or net_tap0",
			  port->config->name, (int)length, name);
		return -EINVAL;
	}
	snprintf(port->device, sizeof(port->device), "%.*s", (int)length, name);
	if (rte_eth_dev_get_port_by_name(port->device, &taken) == 0)
		snprintf(port->device, sizeof(port->device), "%.*s_%u", (int)length, name,
			 port->index);
	if (!has_driver(port->device)) {
		log_error(
			"port %s: there is no DPDK driver for vdev %s; the name begins with the "
			"driver's (net_null, net_tap, net_memif, net_ring, ...), whose package is "
			"librte-net-...",
			port->config->name, port->device);
		return -ENODEV;
	}
	ret = rte_vdev_init(port->device, arguments);
	if (ret < 0) {
		log_error("port %s: DPDK can't make vdev `%s%s%s`: %s%s", port->config->name,
			  port->device, arguments[0] ? "," : "", arguments, eal_log_error(ret),
			  geteuid() ? " (not root: that may be why)" : "");
		return ret == -1 ? -EIO : ret;
	}
	port->vdev = true;
	return take_id(port);
}

static int
open_vdev(struct port *port)
{
	const char *text = port->config->device;
	size_t length = strcspn(text, ",");

	return make_vdev(port, text, length, text[length] ? text + length + 1 : "");
}

/* The first of so many queues that somebody has, or so many. */
static unsigned
find_taken(const char *name, unsigned interface, unsigned queues)
{
	const struct root root = {""};
	struct xdp_socket sockets[XDP_SOCKETS_MAX];
	int count = xdp_sockets(interface, sockets);
	unsigned queue = 0;

	for (int i = 0; i < count; i++) {
		if (sockets[i].queue < queues)
			return sockets[i].queue;
	}
	/* A kernel that does not tell is asked otherwise where that does no harm. */
	if (count >= 0 || root_has(&root, "/sys/class/net/%s/device", name))
		return queues;
	while (queue < queues && !xdp_queue_taken(interface, queue))
		queue++;
	return queue;
}

/* Whether somebody has what the port needs. The driver would find out only when it has taken
 * packets for a queue, which it then forgets. */
static bool
is_taken(const struct port *port, const struct iface *iface)
{
	const struct config_port *config = port->config;
	unsigned queues = config->queues ? config->queues : iface->channels;
	unsigned queue = find_taken(config->device, iface->index, queues);
	char name[XDP_NAME_MAX];

	if (queue < queues) {
		log_error("port %s: another process has an AF_XDP socket on queue %u of interface "
			  "%s; end it (`sudo sluiced check` names it)",
			  config->name, queue, config->device);
		return true;
	}
	if (!xdp_program_foreign(xdp_program(iface->index), name))
		return false;
	log_error("port %s: interface %s has an XDP program, %s, of somebody else's; sudo ip link "
		  "set %s xdp off",
		  config->name, config->device, text_quote(name).text, config->device);
	return true;
}

bool
device_is_held(const struct port *port)
{
	const struct config_port *config = port->config;
	struct iface iface;
	unsigned queues;

	if (config->kind != CONFIG_PORT_AF_XDP || iface_judge(config, &iface) != IFACE_FINE)
		return false;
	queues = config->queues ? config->queues : iface.channels;
	return find_taken(config->device, iface.index, queues) < queues;
}

static int
open_af_xdp(struct port *port)
{
	const struct config_port *config = port->config;
	char arguments[128];
	enum iface_problem problem;
	struct iface iface;

	problem = iface_judge(config, &iface);
	if (problem != IFACE_FINE) {
		log_error("port %s: interface %s %s", config->name, config->device,
			  iface_problem_text(problem));
		return iface.exists ? -EINVAL : -ENODEV;
	}
	if (is_taken(port, &iface))
		return -EBUSY;
	port->restore = !iface.promiscuous;
	port->ifindex = iface.index;
	eal_log_take_bpf();
	snprintf(arguments, sizeof(arguments), "iface=%s,queue_count=%u", config->device,
		 config->queues ? config->queues : iface.channels);
	return make_vdev(port, "net_af_xdp", strlen("net_af_xdp"), arguments);
}

static int
open_output(struct port *port)
{
	const struct config_port *config = port->config;
	int ret = output_open(config->name, config->pcap_out, port->goes_on, &port->copies,
			      &port->output);

	if (ret == -EACCES && port_service(port) != PORT_IN_SERVICE && !opener_is_there())
		log_error("port %s: %s can't be written: in the sandbox no file is made where none "
			  "was at the start; to take a capture away, copy it and leave it there",
			  config->name, config->pcap_out);
	else if (ret < 0)
		log_fail(ret, "port %s: %s can't be written", config->name, config->pcap_out);
	port->writes = ret == 0;
	return ret;
}

/* Live: a device that brings nothing by itself, see input.h. What goes out is written by output.c.
 * Offline there is no device: the feed takes what comes in, and a writer what goes out. */
static int
open_capture(struct port *port, enum port_mode mode)
{
	int ret;

	if (mode == PORT_OFFLINE)
		return 0;
	ret = make_vdev(port, "net_null", strlen("net_null"), "no-rx=1");
	port->quirks = driver_find("capture");
	if (ret < 0 || !port->config->pcap_out)
		return ret;
	return open_output(port);
}

static int
open_pci(struct port *port)
{
	const struct config_port *config = port->config;
	char reason[REASON_MAX];

	snprintf(port->device, sizeof(port->device), "%s", config->device);
	if (rte_eth_dev_get_port_by_name(port->device, &port->id) == 0)
		return take_id(port);
	/* The EAL probed at start; a device that was handed back is probed again. */
	if (port_service(port) != PORT_IN_SERVICE &&
	    !pci_refused(config->device, reason, sizeof(reason)) &&
	    rte_eal_hotplug_add("pci", config->device, "") == 0)
		return take_id(port);
	if (pci_refused(config->device, reason, sizeof(reason)))
		log_error("port %s: %s", config->name, reason);
	else
		log_error("port %s: no DPDK driver took PCI device %s: %s", config->name,
			  config->device,
			  eal_log_reason()[0] ? eal_log_reason() : "none knows its model");
	return -ENODEV;
}

int
device_open(struct port *port, enum port_mode mode)
{
	if (mode == PORT_OFFLINE && port->config->kind != CONFIG_PORT_PCAP)
		return 0;
	switch (port->config->kind) {
	case CONFIG_PORT_PCI:
		return open_pci(port);
	case CONFIG_PORT_AF_XDP:
		return open_af_xdp(port);
	case CONFIG_PORT_VDEV:
		return open_vdev(port);
	case CONFIG_PORT_PCAP:
		return open_capture(port, mode);
	case CONFIG_PORT_NULL:
		return make_vdev(port, "net_null", strlen("net_null"), "no-rx=1");
	}
	return -EINVAL;
}

void
device_close(struct port *port)
{
	if (port->opened) {
		removal_unfollow(port);
		rte_eth_dev_close(port->id);
	}
	if (port->vdev)
		rte_vdev_uninit(port->device);
	if (port->output) {
		port->incomplete |= !output_close(port->output);
		port->writes = false;
		port->output = NULL;
	}
	port->opened = false;
	port->vdev = false;
	port->id = RTE_MAX_ETHPORTS;
}

void
device_hand_back(struct port *port)
{
	struct rte_device *device =
		port->opened && port->config->kind == CONFIG_PORT_PCI ? port->handle : NULL;

	device_close(port);
	port->handle = NULL;
	if (device && rte_dev_remove(device) < 0)
		log_warning("port %s: DPDK does not let go of %s: %s", port->config->name,
			    port->device, eal_log_error(0));
}
