/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NIC: what the kernel knows of the PCI device behind a port. Read once; plain data.
 */
#ifndef HOST_NIC_H
#define HOST_NIC_H

#include <stdbool.h>

#include "config/config.h"
#include "core/root.h"
#include "port/pci.h"
#include "port/pmd.h"

struct nic {
	const struct config_port *port;
	enum pci_holder holder;
	char driver[ROOT_NAME_MAX];    /* the kernel's, or "" */
	char interface[ROOT_NAME_MAX]; /* that the kernel makes of it, or "" */
	bool other;                    /* it is something else than a network card */
	struct pmd_model model;        /* zeros where it is not told */
	int node;                      /* NUMA; -1 when it is not told */
	bool has_group;
	unsigned group;
	bool no_iommu; /* the group is one that vfio made up, with no IOMMU behind it */
	char type[32]; /* of the group's default domain: "DMA", "DMA-FQ", "identity", ...; or "" */
};

void nic_read(const struct root *root, const struct config_port *port, struct nic *nic);

/* The first network interface below a device's directory, or "". */
void nic_interface(const struct root *root, const char *directory, char name[ROOT_NAME_MAX]);

#endif
