/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NIC: what the kernel knows of the PCI device behind a port. Read once; plain data.
 */
#ifndef HOST_NIC_H
#define HOST_NIC_H

#include <stdbool.h>

#include "config/config.h"
#include "core/root.h"

struct nic {
	const struct config_port *port;
	bool exists;
	char driver[ROOT_NAME_MAX];    /* the kernel's, or "" */
	char interface[ROOT_NAME_MAX]; /* that the kernel makes of it, or "" */
	bool vfio;                     /* the driver hands it to user space through vfio */
	bool uio;                      /* through uio: without an IOMMU */
	bool bifurcated;               /* DPDK shares it with the kernel's driver, which stays */
	int node;                      /* NUMA; -1 when it is not told */
	bool has_group;
	unsigned group;
	bool no_iommu; /* the group is one that vfio made up, with no IOMMU behind it */
	char type[32]; /* of the group's default domain: "DMA", "DMA-FQ", "identity", ...; or "" */
};

void nic_read(const struct root *root, const struct config_port *port, struct nic *nic);

/* The first network interface below a device's directory, or "". */
void nic_interface(const struct root *root, const char *directory, char name[ROOT_NAME_MAX]);

/* Whether a driver of that name is one of vfio's. */
bool nic_driver_is_vfio(const char *driver);

#endif
