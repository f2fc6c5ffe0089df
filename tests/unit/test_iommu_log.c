/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "port/iommu_log.h"
#include "port/ports.h"

#include "core/banned.h"

#define INTEL                                                                                \
	"3,812,5011932,-;DMAR: [DMA Write NO_PASID] Request device [02:00.0] fault addr 0x3" \
	"9f5c000 [fault reason 0x05] PTE Write access is not set\n"

static void
test_parse(void **state)
{
	static const struct {
		const char *record, *device;
	} cases[] = {
		{INTEL, "02:00.0"},
		{"3,1,2,-;DMAR: [DMA Read] Request device [af:1f.7] fault addr 0", "af:1f.7"},
		{"2,1,2,-;vfio-pci 0000:02:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x0011 "
		 "address=0x3000 flags=0x0020]\n SUBSYSTEM=pci\n",
		 "0000:02:00.0"},
		{"2,1,2,-;AMD-Vi: Event logged [IO_PAGE_FAULT device=0000:02:00.0 domain=0x0011]",
		 "0000:02:00.0"},
		{"3,1,2,-;AMD-Vi: Event logged [IO_PAGE_FAULT device=02:00.0 domain=0x0011]",
		 "02:00.0"},
		/* What a process writes into the log has another facility than the kernel's. */
		{"11,1,2,-;DMAR: [DMA Write] Request device [02:00.0] fault addr 0", NULL},
		{"4,1,2,-;DMAR: DRHD: handling fault status reg 2\n", NULL},
		{"3,1,2,-;DMAR: [INTR-REMAP] Request device [02:00.0] fault index 5", NULL},
		{"3,1,2,-;DMAR: [DMA Write] Request device [", NULL},
		{"3,1,2,-;DMAR: [DMA Write] Request device [00000000000000000:00.0]", NULL},
		{"3,1,2,-;a DMAR: [DMA Write] Request device [02:00.0]", NULL},
		{"3,1,2,-;AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x0011]", NULL},
		{"DMAR: [DMA Write] Request device [02:00.0]", NULL},
		{"", NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char device[IOMMU_LOG_DEVICE_MAX] = "";
		bool told = iommu_log_parse(cases[i].record, device);

		assert_int_equal(told, cases[i].device != NULL);
		if (told)
			assert_string_equal(device, cases[i].device);
	}
}

static void
say(int fd, const char *record)
{
	assert_int_equal(write(fd, record, strlen(record)), strlen(record));
}

/* A socket that gives a record at a time stands for /dev/kmsg. */
static void
test_poll(void **state)
{
	struct config_port configs[] = {
		{.name = (char[]){"wan"}, .kind = CONFIG_PORT_PCI},
		{.name = (char[]){"lan"}, .kind = CONFIG_PORT_PCI},
		{.name = (char[]){"tap"}, .kind = CONFIG_PORT_VDEV},
	};
	struct port wan = {.config = &configs[0], .device = "0000:02:00.0"};
	struct port lan = {.config = &configs[1], .device = "0000:12:00.0"};
	struct port tap = {.config = &configs[2], .device = "02:00.0"};
	struct ports ports = {.items = {&wan, &lan, &tap}, .count = 3};
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends), 0);
	ports.kernel_log = ends[0];
	iommu_log_poll(&ports);
	assert_int_equal(wan.iommu_faults, 0);
	say(ends[1], INTEL);
	say(ends[1], "6,1,2,-;usb 1-1: new device\n");
	say(ends[1], INTEL);
	iommu_log_poll(&ports);
	assert_int_equal(wan.iommu_faults, 2);
	assert_int_equal(lan.iommu_faults, 0);
	assert_int_equal(tap.iommu_faults, 0);
	say(ends[1], "3,1,2,-;DMAR: [DMA Write] Request device [12:00.0] fault addr 0");
	iommu_log_poll(&ports);
	assert_int_equal(wan.iommu_faults, 2);
	assert_int_equal(lan.iommu_faults, 1);
	iommu_log_close(&ports);
	assert_int_equal(ports.kernel_log, -1);
	iommu_log_poll(&ports);
	close(ends[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_poll),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
