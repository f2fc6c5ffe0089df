/* SPDX-License-Identifier: BSD-3-Clause */
#include "port/pci.h"

#include <stdio.h>
#include <string.h>

#include "core/text.h"

#include "core/banned.h"

#define DEVICE "/sys/bus/pci/devices/%s"

/* Kernel drivers that DPDK's own (mlx4, mlx5, mana) work beside, through the RDMA interface. */
static const char *const shared[] = {"mlx4_core", "mlx5_core", "mana"};

static const char *const uio[] = {"uio_pci_generic", "igb_uio", "uio_hv_generic"};

static bool
is_among(const char *name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(name, names[i]) == 0)
			return true;
	}
	return false;
}

bool
pci_driver_is_vfio(const char *driver)
{
	/* vfio-pci, and its variants for one vendor's devices: mlx5_vfio_pci, hisi_acc_vfio_pci,
	 * ... */
	return strstr(driver, "vfio-pci") || strstr(driver, "vfio_pci");
}

enum pci_holder
pci_holder(const struct root *root, const char *address, char driver[ROOT_NAME_MAX])
{
	driver[0] = '\0';
	/* An address from elsewhere than a config could lead out of the directory. */
	if (strchr(address, '/') || !root_has(root, DEVICE, address))
		return PCI_MISSING;
	root_link(root, driver, DEVICE "/driver", address);
	text_clean(driver);
	if (driver[0] == '\0')
		return PCI_NOBODY;
	if (pci_driver_is_vfio(driver))
		return PCI_VFIO;
	if (is_among(driver, uio, sizeof(uio) / sizeof(uio[0])))
		return PCI_UIO;
	if (is_among(driver, shared, sizeof(shared) / sizeof(shared[0])))
		return PCI_SHARED;
	return PCI_KERNEL;
}

bool
pci_refused(const char *address, char *reason, size_t size)
{
	static const struct root machine = {""};
	char driver[ROOT_NAME_MAX];

	switch (pci_holder(&machine, address, driver)) {
	case PCI_VFIO:
	case PCI_SHARED:
		return false;
	case PCI_MISSING:
		snprintf(reason, size, "this machine has no PCI device %s", address);
		break;
	case PCI_NOBODY:
		snprintf(reason, size, "PCI device %s is held by no driver", address);
		break;
	case PCI_KERNEL:
	case PCI_UIO:
		snprintf(reason, size, "PCI device %s is held by %s, not by vfio-pci", address,
			 driver);
		break;
	}
	return true;
}
