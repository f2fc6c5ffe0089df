/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>

#include <cmocka.h>
#include <rte_mbuf.h>

#include "port_kit.h"
#include "port/cores.h"
#include "port/ports.h"

#include "core/banned.h"

static uint16_t cores[CONFIG_WORKERS_MAX];

struct refusal {
	const char *device;
	uint16_t queues, rx_ring, mtu;
	bool promiscuous_given, promiscuous;
};

/* Each is refused as a second port, when the first has its device and memory; all goes back. */
static void
what_a_device_lacks_is_refused(void **state)
{
	static const struct refusal refusals[] = {
		{"net_nonsense", 0, 0, 0, false, false},
		{"net null", 0, 0, 0, false, false},
		{",size=64", 0, 0, 0, false, false},
		{"net_null,size=2049", 0, 0, 0, false, false},
		{"net_null,nonsense=1", 0, 0, 0, false, false},
		{"net_test,nonsense=1", 0, 0, 0, false, false},
		{"net_test,size=x", 0, 0, 0, false, false},
		{"net_test,queues=2", 3, 0, 0, false, false},
		{"net_ring", 100, 0, 0, false, false},
		{"net_test", 0, 100, 0, false, false},
		{"net_test", 0, 8192, 0, false, false},
		{"net_test", 0, 0, 9001, false, false},
		{"net_test", 0, 0, 9000, false, false}, /* can't spread frames */
		{"net_ring", 0, 0, 1400, false, false}, /* can't set an MTU */
		{"net_null", 0, 0, 0, true, false},     /* can't leave promiscuous mode */
		{"net_test,fail=probe", 0, 0, 0, false, false},
		{"net_test,fail=info", 0, 0, 0, false, false},
		{"net_test,fail=configure", 0, 0, 0, false, false},
		{"net_test,fail=rx-queue", 0, 0, 0, false, false},
		{"net_test,fail=tx-queue", 0, 0, 0, false, false},
		{"net_test,fail=start", 0, 0, 0, false, false},
		{"net_test,fail=mtu", 0, 0, 1400, false, false},
		{"net_test,fail=promiscuous", 0, 0, 0, true, true},
	};

	for (unsigned i = 0; i < RTE_DIM(refusals); i++) {
		const struct refusal *refusal = &refusals[i];
		struct config *config = kit_config();
		struct config_port *port;
		struct ports ports;

		kit_vdev(config, "net_test,rx=endless,hold=10");
		port = kit_vdev(config, refusal->device);
		port->queues = refusal->queues;
		port->rx_ring = refusal->rx_ring;
		port->mtu = refusal->mtu;
		port->promiscuous_given = refusal->promiscuous_given;
		port->promiscuous = refusal->promiscuous;
		if (ports_open(&ports, config, PORT_LIVE, 1) == 0)
			fail_msg("%s (row %u) was taken", refusal->device, i);
		assert_int_equal(rte_eth_dev_count_avail(), 0);
		assert_int_equal(ports.count, 0);
	}
}

static void
other_ports_that_do_not_exist_are_refused(void **state)
{
	static const struct {
		enum config_port_kind kind;
		const char *device;
	} rows[] = {
		{CONFIG_PORT_AF_XDP, "no-such-iface"},
		{CONFIG_PORT_AF_XDP, "a-name-longer-than-an-interface-may-have"},
		{CONFIG_PORT_PCI, "ffff:ff:1f.7"},
	};

	for (unsigned i = 0; i < RTE_DIM(rows); i++) {
		struct config *config = kit_config();
		struct ports ports;

		kit_port(config, rows[i].kind)->device = (char *)(uintptr_t)rows[i].device;
		assert_int_equal(ports_open(&ports, config, PORT_LIVE, 1), -ENODEV);
	}
}

/* Findings of the host, all at once, and the same words. */
static void
the_host_is_asked_before_anything_starts(void **state)
{
	struct config *config = kit_config();
	struct error_list errors;
	char notice[512];

	kit_vdev(config, "net_null");
	error_list_init(&errors, NULL);
	assert_int_equal(ports_check_host(config, &errors, notice, sizeof(notice)), 0);
	assert_string_equal(notice, "");

	kit_port(config, CONFIG_PORT_PCI)->device = (char *)(uintptr_t) "ffff:ff:1f.7";
	kit_port(config, CONFIG_PORT_PCI)->device = (char *)(uintptr_t) "../devices";
	kit_port(config, CONFIG_PORT_AF_XDP)->device = (char *)(uintptr_t) "no-such-iface";
	kit_port(config, CONFIG_PORT_AF_XDP)->device = (char *)(uintptr_t) "lo";
	config->ports[4].queues = 1000;
	config->workers[0] = 1000;
	config->worker_count = 1;
	assert_int_equal(ports_check_host(config, &errors, notice, sizeof(notice)), -EINVAL);
	assert_int_equal(errors.count, 6);
	assert_non_null(strstr(errors.items[0].message, "no core 1000"));
	assert_string_equal(errors.items[1].field, "ports.p1.pci");
	assert_non_null(strstr(errors.items[2].message, "no PCI device"));
	assert_non_null(strstr(errors.items[3].message, "no interface no-such-iface"));
	assert_string_equal(errors.items[4].field, "ports.p4.af-xdp");
	assert_non_null(strstr(errors.items[5].message, "a pci port needs hugepages"));
	error_list_clear(&errors);
}

static void
memory_that_does_not_fit_is_refused(void **state)
{
	struct config *config = kit_config();
	struct ports ports;

	kit_vdev(config, "net_null");
	config->packets = 4000000;
	assert_int_equal(ports_open(&ports, config, PORT_LIVE, 1), -ENOMEM);
	assert_int_equal(rte_eth_dev_count_avail(), 0);
}

static void
the_eal_starts_once(void **state)
{
	assert_int_equal(ports_start_eal(kit_config(), PORT_LIVE, NULL, 0, cores), -EALREADY);
}

static void
cores_that_can_not_be_had_are_refused(void **state)
{
	struct config *config = kit_config();
	struct error_list errors;
	struct core_plan plan;

	error_list_init(&errors, NULL);
	assert_int_equal(cores_plan(config, &plan, &errors), 0);
	assert_int_equal(plan.worker_count, 1);

	config->workers[0] = plan.workers[0];
	config->workers[1] = plan.workers[0];
	config->workers[2] = 1000;
	config->workers[3] = 65535;
	config->worker_count = 4;
	assert_int_equal(cores_plan(config, &plan, &errors), -EINVAL);
	assert_int_equal(errors.count, 3);
	assert_non_null(strstr(errors.items[0].message, "stands twice"));
	assert_non_null(strstr(errors.items[1].message, "no core 1000"));
	assert_non_null(strstr(errors.items[2].message, "no core 65535"));
	error_list_clear(&errors);
}

static int
setup(void **state)
{
	const char *const plugins[] = {KIT_DEVICE};

	if (kit_setup(state) < 0)
		return -1;
	return ports_start_eal(kit_config(), PORT_LIVE, plugins, 1, cores) == 1 ? 0 : -1;
}

static int
teardown(void **state)
{
	ports_stop_eal();
	return kit_teardown(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_device_lacks_is_refused),
		cmocka_unit_test(other_ports_that_do_not_exist_are_refused),
		cmocka_unit_test(the_host_is_asked_before_anything_starts),
		cmocka_unit_test(memory_that_does_not_fit_is_refused),
		cmocka_unit_test(the_eal_starts_once),
		cmocka_unit_test(cores_that_can_not_be_had_are_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
