/* SPDX-License-Identifier: BSD-3-Clause */
/* Preflight on made-up machines: hugepages by size and node, memory that may be pinned,
 * mappings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "host_kit.h"

#include "core/banned.h"

#define LIMIT "/sys/module/vfio_iommu_type1/parameters/dma_entry_limit"

static void
too_few_hugepages_are_refused(void **state)
{
	kit_hugepages(0, "2048kB", 100);
	kit_file("/sys/kernel/mm" PAGES "nr_hugepages", "100\n");
	assert_int_equal(kit_preflight(), -EPERM);
	kit_expect("hugepages-few");
	/* 65,535 packets of 2,048 bytes, and what tables of two workers take. */
	kit_says(0, "refused: memory: 390 MiB of hugepages are needed and 200 MiB are free");
	kit_says(0, "mend: echo 195 | sudo tee "
		    "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages");
	assert_string_equal(kit_list.items[0].field, "memory.hugepages");

	kit_hugepages(0, "2048kB", 195);
	assert_int_equal(kit_preflight(), 0);
	kit_expect(NULL);
	kit_hugepages(0, "2048kB", 194);
	kit_preflight();
	kit_expect("hugepages-few");
	kit_hugepages(0, "2048kB", 0);
	kit_hugepages(0, "1048576kB", 1);
	kit_preflight();
	kit_expect(NULL);
}

static void
pages_in_use_are_not_free(void **state)
{
	kit_file(NODE "node0" PAGES "free_hugepages", "10\n");
	kit_file("/sys/kernel/mm" PAGES "nr_hugepages", "2048\n");
	kit_preflight();
	kit_expect("hugepages-few");
	kit_says(0, "20 MiB are free");
	kit_says(0, "echo 2233 | sudo tee ");

	/* Nor are those that another program was promised. */
	kit_hugepages(0, "2048kB", 2048);
	kit_file("/sys/kernel/mm" PAGES "resv_hugepages", "2000\n");
	kit_preflight();
	kit_expect("hugepages-few");
	kit_says(0, "96 MiB are free");
	kit_file("/sys/kernel/mm" PAGES "resv_hugepages", "3000\n");
	kit_preflight();
	kit_says(0, "and 0 MiB are free");
	kit_file("/sys/kernel/mm" PAGES "resv_hugepages", "1853\n");
	kit_preflight();
	kit_expect(NULL);
}

static void
a_kernel_without_numa_has_hugepages_too(void **state)
{
	kit_remove("/sys/devices/system/node");
	kit_preflight();
	kit_expect("hugepages-few");
	kit_file("/sys/kernel/mm" PAGES "nr_hugepages", "300\n");
	kit_file("/sys/kernel/mm" PAGES "free_hugepages", "300\n");
	assert_int_equal(kit_preflight(), 0);
	kit_expect(NULL);
}

/* The pool of a NIC lies on the NIC's node, however much is free on the other. */
static void
hugepages_are_needed_where_the_nic_sits(void **state)
{
	kit_directory(NODE "node1");
	kit_hugepages(1, "2048kB", 20);
	kit_file(DEVICES WAN "/numa_node", "0\n");
	kit_file(DEVICES LAN "/numa_node", "1\n");
	kit_preflight();
	kit_expect("hugepages-few", "numa-far");
	kit_says(0, "166 MiB of hugepages are needed on NUMA node 1 and 40 MiB are free");
	kit_says(0, "echo 83 | sudo tee " NODE "node1/hugepages/hugepages-2048kB/nr_hugepages");

	kit_hugepages(1, "2048kB", 83);
	assert_int_equal(kit_preflight(), 0);
	kit_expect("numa-far");

	/* Both nodes short: each is told, and what belongs to no pool falls to the control
	 * threads'. */
	kit_hugepages(0, "2048kB", 0);
	kit_hugepages(1, "2048kB", 0);
	kit_preflight();
	assert_string_equal(kit_list.items[0].code, "hugepages-few");
	assert_string_equal(kit_list.items[1].code, "hugepages-few");
	kit_says(0, "on NUMA node 0");
	kit_says(0, "390 MiB");
	kit_says(1, "on NUMA node 1");
	kit_says(1, "166 MiB");
}

/* Where only a pool lacks room, nobody is told to make room for the rest as well. */
static void
what_belongs_to_no_pool_goes_where_there_is_room(void **state)
{
	kit_directory(NODE "node1");
	kit_hugepages(0, "2048kB", 90);
	kit_hugepages(1, "2048kB", 20);
	kit_hugepages(2, "2048kB", 500);
	kit_file(DEVICES LAN "/numa_node", "1\n");
	kit_preflight();
	kit_expect("hugepages-few", "numa-far");
	kit_says(0, "on NUMA node 1");
	kit_hugepages(1, "2048kB", 90);
	assert_int_equal(kit_preflight(), 0);
	kit_expect("numa-far");
}

/* Nobody knows on which node pages will be taken that other programs were promised. */
static void
promised_pages_are_missing_somewhere(void **state)
{
	kit_directory(NODE "node1");
	kit_hugepages(0, "2048kB", 200);
	kit_hugepages(1, "2048kB", 200);
	kit_file(DEVICES WAN "/numa_node", "0\n");
	kit_file(DEVICES LAN "/numa_node", "1\n");
	kit_file("/sys/kernel/mm" PAGES "resv_hugepages", "180\n");
	kit_preflight();
	kit_expect("hugepages-few", "numa-far");
	kit_says(0, "on NUMA node 0");
	kit_says(0, "echo 258 | sudo tee " NODE "node0");
	kit_file("/sys/kernel/mm" PAGES "resv_hugepages", "120\n");
	assert_int_equal(kit_preflight(), 0);
}

static void
without_a_nic_ordinary_pages_do(void **state)
{
	kit_config.port_count = 0;
	kit_port(CONFIG_PORT_VDEV, "null", "net_null");
	kit_hugepages(0, "2048kB", 10);
	assert_int_equal(kit_preflight(), 0);
	kit_expect("hugepages-slower");
	assert_int_equal(kit_list.items[0].severity, FINDING_NOTE);
	kit_says(0, "or say `hugepages: false`");

	kit_config.hugepages = CONFIG_HUGEPAGES_FALSE;
	assert_int_equal(kit_preflight(), 0);
	kit_expect(NULL);
	kit_config.hugepages = CONFIG_HUGEPAGES_TRUE;
	assert_int_equal(kit_preflight(), -EPERM);
	kit_expect("hugepages-few");
}

static void
a_nic_wants_hugepages(void **state)
{
	kit_config.hugepages = CONFIG_HUGEPAGES_FALSE;
	assert_int_equal(kit_preflight(), -EPERM);
	kit_expect("hugepages-off");
	kit_says(0, "a pci port needs hugepages");
}

/* Arenas of replays are no larger than their files. */
static void
replays_need_memory_too(void **state)
{
	char path[PATH_MAX], *files[] = {path};
	struct config_replay replay = {.in = {.files = files, .file_count = 1},
				       .memory = 1ull << 40};

	kit_file("/capture", "");
	snprintf(path, sizeof(path), "%s", kit_path("/capture"));
	assert_int_equal(truncate(path, 800ll << 20), 0);
	kit_config.replays = &replay;
	kit_config.replay_count = 1;
	kit_hugepages(0, "2048kB", 400);
	kit_preflight();
	kit_expect("hugepages-few");
	kit_hugepages(0, "2048kB", 700);
	kit_preflight();
	kit_expect(NULL);
}

static void
too_little_that_may_be_pinned_is_refused(void **state)
{
	kit_file("/proc/self/limits", KIT_LIMITS("8388608"));
	assert_int_equal(kit_preflight(), -EPERM);
	kit_expect("memlock-low");
	kit_says(0, "390 MiB are to be pinned for devices, and user sluice may lock 8192 KiB");
	kit_says(0, "mend: sudo prlimit --pid $$ --memlock=unlimited");

	/* The upper limit counts: `run` raises the other to it. */
	kit_file("/proc/self/limits", KIT_LIMITS("408944640"));
	assert_int_equal(kit_preflight(), 0);
	kit_expect(NULL);

	kit_file("/proc/self/limits", KIT_LIMITS("8388608"));
	kit_file("/proc/self/status", KIT_STATUS("0000000000004000"));
	assert_int_equal(kit_preflight(), 0);
	kit_expect(NULL);
	kit_file("/proc/self/status", KIT_STATUS("000001ffffffbfff"));
	kit_preflight();
	kit_expect("memlock-low");

	/* What can't be read is no reason to refuse: the kernel will. */
	kit_remove("/proc/self");
	assert_int_equal(kit_preflight(), 0);
	kit_expect(NULL);
}

static void
interfaces_pin_memory_for_each_queue(void **state)
{
	kit_config.port_count = 0;
	kit_port(CONFIG_PORT_AF_XDP, "lo", "lo");
	kit_file("/proc/self/limits", KIT_LIMITS("8388608"));
	kit_preflight();
	assert_string_equal(kit_list.items[kit_list.count - 1].code, "memlock-low");
	kit_says(kit_list.count - 1, "256 MiB are to be pinned");
}

static void
too_many_mappings_are_refused(void **state)
{
	kit_file(LIMIT, "194\n");
	assert_int_equal(kit_preflight(), -EPERM);
	kit_expect("dma-entries");
	kit_says(
		0,
		"195 pages of 2048 KiB are to be mapped for devices, and vfio allows 194 mappings");
	kit_says(0, "echo 390 | sudo tee " LIMIT);
	kit_file(LIMIT, "195\n");
	assert_int_equal(kit_preflight(), 0);
	kit_expect(NULL);
	kit_remove(LIMIT);
	kit_preflight();
	kit_expect(NULL);

	/* Larger pages need fewer. */
	kit_file(LIMIT, "194\n");
	kit_hugepages(0, "2048kB", 0);
	kit_hugepages(0, "1048576kB", 1);
	kit_preflight();
	kit_expect(NULL);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(too_few_hugepages_are_refused),
		CASE(pages_in_use_are_not_free),
		CASE(a_kernel_without_numa_has_hugepages_too),
		CASE(hugepages_are_needed_where_the_nic_sits),
		CASE(what_belongs_to_no_pool_goes_where_there_is_room),
		CASE(promised_pages_are_missing_somewhere),
		CASE(without_a_nic_ordinary_pages_do),
		CASE(a_nic_wants_hugepages),
		CASE(replays_need_memory_too),
		CASE(too_little_that_may_be_pinned_is_refused),
		CASE(interfaces_pin_memory_for_each_queue),
		CASE(too_many_mappings_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
