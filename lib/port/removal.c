/* SPDX-License-Identifier: BSD-3-Clause */
#include "port/removal.h"

#include <errno.h>
#include <rte_dev.h>
#include <time.h>

#include "core/log.h"

#include "core/banned.h"

#define NAP_NS 100000

static bool watching;

static int
on_port_removed(uint16_t id, enum rte_eth_event_type type, void *argument, void *result)
{
	struct port *port = argument;

	atomic_store_explicit(&port->gone, true, memory_order_release);
	return 0;
}

static void
on_device_event(const char *device, enum rte_dev_event_type type, void *argument)
{
	struct port *port = argument;

	if (type == RTE_DEV_EVENT_REMOVE)
		atomic_store_explicit(&port->gone, true, memory_order_release);
}

void
removal_watch(void)
{
	int ret = rte_dev_event_monitor_start();

	if (ret < 0) {
		log_warning(
			"the kernel's events of devices can't be heard; a device that is pulled "
			"out is noticed only by its driver");
		return;
	}
	watching = true;
	/* Has the buses look after what is still mapped of a device that vanished; a worker may
	 * read from it until it hears of it. */
	if (rte_dev_hotplug_handle_enable() < 0)
		log_warning("devices that are pulled out without notice may end the daemon: DPDK "
			    "can't take the signal");
}

void
removal_unwatch(void)
{
	if (!watching)
		return;
	watching = false;
	rte_dev_hotplug_handle_disable();
	rte_dev_event_monitor_stop();
}

void
removal_follow(struct port *port)
{
	atomic_store(&port->gone, false);
	if (rte_eth_dev_callback_register(port->id, RTE_ETH_EVENT_INTR_RMV, on_port_removed, port) <
		    0 ||
	    rte_dev_event_callback_register(port->device, on_device_event, port) < 0)
		log_warning("port %s: its removal would not be noticed", port->config->name);
}

/* Both refuse while the callback runs in the other thread, which takes an instant. */
void
removal_unfollow(struct port *port)
{
	while (rte_eth_dev_callback_unregister(port->id, RTE_ETH_EVENT_INTR_RMV, on_port_removed,
					       port) == -EAGAIN)
		nanosleep(&(struct timespec){.tv_nsec = NAP_NS}, NULL);
	while (rte_dev_event_callback_unregister(port->device, on_device_event, port) == -EAGAIN)
		nanosleep(&(struct timespec){.tv_nsec = NAP_NS}, NULL);
}
