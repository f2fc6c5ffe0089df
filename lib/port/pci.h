/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pci: whether DPDK may have a PCI device, from what the kernel says of it. Asked before the EAL starts:
 * some of DPDK's drivers would take a device that the kernel's own driver is using.
 */
#ifndef PORT_PCI_H
#define PORT_PCI_H

#include <stdbool.h>
#include <stddef.h>

/* True when it may not; then reason says why and what would mend it. */
bool pci_refused(const char *address, char *reason, size_t size);

#endif
