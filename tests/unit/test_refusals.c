/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>

#include <cmocka.h>
#include <rte_mbuf.h>

#include "device_kit.h"
#include "port/cores.h"

#include "core/banned.h"

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
	assert_int_equal(ports_start_eal(kit_config(), PORT_LIVE, NULL, cores), -EALREADY);
}

/* Which one and why is preflight's to say; here it is the last line. */
static void
cores_that_can_not_be_had_are_refused(void **state)
{
	struct config *config = kit_config();
	struct core_plan plan;
	struct cores there;

	assert_int_equal(cores_read(&there), 0);
	assert_int_equal(cores_plan(config, &there, &plan), 0);
	assert_int_equal(plan.worker_count, 1);

	config->workers[0] = plan.workers[0];
	config->workers[1] = plan.workers[0];
	config->worker_count = 2;
	assert_int_equal(cores_plan(config, &there, &plan), -EINVAL);
	config->workers[1] = 1000;
	assert_int_equal(cores_plan(config, &there, &plan), -EINVAL);
	config->workers[1] = 65535;
	assert_int_equal(cores_plan(config, &there, &plan), -EINVAL);
}

/* An isolated core is taken by a worker that asks for it, and not by the control threads. */
static void
isolated_cores_are_the_workers(void **state)
{
	struct config *config = kit_config();
	struct core_plan plan;
	struct cores there;

	CPU_ZERO(&there.own);
	CPU_SET(0, &there.own);
	CPU_SET(1, &there.own);
	there.usable = there.own;
	CPU_SET(2, &there.usable);
	CPU_SET(3, &there.usable);
	config->workers[0] = 2;
	config->worker_count = 1;
	assert_int_equal(cores_plan(config, &there, &plan), 0);
	assert_int_equal(plan.workers[0], 2);
	assert_true(CPU_EQUAL(&plan.control, &there.own));
	config->worker_count = 0;
	assert_int_equal(cores_plan(config, &there, &plan), 0);
	assert_int_equal(plan.workers[0], 3);
	assert_true(CPU_EQUAL(&plan.control, &there.own));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_device_lacks_is_refused),
		cmocka_unit_test(other_ports_that_do_not_exist_are_refused),
		cmocka_unit_test(memory_that_does_not_fit_is_refused),
		cmocka_unit_test(the_eal_starts_once),
		cmocka_unit_test(cores_that_can_not_be_had_are_refused),
		cmocka_unit_test(isolated_cores_are_the_workers),
	};

	return cmocka_run_group_tests(tests, device_setup, device_teardown);
}
