/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether the devices in the ports' IOMMU groups can all be left to one program. */
#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "host/checks.h"

#include "core/banned.h"

#define MEMBER "/sys/kernel/iommu_groups/%u/devices/%s"
#define CLASS_BRIDGE "0x0604" /* PCI-to-PCI bridge, then 8 bits of interface */

static bool
is_port(const struct preflight *work, const char *address)
{
	for (unsigned i = 0; i < work->nic_count; i++) {
		if (strcmp(work->nics[i].port->device, address) == 0)
			return true;
	}
	return false;
}

/* The kernel's own rule for a group that a program may open (drivers/vfio, driver_managed_dma):
 * every member has no driver, one of vfio's, or one that starts no DMA. */
static bool
may_stay(const struct root *root, unsigned group, const char *address, const char *driver)
{
	char class[16];

	if (driver[0] == '\0' || pci_driver_is_vfio(driver) || strcmp(driver, "pci-stub") == 0 ||
	    strcmp(driver, "pcieport") == 0)
		return true;
	root_read(root, class, sizeof(class), MEMBER "/class", group, address);
	return strncmp(class, CLASS_BRIDGE, strlen(CLASS_BRIDGE)) == 0;
}

static void
say_shared(const struct preflight *work, const struct nic *nic, const char *member,
	   const char *driver)
{
	struct finding *finding =
		finding_add_port(work->list, FINDING_REFUSED, "group-shared", nic->port, "pci");
	char directory[PATH_MAX], interface[ROOT_NAME_MAX];
	bool is_pci = root_has(work->root, "/sys/bus/pci/devices/%s", member);

	snprintf(directory, sizeof(directory), MEMBER, nic->group, member);
	nic_interface(work->root, directory, interface);
	finding_what(finding,
		     "PCI device %s shares IOMMU group %u with %s, which the kernel's driver %s "
		     "holds%s%s",
		     nic->port->device, nic->group, member, driver,
		     interface[0] ? " as interface " : "", interface);
	finding_why(finding, "the IOMMU can't keep devices of one group from each other's memory, "
			     "and vfio refuses the group");
	if (is_pci)
		finding_mend(finding,
			     "sudo sluice-bind %s, if this machine can do without it; otherwise "
			     "put the NIC into another slot",
			     member);
	else
		finding_mend(finding, "put the NIC into another slot");
}

static void
check_group(const struct preflight *work, const struct nic *nic)
{
	struct root_names members;
	char driver[ROOT_NAME_MAX];

	root_list(work->root, &members, "/sys/kernel/iommu_groups/%u/devices", nic->group);
	for (unsigned i = 0; i < members.count; i++) {
		const char *member = members.items[i];

		root_link(work->root, driver, MEMBER "/driver", nic->group, member);
		text_clean(driver);
		if (!is_port(work, member) && !may_stay(work->root, nic->group, member, driver))
			say_shared(work, nic, member, driver);
	}
	root_names_free(&members);
}

/* Two ports in one group are one finding, not two. */
static bool
was_checked(const struct preflight *work, unsigned index)
{
	for (unsigned i = 0; i < index; i++) {
		const struct nic *nic = &work->nics[i];

		if (nic->has_group && nic->holder != PCI_SHARED &&
		    nic->group == work->nics[index].group)
			return true;
	}
	return false;
}

void
check_groups(struct preflight *work)
{
	for (unsigned i = 0; i < work->nic_count; i++) {
		const struct nic *nic = &work->nics[i];

		if (nic->has_group && nic->holder != PCI_SHARED && !nic->no_iommu &&
		    !was_checked(work, i))
			check_group(work, nic);
	}
}
