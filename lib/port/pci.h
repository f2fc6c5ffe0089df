/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pci: who holds a PCI device, from what the kernel says of it. Asked before DPDK looks at a
 * device: some of its drivers would take one that the kernel's own driver is using.
 */
#ifndef PORT_PCI_H
#define PORT_PCI_H

#include <stdbool.h>
#include <stddef.h>

#include "core/root.h"

enum pci_holder {
	PCI_MISSING, /* there is no such device */
	PCI_NOBODY,
	PCI_KERNEL,
	PCI_UIO,    /* user space, through uio: round the IOMMU */
	PCI_SHARED, /* a kernel driver that DPDK's own works beside, and that stays */
	PCI_VFIO,   /* user space, through vfio */
};

/* driver gets the name of the kernel's driver, or "". */
enum pci_holder pci_holder(const struct root *root, const char *address,
			   char driver[ROOT_NAME_MAX]);

/* Whether a driver of that name is one of vfio's. */
bool pci_driver_is_vfio(const char *driver);

/* The last line, also for a device that comes back while sluice runs: true when DPDK may not have a
 * device of this machine; then reason says why. What would mend it is preflight's to say. */
bool pci_refused(const char *address, char *reason, size_t size);

#endif
