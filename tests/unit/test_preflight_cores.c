/* SPDX-License-Identifier: BSD-3-Clause */
/* Preflight on made-up machines: the workers' cores, what disturbs them, and how far the NICs
 * are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "host_kit.h"

#include "core/banned.h"

static void
cores_that_can_not_be_had_are_refused(void **state)
{
	static const uint16_t workers[] = {3, 3, 1000, 65535, 1};

	memcpy(kit_config.workers, workers, sizeof(workers));
	kit_config.worker_count = 5;
	CPU_CLR(1, &kit_host.cores.usable);
	CPU_CLR(1, &kit_host.cores.own);
	assert_int_equal(kit_preflight(), -EPERM);
	kit_expect("core-twice", "core-missing", "core-missing", "core-forbidden");
	kit_says(0, "refused: workers: core 3 stands twice");
	kit_says(1, "this machine has no core 1000");
	kit_says(2, "no core 65535");
	kit_says(3, "core 1 is not one this process may run on; it may use 0,2-3");
	assert_string_equal(kit_list.items[3].field, "workers");
}

/* The kernel gives an isolated core to nobody who does not ask for it. */
static void
isolated_cores_can_be_had(void **state)
{
	CPU_CLR(2, &kit_host.cores.own);
	CPU_CLR(3, &kit_host.cores.own);
	assert_int_equal(kit_preflight(), 0);
	kit_expect(NULL);
}

static void
cores_that_are_not_the_workers_alone_are_told(void **state)
{
	kit_file(CPU "isolated", "\n");
	kit_file(CPU "nohz_full", "(null)\n");
	assert_int_equal(kit_preflight(), 0);
	kit_expect("core-not-isolated");
	kit_says(0, "warning: workers: the scheduler may put other programs on core 2-3");
	kit_says(0, "isolcpus=managed_irq,domain,2-3 nohz_full=2-3 rcu_nocbs=2-3");

	kit_file(CPU "isolated", "1-2\n");
	kit_preflight();
	kit_expect("core-not-isolated");
	kit_says(0, "on core 3;");

	kit_file(CPU "isolated", "1-3\n");
	kit_file(CPU "nohz_full", "1-2\n");
	kit_preflight();
	kit_expect("core-ticks");
	kit_says(0, "ticks on core 3;");

	/* A kernel that has no such thing can't be told to. */
	kit_remove(CPU "isolated");
	kit_remove(CPU "nohz_full");
	kit_preflight();
	kit_expect(NULL);
}

static void
cores_that_slow_down_are_told(void **state)
{
	kit_file(CPU "cpu0/cpufreq/scaling_governor", "powersave\n");
	kit_preflight();
	kit_expect(NULL);
	kit_file(CPU "cpu3/cpufreq/scaling_governor", "schedutil\n");
	assert_int_equal(kit_preflight(), 0);
	kit_expect("core-governor");
	kit_says(0, "the frequency of core 3 is governed by \"schedutil\"");
	kit_remove(CPU "cpu3/cpufreq");
	kit_preflight();
	kit_expect(NULL);
}

static void
workers_on_one_core_are_told(void **state)
{
	kit_file(CPU "cpu0/topology/thread_siblings_list", "0,2\n");
	kit_file(CPU "cpu2/topology/thread_siblings_list", "0,2\n");
	kit_preflight();
	kit_expect(NULL);
	kit_file(CPU "cpu2/topology/thread_siblings_list", "2-3\n");
	kit_file(CPU "cpu3/topology/thread_siblings_list", "2-3\n");
	assert_int_equal(kit_preflight(), 0);
	kit_expect("core-siblings");
	kit_says(0, "workers on 2-3 are threads of one core");
}

static void
cores_that_are_busy_are_told(void **state)
{
	kit_stat_after = "cpu  0 0 0 0 0 0 0 0 0 0\ncpu2 6 0 5 119 0 0 0 0 0 0\n"
			 "cpu3 12 1 7 110 0 0 0 0 0 0\n";
	assert_int_equal(kit_preflight(), 0);
	kit_expect("core-busy");
	kit_says(0, "core 3 is 50 % busy already");
	kit_says(0, "$1 == 3");

	/* Waiting for a disk is no work; a counter that runs back says nothing. */
	kit_file("/proc/stat", "cpu2 12 1 7 100 0 0 0 0 0 0\ncpu3 5 0 5 100 0 0 0 0 0 0\n");
	kit_stat_after = "cpu2 12 1 7 110 30 0 0 0 0 0\ncpu3 0 0 0 0 0 0 0 0 0 0\n";
	kit_preflight();
	kit_expect(NULL);
	kit_file("/proc/stat", "cpu2 x\n");
	kit_preflight();
	kit_expect(NULL);
	kit_remove("/proc/stat");
	kit_stat_after = NULL;
	kit_preflight();
	kit_expect(NULL);
}

/* A config with virtual ports on a laptop is not bothered with what its cores could do better. */
static void
without_a_nic_cores_are_as_they_are(void **state)
{
	kit_config.port_count = 0;
	kit_port(CONFIG_PORT_VDEV, "null", "net_null");
	kit_file(CPU "isolated", "\n");
	kit_file(CPU "cpu3/cpufreq/scaling_governor", "powersave\n");
	kit_file(CPU "cpu3/topology/thread_siblings_list", "2-3\n");
	kit_stat_after = "cpu3 500 1 7 110 0 0 0 0 0 0\n";
	assert_int_equal(kit_preflight(), 0);
	kit_expect(NULL);
}

static void
make_second_node(void)
{
	kit_remove(CPU "cpu2");
	kit_remove(CPU "cpu3");
	kit_core(2, 1);
	kit_core(3, 1);
	kit_file(NODE "node0/cpulist", "0-1\n");
	kit_directory(NODE "node1");
	kit_file(NODE "node1/cpulist", "2-3\n");
	kit_hugepages(1, "2048kB", 1024);
}

static void
workers_far_from_their_nics_are_told(void **state)
{
	make_second_node();
	kit_file(DEVICES WAN "/numa_node", "0\n");
	kit_file(DEVICES LAN "/numa_node", "1\n");
	assert_int_equal(kit_preflight(), 0);
	kit_expect("numa-far");
	kit_says(0, "wan: PCI device " WAN " sits on NUMA node 0, and core 2-3, which polls it");
	kit_says(0, "mend: under `workers` name cores of node 0: 0-1");

	/* The single queue of the first port is the first worker's, which sits right. */
	kit_config.workers[0] = 1;
	kit_file(CPU "isolated", "0-3\n");
	kit_file(CPU "nohz_full", "0-3\n");
	kit_ports[0].queues = 1;
	kit_ports[1].queues = 1;
	kit_preflight();
	kit_expect(NULL);
	kit_ports[1].queues = 2;
	kit_preflight();
	kit_expect("numa-far");
	kit_says(0, "lan: ");
	kit_says(0, "core 1,");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(cores_that_can_not_be_had_are_refused),
		CASE(isolated_cores_can_be_had),
		CASE(cores_that_are_not_the_workers_alone_are_told),
		CASE(cores_that_slow_down_are_told),
		CASE(workers_on_one_core_are_told),
		CASE(cores_that_are_busy_are_told),
		CASE(without_a_nic_cores_are_as_they_are),
		CASE(workers_far_from_their_nics_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
