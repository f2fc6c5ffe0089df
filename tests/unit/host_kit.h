/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A made-up machine for the tests of preflight: a tree of files in a scratch directory, and a
 * config with two NICs that it runs without a finding. Each test changes what it is about. Lives in
 * static memory.
 */
#ifndef TESTS_HOST_KIT_H
#define TESTS_HOST_KIT_H

#include <errno.h>
#include <ftw.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"
#include "host/preflight.h"

#define WAN "0000:03:00.0"
#define LAN "0000:04:00.0"
#define DEVICES "/sys/bus/pci/devices/"
#define NO_IOMMU "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode"
#define GROUPS "/sys/kernel/iommu_groups/"
#define CPU "/sys/devices/system/cpu/"
#define NODE "/sys/devices/system/node/"
#define PAGES "/hugepages/hugepages-2048kB/"

static char kit_root[64];
static struct config kit_config;
static struct config_port kit_ports[8];
static struct host kit_host;
static struct preflight_options kit_options;
static struct finding_list kit_list;
static const char *kit_stat_after; /* what /proc/stat says at the second look, or NULL */

static inline char *
kit_path(const char *path)
{
	static char full[4][PATH_MAX];
	static unsigned next;
	char *text = full[next++ % 4];

	snprintf(text, PATH_MAX, "%s%s", kit_root, path);
	return text;
}

static inline void
kit_directory(const char *path)
{
	char *full = kit_path(path);

	for (char *at = full + strlen(kit_root) + 1; *at; at++) {
		if (*at != '/')
			continue;
		*at = '\0';
		mkdir(full, 0755);
		*at = '/';
	}
	mkdir(full, 0755);
}

static inline void
kit_parent(const char *path)
{
	char parent[PATH_MAX];

	snprintf(parent, sizeof(parent), "%s", path);
	kit_directory(dirname(parent));
}

static inline void
kit_file(const char *path, const char *text)
{
	FILE *file;

	kit_parent(path);
	file = fopen(kit_path(path), "we");
	if (!file || fputs(text, file) < 0 || fclose(file) != 0)
		abort();
}

static inline void
kit_link(const char *path, const char *target)
{
	kit_parent(path);
	unlink(kit_path(path));
	if (symlink(target, kit_path(path)) < 0)
		abort();
}

static inline int
kit_remove_one(const char *path, const struct stat *status, int flag, struct FTW *place)
{
	return remove(path);
}

static inline void
kit_remove(const char *path)
{
	nftw(kit_path(path), kit_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* A PCI device with a driver ("" for none), of a class, in a group (-1 for none). */
static inline void
kit_device(const char *address, const char *driver, const char *class, int group)
{
	char directory[256], path[512], target[512];

	snprintf(directory, sizeof(directory), DEVICES "%s", address);
	kit_directory(directory);
	snprintf(path, sizeof(path), "%s/class", directory);
	kit_file(path, class);
	snprintf(path, sizeof(path), "%s/numa_node", directory);
	kit_file(path, "-1\n");
	snprintf(path, sizeof(path), "%s/driver", directory);
	unlink(kit_path(path));
	snprintf(target, sizeof(target), "../../../bus/pci/drivers/%s", driver);
	if (driver[0])
		kit_link(path, target);
	snprintf(path, sizeof(path), "%s/iommu_group", directory);
	unlink(kit_path(path));
	if (group < 0)
		return;
	snprintf(target, sizeof(target), "../../../../kernel/iommu_groups/%d", group);
	kit_link(path, target);
	snprintf(path, sizeof(path), GROUPS "%d/type", group);
	kit_file(path, "DMA-FQ\n");
	snprintf(path, sizeof(path), GROUPS "%d/devices/%s", group, address);
	snprintf(target, sizeof(target), "../../../../bus/pci/devices/%s", address);
	kit_link(path, target);
}

static inline void
kit_core(unsigned core, unsigned node)
{
	char path[256], text[16];

	snprintf(path, sizeof(path), CPU "cpu%u/node%u", core, node);
	kit_directory(path);
	snprintf(path, sizeof(path), CPU "cpu%u/cpufreq/scaling_governor", core);
	kit_file(path, "performance\n");
	snprintf(path, sizeof(path), CPU "cpu%u/topology/thread_siblings_list", core);
	snprintf(text, sizeof(text), "%u\n", core);
	kit_file(path, text);
	CPU_SET(core, &kit_host.cores.own);
	CPU_SET(core, &kit_host.cores.usable);
}

static inline void
kit_hugepages(unsigned node, const char *size, unsigned pages)
{
	char path[256], text[16];

	snprintf(text, sizeof(text), "%u\n", pages);
	snprintf(path, sizeof(path), NODE "node%u/hugepages/hugepages-%s/nr_hugepages", node, size);
	kit_file(path, text);
	snprintf(path, sizeof(path), NODE "node%u/hugepages/hugepages-%s/free_hugepages", node,
		 size);
	kit_file(path, text);
}

static inline struct config_port *
kit_port(enum config_port_kind kind, const char *name, const char *device)
{
	struct config_port *port = &kit_ports[kit_config.port_count++];

	*port = (struct config_port){.name = (char *)(uintptr_t)name,
				     .kind = kind,
				     .device = (char *)(uintptr_t)device,
				     .place = {kit_config.port_count + 3, 3}};
	return port;
}

static inline void
kit_wait(void *argument, unsigned milliseconds)
{
	if (kit_stat_after)
		kit_file("/proc/stat", kit_stat_after);
}

#define KIT_STATUS(capabilities) \
	"Name:\tsluiced\nCapPrm:\t0000000000000000\nCapEff:\t" capabilities "\n"
#define KIT_LIMITS(hard)                                                                   \
	"Limit                     Soft Limit           Hard Limit           Units     \n" \
	"Max processes             31407                31407                processes \n" \
	"Max locked memory         8388608              " hard "                bytes     \n"

static inline int
kit_setup(void **state)
{
	snprintf(kit_root, sizeof(kit_root), "/tmp/sluice-host-XXXXXX");
	if (!mkdtemp(kit_root) || chmod(kit_root, 0755) < 0)
		return -1;
	kit_host = (struct host){.root = {kit_root}, .user = "sluice", .wait = kit_wait};
	kit_options = (struct preflight_options){0};
	kit_stat_after = NULL;
	finding_list_init(&kit_list);
	kit_config = (struct config){
		.packets = 65535,
		.packet_size = 2048,
		.hugepages = CONFIG_HUGEPAGES_AUTO,
		.workers = {2, 3},
		.worker_count = 2,
		.ports = kit_ports,
	};
	kit_port(CONFIG_PORT_PCI, "wan", WAN);
	kit_port(CONFIG_PORT_PCI, "lan", LAN);
	for (unsigned core = 0; core < 4; core++)
		kit_core(core, 0);
	kit_file(CPU "isolated", "2-3\n");
	kit_file(CPU "nohz_full", "2-3\n");
	kit_directory(NODE "node0");
	kit_file(NODE "node0/cpulist", "0-3\n");
	kit_hugepages(0, "2048kB", 2048);
	kit_hugepages(0, "1048576kB", 0);
	kit_file("/proc/cmdline", "BOOT_IMAGE=/vmlinuz intel_iommu=on quiet\n");
	kit_file("/proc/cpuinfo", "processor\t: 0\nvendor_id\t: GenuineIntel\n");
	kit_file("/proc/stat", "cpu  0 0 0 0 0 0 0 0 0 0\ncpu2 5 0 5 100 0 0 0 0 0 0\n"
			       "cpu3 5 0 5 100 0 0 0 0 0 0\n");
	kit_file("/proc/self/status", KIT_STATUS("0000000000000000"));
	kit_file("/proc/self/limits", KIT_LIMITS("unlimited"));
	kit_file("/sys/module/vfio/parameters/enable_unsafe_noiommu_mode", "N\n");
	kit_file("/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts", "N\n");
	kit_file("/sys/module/vfio_iommu_type1/parameters/dma_entry_limit", "65535\n");
	kit_file("/dev/vfio/vfio", "");
	kit_file("/dev/vfio/12", "");
	kit_file("/dev/vfio/13", "");
	kit_device("0000:00:1f.3", "snd_hda_intel", "0x040300\n", 4);
	kit_device(WAN, "vfio-pci", "0x020000\n", 12);
	kit_device(LAN, "vfio-pci", "0x020000\n", 13);
	return 0;
}

static inline int
kit_teardown(void **state)
{
	finding_list_clear(&kit_list);
	kit_remove("");
	return 0;
}

/* What preflight says of the machine as it is now. */
static inline int
kit_preflight(void)
{
	finding_list_clear(&kit_list);
	return preflight(&kit_config, &kit_host, &kit_options, &kit_list);
}

static inline void
kit_print(void)
{
	for (unsigned i = 0; i < kit_list.count; i++) {
		char *line = finding_line(&kit_list.items[i], "config.yaml");

		fprintf(stderr, "%s\n", line);
		free(line);
	}
}

/* Exactly these codes, in this order, NULL behind them. */
#define kit_expect(...) kit_expect_codes((const char *const[]){__VA_ARGS__, NULL}, __LINE__)

static inline void
kit_expect_codes(const char *const *codes, int line)
{
	unsigned count = 0;

	while (codes[count])
		count++;
	for (unsigned i = 0; i < kit_list.count || i < count; i++) {
		if (i < kit_list.count && i < count &&
		    strcmp(kit_list.items[i].code, codes[i]) == 0)
			continue;
		kit_print();
		fail_msg("line %d: finding %u is %s, not %s", line, i,
			 i < kit_list.count ? kit_list.items[i].code : "missing",
			 i < count ? codes[i] : "wanted");
	}
	for (unsigned i = 0; i < kit_list.count; i++) {
		assert_non_null(kit_list.items[i].subject);
		assert_non_null(kit_list.items[i].what);
		assert_non_null(kit_list.items[i].why);
		assert_non_null(kit_list.items[i].mend);
	}
}

static inline void
kit_says(unsigned index, const char *words)
{
	char *line = finding_line(&kit_list.items[index], "config.yaml");

	if (!strstr(line, words))
		fail_msg("\"%s\" does not say \"%s\"", line, words);
	assert_null(strchr(line, '\n'));
	free(line);
}

#endif
