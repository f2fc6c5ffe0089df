/* SPDX-License-Identifier: BSD-3-Clause */
/* Preflight on made-up machines: IOMMU groups, vfio's files, and the ways round the IOMMU. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "host_kit.h"

#include "core/banned.h"

#define INTERRUPTS "/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts"

static void
a_group_shared_with_the_kernel_is_refused(void **state)
{
	kit_device("0000:03:00.1", "ixgbe", "0x020000\n", 12);
	kit_directory(DEVICES "0000:03:00.1/net/enp3s0f1");
	kit_device("0000:03:00.2", "snd_hda_intel", "0x040300\n", 12);
	assert_int_equal(kit_preflight(), -EPERM);
	kit_expect("group-shared", "group-shared");
	kit_says(0,
		 "PCI device " WAN " shares IOMMU group 12 with 0000:03:00.1, which the kernel's "
		 "driver ixgbe holds as interface enp3s0f1");
	kit_says(0, "sudo sluice-bind 0000:03:00.1");
	kit_says(1, "0000:03:00.2, which the kernel's driver snd_hda_intel holds;");

	/* A member that is no PCI device can't be bound away. */
	kit_remove(GROUPS "12/devices/0000:03:00.1");
	kit_remove(GROUPS "12/devices/0000:03:00.2");
	kit_link(GROUPS "12/devices/fsl-mc/driver", "../../drivers/fsl_mc_bus");
	kit_preflight();
	kit_expect("group-shared");
	kit_says(0, "mend: put the NIC into another slot");
}

static void
a_group_shared_with_what_starts_no_dma_is_fine(void **state)
{
	kit_device("0000:03:00.1", "", "0x020000\n", 12);
	kit_device("0000:03:00.2", "vfio-pci", "0x020000\n", 12);
	kit_device("0000:03:00.3", "pci-stub", "0x020000\n", 12);
	kit_device("0000:02:00.0", "pcieport", "0x060400\n", 12);
	kit_device("0000:02:00.1", "pcieport", "0x080700\n", 12); /* collects errors of others */
	kit_device("0000:02:01.0", "shpchp", "0x060400\n", 12);
	assert_int_equal(kit_preflight(), 0);
	kit_expect(NULL);
	/* Another bridge is none of PCI's: it moves data of its own. */
	kit_device("0000:02:02.0", "cb710", "0x060700\n", 12);
	kit_preflight();
	kit_expect("group-shared");
}

static void
two_ports_may_share_a_group(void **state)
{
	kit_remove(GROUPS "13");
	kit_device(LAN, "vfio-pci", "0x020000\n", 12);
	assert_int_equal(kit_preflight(), 0);
	kit_expect(NULL);

	/* A stranger among them is one finding. */
	kit_device("0000:03:00.1", "ixgbe", "0x020000\n", 12);
	kit_preflight();
	kit_expect("group-shared");

	/* A port that is not bound is said once, as such, and not as the other's neighbour. */
	kit_remove(GROUPS "12/devices/0000:03:00.1");
	kit_device(LAN, "ixgbe", "0x020000\n", 12);
	kit_preflight();
	kit_expect("driver-kernel");
	kit_says(0, "lan: ");
}

static void
files_of_vfio_that_are_not_there_are_refused(void **state)
{
	kit_remove("/dev/vfio/13");
	assert_int_equal(kit_preflight(), -EPERM);
	kit_expect("group-missing");
	kit_says(0, "lan: there is no /dev/vfio/13");
	kit_remove("/dev/vfio");
	kit_preflight();
	kit_expect("vfio-missing", "group-missing", "group-missing");
	kit_says(0, "mend: sudo modprobe vfio-pci");
}

static void
files_of_vfio_that_are_closed_are_refused(void **state)
{
	uid_t user = geteuid();

	chmod(kit_path("/dev/vfio/12"), 0600);
	chmod(kit_path("/dev/vfio/13"), 0);
	chmod(kit_path("/dev/vfio/vfio"), 0444);
	/* Root may open everything. */
	if (user == 0) {
		kit_preflight();
		kit_expect(NULL);
		assert_int_equal(seteuid(65534), 0);
	} else {
		chmod(kit_path("/dev/vfio/12"), 0);
	}
	assert_int_equal(kit_preflight(), -EPERM);
	kit_expect("vfio-access", "group-access", "group-access");
	kit_says(0, "user sluice may not open /dev/vfio/vfio");
	kit_says(1, "wan: user sluice may not open /dev/vfio/12");
	kit_says(1, "mend: sudo chown sluice /dev/vfio/12");
	assert_int_equal(seteuid(user), 0);
}

static void
give_to_no_iommu(const char *address, int group)
{
	char path[128];

	kit_device(address, "vfio-pci", "0x020000\n", group);
	snprintf(path, sizeof(path), GROUPS "%d/name", group);
	kit_file(path, "vfio-noiommu\n");
	snprintf(path, sizeof(path), GROUPS "%d/type", group);
	kit_file(path, "unknown\n");
	snprintf(path, sizeof(path), "/dev/vfio/noiommu-%d", group);
	kit_file(path, "");
}

static void
no_iommu_mode_is_refused_unless_asked_for(void **state)
{
	kit_remove(GROUPS);
	kit_remove("/dev/vfio/12");
	kit_remove("/dev/vfio/13");
	give_to_no_iommu(WAN, 0);
	give_to_no_iommu(LAN, 1);
	kit_file(NO_IOMMU, "Y\n");
	kit_file("/proc/self/limits", KIT_LIMITS("65536"));
	assert_int_equal(kit_preflight(), -EPERM);
	kit_expect("iommu-off", "no-iommu", "no-iommu", "no-iommu-mode");
	kit_says(1, "refused: wan: PCI device " WAN " was given to vfio in no-IOMMU mode");
	kit_says(1, "--unsafe-no-iommu");

	/* Then it is a warning, and nothing is pinned that a limit could stand against. */
	kit_options.unsafe_no_iommu = true;
	assert_int_equal(kit_preflight(), 0);
	kit_expect("iommu-off", "no-iommu", "no-iommu", "no-iommu-mode");
	for (unsigned i = 0; i < kit_list.count; i++)
		assert_int_equal(kit_list.items[i].severity, FINDING_WARNING);

	kit_remove("/dev/vfio/noiommu-1");
	assert_int_equal(kit_preflight(), -EPERM);
	kit_expect("iommu-off", "no-iommu", "no-iommu", "no-iommu-mode", "group-missing");
	kit_says(4, "/dev/vfio/noiommu-1");
}

static void
no_iommu_mode_must_be_on_to_be_used(void **state)
{
	kit_remove(GROUPS);
	kit_device(WAN, "", "0x020000\n", -1);
	kit_device(LAN, "", "0x020000\n", -1);
	kit_options.unsafe_no_iommu = true;
	assert_int_equal(kit_preflight(), -EPERM);
	kit_expect("iommu-off", "driver-none", "driver-none", "no-iommu-mode-off");
	kit_says(3, "echo Y | sudo tee " NO_IOMMU);
	kit_remove(NO_IOMMU);
	kit_preflight();
	kit_says(3, "switch the IOMMU on: this kernel has no such mode");
	kit_remove("/sys/module/vfio");
	kit_preflight();
	kit_says(3, "mend: sudo modprobe vfio enable_unsafe_noiommu_mode=1");
}

static void
ways_round_the_iommu_are_refused_unless_asked_for(void **state)
{
	kit_file(NO_IOMMU, "Y\n");
	assert_int_equal(kit_preflight(), -EPERM);
	kit_expect("no-iommu-mode");
	kit_says(0, "mend: echo N | sudo tee " NO_IOMMU);
	kit_file(NO_IOMMU, "0\n");
	kit_file(INTERRUPTS, "1\n");
	assert_int_equal(kit_preflight(), -EPERM);
	kit_expect("interrupts-unsafe");
	kit_says(0, "mend: echo N | sudo tee " INTERRUPTS);
	kit_options.unsafe_no_iommu = true;
	assert_int_equal(kit_preflight(), 0);
	kit_expect("interrupts-unsafe");
	assert_int_equal(kit_list.items[0].severity, FINDING_WARNING);

	/* They are nobody's matter who has no NIC. */
	kit_options.unsafe_no_iommu = false;
	kit_config.port_count = 0;
	kit_port(CONFIG_PORT_VDEV, "null", "net_null");
	assert_int_equal(kit_preflight(), 0);
	kit_expect(NULL);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_group_shared_with_the_kernel_is_refused),
		CASE(a_group_shared_with_what_starts_no_dma_is_fine),
		CASE(two_ports_may_share_a_group),
		CASE(files_of_vfio_that_are_not_there_are_refused),
		CASE(files_of_vfio_that_are_closed_are_refused),
		CASE(no_iommu_mode_is_refused_unless_asked_for),
		CASE(no_iommu_mode_must_be_on_to_be_used),
		CASE(ways_round_the_iommu_are_refused_unless_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
