/* SPDX-License-Identifier: BSD-3-Clause */
/* Preflight on made-up machines: PCI devices and their drivers, the IOMMU, interfaces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <rte_build_config.h>

#include "host_kit.h"

#include "core/banned.h"

#define GRUB_INTEL "intel_iommu=on\"' | sudo tee /etc/default/grub.d/"

static void
a_good_machine_has_no_findings(void **state)
{
	assert_int_equal(kit_preflight(), 0);
	kit_expect(NULL);

	/* So has one without anything, for a config that asks nothing of it. */
	kit_remove("/sys");
	kit_remove("/dev");
	kit_remove("/proc");
	kit_config.port_count = 0;
	kit_config.hugepages = CONFIG_HUGEPAGES_FALSE;
	kit_port(CONFIG_PORT_VDEV, "null", "net_null");
	assert_int_equal(kit_preflight(), 0);
	kit_expect(NULL);
}

static void
drivers_that_keep_the_device_are_refused(void **state)
{
	kit_device(WAN, "ixgbe", "0x020000\n", 12);
	kit_directory(DEVICES WAN "/net/enp3s0");
	assert_int_equal(kit_preflight(), -EPERM);
	kit_expect("driver-kernel");
	kit_says(0, "config.yaml:4:3: refused: wan: PCI device " WAN
		    " is held by the kernel's driver ixgbe as interface enp3s0; ");
	kit_says(0, "; mend: sudo sluice-bind " WAN " [driver-kernel]");
	assert_string_equal(kit_list.items[0].field, "ports.wan.pci");

	kit_remove(DEVICES WAN "/net");
	kit_device(WAN, "virtio-pci", "0x020000\n", 12);
	kit_directory(DEVICES WAN "/virtio2/net/ens3");
	kit_preflight();
	kit_says(0, "the kernel's driver virtio-pci as interface ens3;");

	kit_remove(DEVICES WAN "/virtio2");
	kit_device(WAN, "", "0x020000\n", 12);
	kit_preflight();
	kit_expect("driver-none");
	kit_says(0, "mend: sudo sluice-bind " WAN);

	kit_device(WAN, "igb_uio", "0x020000\n", 12);
	kit_preflight();
	kit_expect("driver-uio");
	kit_says(0, "uio goes round the IOMMU");
	kit_device(WAN, "uio_pci_generic", "0x020000\n", 12);
	kit_options.unsafe_no_iommu = true;
	assert_int_equal(kit_preflight(), -EPERM);
	kit_expect("driver-uio");
}

static void
drivers_that_share_the_device_are_fine(void **state)
{
	static const char *const drivers[] = {"mlx5_core", "mlx4_core", "mana", "mlx5_vfio_pci"};

	for (unsigned i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
		kit_device(WAN, drivers[i], "0x020000\n", 12);
		kit_directory(DEVICES WAN "/net/enp3s0");
		assert_int_equal(kit_preflight(), 0);
		kit_expect(NULL);
	}

	/* They need no vfio, and can do without an IOMMU; it is said. */
	kit_config.port_count = 1;
	kit_device(WAN, "mana", "0x020000\n", -1);
	kit_remove(GROUPS);
	kit_remove("/dev/vfio");
	kit_file(NO_IOMMU, "Y\n");
	kit_file("/proc/self/limits", KIT_LIMITS("65536"));
	assert_int_equal(kit_preflight(), 0);
	kit_expect("iommu-bifurcated");
	assert_int_equal(kit_list.items[0].severity, FINDING_WARNING);
}

static void
devices_that_are_not_there_are_refused(void **state)
{
	kit_remove(DEVICES WAN);
	kit_remove(GROUPS "12");
	assert_int_equal(kit_preflight(), -EPERM);
	kit_expect("device-missing");
	kit_says(0, "this machine has no PCI device " WAN);

	/* No config has such an address; if one came by other ways, it leads nowhere. */
	kit_ports[0].device = (char *)(uintptr_t) "../devices";
	kit_preflight();
	kit_expect("device-missing");
}

static void
devices_that_are_no_network_cards_are_refused(void **state)
{
	kit_device(WAN, "nvme", "0x010802\n", 12);
	assert_int_equal(kit_preflight(), -EPERM);
	kit_expect("device-not-network");
	kit_says(0, "PCI device " WAN " is no network card");

	/* Whatever it calls itself below that class. */
	kit_device(WAN, "vfio-pci", "0x028000\n", 12);
	assert_int_equal(kit_preflight(), 0);
	kit_expect(NULL);
}

static void
a_machine_without_an_iommu_is_refused(void **state)
{
	kit_remove(GROUPS);
	kit_device(WAN, "ixgbe", "0x020000\n", -1);
	kit_device(LAN, "ixgbe", "0x020000\n", -1);
	assert_int_equal(kit_preflight(), -EPERM);
	kit_expect("iommu-off", "driver-kernel", "driver-kernel");
	kit_says(0, "config.yaml: refused: host: no IOMMU translates");
	kit_says(0, "mend: sudo systemctl reboot --firmware-setup, and switch on VT-d");
	kit_file("/proc/cpuinfo", "vendor_id\t: AuthenticAMD\nflags\t\t: fpu no-hypervisor\n");
	kit_preflight();
	kit_says(0, "switch on AMD-Vi");
	kit_file("/proc/cpuinfo", "vendor_id\t: AuthenticAMD\nflags\t\t: fpu hypervisor lahf\n");
	kit_preflight();
	kit_says(0, "give this virtual machine a virtual IOMMU");
	kit_remove("/proc/cpuinfo");
	kit_preflight();
	kit_says(0, "switch on the IOMMU");

	/* The firmware offers one, and the kernel was not told to take it. */
	kit_file("/sys/firmware/acpi/tables/DMAR", "");
	kit_preflight();
	kit_says(0, "which tells why");
	kit_file("/proc/cmdline", "quiet intel_iommu=on,sm_off\n");
	kit_preflight();
	kit_says(0, GRUB_INTEL);
	kit_file("/proc/cmdline", "quiet intel_iommu=off\n");
	kit_preflight();
	kit_says(0, "the kernel was started with intel_iommu=off");
	kit_says(0, "take intel_iommu=off out of /etc/default/grub");
	kit_file("/proc/cmdline", "iommu=off\n");
	kit_preflight();
	kit_says(0, "take iommu=off out");
	kit_directory(GROUPS);
	kit_preflight();
	kit_expect("iommu-off", "driver-kernel", "driver-kernel");
}

static void
a_device_that_the_iommu_does_not_cover_is_refused(void **state)
{
	kit_device(WAN, "vfio-pci", "0x020000\n", -1);
	kit_remove(GROUPS "12");
	assert_int_equal(kit_preflight(), -EPERM);
	kit_expect("device-no-group");
	kit_says(0, WAN);
}

static void
a_group_that_is_let_through_is_told(void **state)
{
	kit_file(GROUPS "12/type", "identity\n");
	assert_int_equal(kit_preflight(), 0);
	kit_expect("iommu-identity");
	kit_says(0, "warning: wan: the IOMMU lets IOMMU group 12 through");
	kit_says(0, "while no program has the NIC open");
	kit_file(GROUPS "12/type", "DMA\n");
	kit_preflight();
	kit_expect(NULL);
	kit_device(WAN, "mlx5_core", "0x020000\n", 12);
	kit_file(GROUPS "12/type", "identity\n");
	kit_preflight();
	kit_expect("iommu-identity");
	kit_says(0, "only the NIC itself");
}

static void
interfaces_are_asked(void **state)
{
	kit_config.port_count = 0;
	kit_port(CONFIG_PORT_AF_XDP, "tap", "no-such-iface");
	kit_port(CONFIG_PORT_AF_XDP, "lo", "lo")->queues = 1000;
	kit_file("/proc/self/status", KIT_STATUS("000000c000207000"));
	assert_int_equal(kit_preflight(), -EPERM);
	assert_int_equal(kit_list.count, 2);
	kit_says(0, "refused: tap: there is no interface no-such-iface here");
	assert_string_equal(kit_list.items[0].code, "interface-missing");
	assert_string_equal(kit_list.items[1].field, "ports.lo.af-xdp");

	/* The loopback's frames are the longest there are. */
	kit_config.port_count = 0;
	kit_port(CONFIG_PORT_AF_XDP, "lo", "lo");
	assert_int_equal(kit_preflight(), 0);
	kit_expect("interface-mtu");
	kit_says(0, "carries frames of 65549 bytes, and of memory.packet-size 2048 AF_XDP leaves "
		    "room for 2048");
	kit_says(0, "mend: sudo ip link set lo mtu 2034 [");

	kit_config.packet_size = 512;
	assert_int_equal(kit_preflight(), -EPERM);
	kit_expect("packet-size");

	/* Rights are needed for each. */
	kit_config.packet_size = 2048;
	kit_file("/proc/self/status", KIT_STATUS("0000000000007000"));
	assert_int_equal(kit_preflight(), -EPERM);
	kit_expect("interface-mtu", "capability-missing");
	kit_says(1, "user sluice has not: CAP_BPF CAP_PERFMON CAP_SYS_ADMIN;");
}

static void
who_has_a_card_is_named(void **state)
{
	kit_file("/proc/4711/comm", "vpp_main\n");
	kit_link("/proc/4711/fd/3", "/dev/null");
	kit_link("/proc/4711/fd/17", "/dev/vfio/13");
	kit_link("/proc/4712/fd/3", "/dev/pts/12");
	assert_int_equal(kit_preflight(), -EPERM);
	kit_expect("group-busy");
	kit_says(0, "refused: lan: process 4711 (vpp_main) has /dev/vfio/13; ");
	kit_says(0, "mend: end it: sudo kill 4711 [");
	kit_remove("/proc/4711/fd/17");
	assert_int_equal(kit_preflight(), 0);
	kit_expect(NULL);
	if (geteuid() == 0)
		return;
	/* What can't be seen is said. */
	assert_int_equal(chmod(kit_path("/proc/4711/fd"), 0), 0);
	assert_int_equal(kit_preflight(), 0);
	kit_expect("holders-unseen");
	assert_int_equal(chmod(kit_path("/proc/4711/fd"), 0755), 0);
}

#define PMD(name) RTE_EAL_PMD_PATH "/librte_net_" name ".so.23.0"
#define INFO(name, ids)                           \
	"\x7f"                                    \
	"ELF PMD_INFO_STRING= {\"name\": \"" name \
	"\", \"params\": \"x=<int>\", \"pci_ids\": [" ids "]}"

static void
drivers_are_known_by_their_files(void **state)
{
	kit_file(DEVICES WAN "/vendor", "0x8086\n");
	kit_file(DEVICES WAN "/device", "0x10fb\n");
	kit_file(DEVICES WAN "/subsystem_vendor", "0x8086\n");
	kit_file(DEVICES WAN "/subsystem_device", "0x0003\n");
	kit_port(CONFIG_PORT_VDEV, "null", "eth_null0,size=64");
	kit_file(PMD("null"), INFO("net_null", ""));
	kit_file(PMD("ixgbe"),
		 INFO("net_ixgbe", "[32902, 4282, 65535, 65535], [32902, 4347, 65535, 65535]"));
	assert_int_equal(kit_preflight(), 0);
	kit_expect(NULL);

	kit_file(PMD("ixgbe"), INFO("net_ixgbe", "[32902, 4347, 32902, 4]"));
	assert_int_equal(kit_preflight(), -EPERM);
	kit_expect("device-no-driver");
	kit_says(0, "no driver of this DPDK takes PCI device " WAN ", which is a 8086:10fb");

	kit_file(PMD("ixgbe"), INFO("net_ixgbe", "[32902, 4347, 65535, 3]"));
	kit_remove(PMD("null"));
	assert_int_equal(kit_preflight(), -EPERM);
	kit_expect("driver-missing");
	kit_says(0, "mend: sudo apt install librte-net-null23 [");
	kit_ports[2].device = (char *)(uintptr_t) "net_ixgb0";
	kit_preflight();
	kit_says(0, "did you mean net_ixgbe?");

	/* Where there are no files nothing is known. */
	kit_remove(RTE_EAL_PMD_PATH);
	assert_int_equal(kit_preflight(), 0);
	kit_expect(NULL);
}

/* A name that a device chose, say, stays on its line. */
static void
findings_are_one_line_whatever_they_say(void **state)
{
	struct finding *finding = finding_add(&kit_list, FINDING_NOTE, "code", "a\nb");
	char *line;

	finding_what(finding, "c%cd\x1b[1m", '\n');
	finding_why(finding, "why");
	finding_mend(finding, "mend");
	line = finding_line(finding, "file");
	assert_null(strpbrk(line + strlen("file: note: a"), "\x1b"));
	assert_null(strchr(line, '\n'));
	free(line);
	assert_false(finding_list_has(&kit_list, FINDING_REFUSED));
	kit_list.no_memory = true;
	assert_true(finding_list_has(&kit_list, FINDING_REFUSED));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_good_machine_has_no_findings),
		CASE(drivers_that_keep_the_device_are_refused),
		CASE(drivers_that_share_the_device_are_fine),
		CASE(devices_that_are_not_there_are_refused),
		CASE(devices_that_are_no_network_cards_are_refused),
		CASE(a_machine_without_an_iommu_is_refused),
		CASE(a_device_that_the_iommu_does_not_cover_is_refused),
		CASE(a_group_that_is_let_through_is_told),
		CASE(interfaces_are_asked),
		CASE(who_has_a_card_is_named),
		CASE(drivers_are_known_by_their_files),
		CASE(findings_are_one_line_whatever_they_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
