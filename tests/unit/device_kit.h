/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Live ports of one worker, on devices that the driver plugin makes. Include cmocka.h before.
 */
#ifndef TESTS_DEVICE_KIT_H
#define TESTS_DEVICE_KIT_H

#include "port_kit.h"
#include "port/ports.h"

static uint16_t cores[CONFIG_WORKERS_MAX];

static inline void
open_ports(struct ports *ports, struct config *config, unsigned workers)
{
	assert_int_equal(ports_open(ports, config, PORT_LIVE, workers), 0);
}

static inline void
close_ports(struct ports *ports)
{
	assert_int_equal(ports_close(ports), 0);
	assert_int_equal(ports_leaked(ports), 0);
	ports_free(ports);
	assert_int_equal(rte_eth_dev_count_avail(), 0);
}

static inline int
device_setup(void **state)
{
	const char *const plugins[] = {KIT_DEVICE};
	const struct eal_options options = {.plugins = plugins, .plugin_count = 1};

	if (kit_setup(state) < 0)
		return -1;
	return ports_start_eal(kit_config(), PORT_LIVE, &options, cores) == 1 ? 0 : -1;
}

static inline int
device_teardown(void **state)
{
	ports_stop_eal();
	return kit_teardown(state);
}

#endif
