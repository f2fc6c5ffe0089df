/* SPDX-License-Identifier: BSD-3-Clause */
#include "port/pci.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/banned.h"

#define DEVICES "/sys/bus/pci/devices/"

/* Drivers that hand a device to user space, and those of which DPDK's drivers share the device. */
static const char *const good_drivers[] = {"vfio-pci",  "uio_pci_generic", "igb_uio",
					   "mlx4_core", "mlx5_core",       "mana"};

static void
read_driver(const char *address, char *driver, size_t size)
{
	char path[PATH_MAX], target[PATH_MAX];
	const char *slash;
	ssize_t length;

	snprintf(path, sizeof(path), DEVICES "%s/driver", address);
	length = readlink(path, target, sizeof(target) - 1);
	target[length > 0 ? length : 0] = '\0';
	slash = strrchr(target, '/');
	snprintf(driver, size, "%s", slash ? slash + 1 : "");
}

/* The network interface that the kernel makes of the device, or "". */
static void
read_interface(const char *address, char name[NAME_MAX + 1])
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *directory;

	name[0] = '\0';
	snprintf(path, sizeof(path), DEVICES "%s/net", address);
	directory = opendir(path);
	while (directory && (entry = readdir(directory))) {
		if (entry->d_name[0] != '.')
			snprintf(name, NAME_MAX + 1, "%s", entry->d_name);
	}
	if (directory)
		closedir(directory);
}

bool
pci_refused(const char *address, char *reason, size_t size)
{
	char path[PATH_MAX], driver[NAME_MAX + 1], interface[NAME_MAX + 1];

	snprintf(path, sizeof(path), DEVICES "%s", address);
	if (strchr(address, '/') || access(path, F_OK) < 0) {
		snprintf(reason, size,
			 "this machine has no PCI device %s; `lspci -D` lists what there is",
			 address);
		return true;
	}
	read_driver(address, driver, sizeof(driver));
	for (unsigned i = 0; i < sizeof(good_drivers) / sizeof(good_drivers[0]); i++) {
		if (strcmp(driver, good_drivers[i]) == 0)
			return false;
	}
	read_interface(address, interface);
	snprintf(reason, size,
		 "PCI device %s is %s%s%s%s; give it to vfio-pci: `dpdk-devbind.py --bind=vfio-pci "
		 "%s`",
		 address, driver[0] ? "held by the kernel's driver " : "held by no driver", driver,
		 interface[0] ? " as interface " : "", interface, address);
	return true;
}
