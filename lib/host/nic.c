/* SPDX-License-Identifier: BSD-3-Clause */
#include "host/nic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"

#include "core/banned.h"

#define DEVICE "/sys/bus/pci/devices/%s"
#define CLASS_NETWORK "0x02" /* PCI's base class; then 16 bits of subclass and interface */

static void
first_name(const struct root *root, const char *directory, const char *below,
	   char name[ROOT_NAME_MAX])
{
	struct root_names names;

	root_list(root, &names, "%s%s/net", directory, below);
	snprintf(name, ROOT_NAME_MAX, "%s", names.count ? names.items[0] : "");
	text_clean(name);
	root_names_free(&names);
}

void
nic_interface(const struct root *root, const char *directory, char name[ROOT_NAME_MAX])
{
	char below[ROOT_NAME_MAX + 1];
	struct root_names names;

	first_name(root, directory, "", name);
	/* A virtio device is a bus of its own, and the interface belongs to what is on it. */
	root_list(root, &names, "%s", directory);
	for (unsigned i = 0; name[0] == '\0' && i < names.count; i++) {
		if (strncmp(names.items[i], "virtio", strlen("virtio")) != 0)
			continue;
		snprintf(below, sizeof(below), "/%s", names.items[i]);
		first_name(root, directory, below, name);
	}
	root_names_free(&names);
}

static void
read_group(const struct root *root, const char *address, struct nic *nic)
{
	char group[ROOT_NAME_MAX], name[64];
	uint64_t number;

	if (root_link(root, group, DEVICE "/iommu_group", address) < 0 ||
	    text_number(group, UINT32_MAX, &number) < 0)
		return;
	nic->has_group = true;
	nic->group = number;
	root_read(root, name, sizeof(name), "/sys/kernel/iommu_groups/%u/name", nic->group);
	nic->no_iommu = strcmp(name, "vfio-noiommu") == 0;
	root_read(root, nic->type, sizeof(nic->type), "/sys/kernel/iommu_groups/%u/type",
		  nic->group);
}

static uint16_t
read_id(const struct root *root, const char *address, const char *name)
{
	char text[16];

	root_read(root, text, sizeof(text), DEVICE "/%s", address, name);
	return (uint16_t)strtoul(text, NULL, 16);
}

void
nic_read(const struct root *root, const struct config_port *port, struct nic *nic)
{
	const char *address = port->device;
	char directory[PATH_MAX], class[16];
	uint64_t node;

	*nic = (struct nic){.port = port, .node = -1};
	nic->holder = pci_holder(root, address, nic->driver);
	if (nic->holder == PCI_MISSING)
		return;
	root_read(root, class, sizeof(class), DEVICE "/class", address);
	nic->other = class[0] && strncmp(class, CLASS_NETWORK, strlen(CLASS_NETWORK)) != 0;
	nic->model = (struct pmd_model){
		.vendor = read_id(root, address, "vendor"),
		.device = read_id(root, address, "device"),
		.subvendor = read_id(root, address, "subsystem_vendor"),
		.subdevice = read_id(root, address, "subsystem_device"),
	};
	snprintf(directory, sizeof(directory), DEVICE, address);
	nic_interface(root, directory, nic->interface);
	/* "-1", where the device does not know, is no number here. */
	if (root_number(root, &node, DEVICE "/numa_node", address) == 0 && node <= INT_MAX)
		nic->node = (int)node;
	read_group(root, address, nic);
}
