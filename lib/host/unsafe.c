/* SPDX-License-Identifier: BSD-3-Clause */
/* Vfio's own ways round the IOMMU. */
#include <string.h>

#include "host/checks.h"

#include "core/banned.h"

#define NO_IOMMU "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode"
#define INTERRUPTS "/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts"

static bool
is_on(const struct root *root, const char *parameter)
{
	char text[8];

	root_read(root, text, sizeof(text), "%s", parameter);
	return strcmp(text, "Y") == 0 || strcmp(text, "1") == 0;
}

static void
say_device(const struct preflight *work, const struct nic *nic)
{
	struct finding *finding =
		finding_add_port(work->list, unsafe_severity(work), "no-iommu", nic->port, "pci");

	finding_what(finding, "PCI device %s was given to vfio in no-IOMMU mode (group noiommu-%u)",
		     nic->port->device, nic->group);
	finding_why(finding, "the NIC could read and overwrite all memory of this machine");
	finding_mend(finding,
		     "switch the IOMMU on, or accept it with `sluiced run --unsafe-no-iommu`");
}

static void
say_mode(const struct preflight *work)
{
	struct finding *finding =
		finding_add(work->list, unsafe_severity(work), "no-iommu-mode", "host");

	finding_what(finding, "vfio's unsafe no-IOMMU mode is on");
	finding_why(finding, "a device without an IOMMU would be handed out without a word, and "
			     "could reach all memory");
	finding_mend(finding, "echo N | sudo tee " NO_IOMMU
			      ", and take it out of /etc/modprobe.d and the kernel's command line");
}

/* The user wants it, and the kernel does not know yet. */
static void
say_mode_off(const struct preflight *work)
{
	struct finding *finding =
		finding_add(work->list, FINDING_REFUSED, "no-iommu-mode-off", "host");

	finding_what(finding, "there is no IOMMU, and vfio's unsafe no-IOMMU mode is off");
	finding_why(finding, "vfio takes no device then, whatever sluiced is told");
	if (root_has(work->root, NO_IOMMU))
		finding_mend(finding, "echo Y | sudo tee " NO_IOMMU);
	else if (!root_has(work->root, "/sys/module/vfio"))
		finding_mend(finding, "sudo modprobe vfio enable_unsafe_noiommu_mode=1");
	else
		finding_mend(finding, "switch the IOMMU on: this kernel has no such mode "
				      "(CONFIG_VFIO_NOIOMMU)");
}

static void
say_interrupts(const struct preflight *work)
{
	struct finding *finding =
		finding_add(work->list, unsafe_severity(work), "interrupts-unsafe", "host");

	finding_what(finding, "vfio may hand out devices without interrupt remapping");
	finding_why(finding, "a NIC could raise any interrupt of this machine by writing to "
			     "memory, which the IOMMU does not stop");
	finding_mend(finding,
		     "echo N | sudo tee " INTERRUPTS ", and take it out of /etc/modprobe.d");
}

static bool
any_for_vfio(const struct preflight *work)
{
	for (unsigned i = 0; i < work->nic_count; i++) {
		if (work->nics[i].holder != PCI_MISSING && work->nics[i].holder != PCI_SHARED)
			return true;
	}
	return false;
}

void
check_unsafe(struct preflight *work)
{
	if (!any_for_vfio(work))
		return;
	for (unsigned i = 0; i < work->nic_count; i++) {
		if (work->nics[i].no_iommu)
			say_device(work, &work->nics[i]);
	}
	if (is_on(work->root, NO_IOMMU))
		say_mode(work);
	else if (!work->translates && work->options->unsafe_no_iommu)
		say_mode_off(work);
	if (is_on(work->root, INTERRUPTS))
		say_interrupts(work);
}
