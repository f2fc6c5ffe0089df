/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether each PCI device is there, and with a driver that lets sluice have it safely. */
#include "host/checks.h"

#include "core/banned.h"

static void
say_missing(const struct preflight *work, const struct nic *nic)
{
	struct finding *finding =
		finding_add_port(work->list, FINDING_REFUSED, "device-missing", nic->port, "pci");

	finding_what(finding, "this machine has no PCI device %s", nic->port->device);
	finding_why(finding, "the port can't be made of anything else");
	finding_mend(finding, "lspci -D | grep -i net, and name one of these");
}

static void
say_other(const struct preflight *work, const struct nic *nic)
{
	struct finding *finding = finding_add_port(work->list, FINDING_REFUSED,
						   "device-not-network", nic->port, "pci");

	finding_what(finding, "PCI device %s is no network card", nic->port->device);
	finding_why(finding, "it has no packets to give or to take");
	finding_mend(finding, "sluice-bind --status, and name one of these");
}

static const char *
bind_code(enum pci_holder holder)
{
	return holder == PCI_UIO      ? "driver-uio"
	       : holder == PCI_NOBODY ? "driver-none"
				      : "driver-kernel";
}

static void
say_bind(const struct preflight *work, const struct nic *nic)
{
	const char *address = nic->port->device;
	struct finding *finding = finding_add_port(work->list, FINDING_REFUSED,
						   bind_code(nic->holder), nic->port, "pci");

	if (nic->holder == PCI_UIO) {
		finding_what(finding, "PCI device %s is held by %s", address, nic->driver);
		finding_why(finding, "uio goes round the IOMMU: the NIC could reach all memory");
	} else if (nic->holder == PCI_NOBODY) {
		finding_what(finding, "PCI device %s is held by no driver", address);
		finding_why(finding, "only vfio-pci lets a program have it behind the IOMMU");
	} else {
		finding_what(finding, "PCI device %s is held by the kernel's driver %s%s%s",
			     address, nic->driver, nic->interface[0] ? " as interface " : "",
			     nic->interface);
		finding_why(finding,
			    "a device can have one master, and the kernel is using this one");
	}
	finding_mend(finding, "sudo sluice-bind %s", address);
}

static void
say_uncovered(const struct preflight *work, const struct nic *nic)
{
	struct finding *finding =
		finding_add_port(work->list, FINDING_REFUSED, "device-no-group", nic->port, "pci");

	finding_what(finding, "the IOMMU of this machine does not cover PCI device %s",
		     nic->port->device);
	finding_why(finding, "vfio has nothing to keep it within the memory given to it");
	finding_mend(finding, "put the NIC into another slot; those of `ls "
			      "/sys/kernel/iommu_groups/*/devices` are covered");
}

void
check_nics(struct preflight *work)
{
	for (unsigned i = 0; i < work->nic_count; i++) {
		const struct nic *nic = &work->nics[i];

		if (nic->holder == PCI_MISSING) {
			say_missing(work, nic);
			continue;
		}
		if (nic->other) {
			say_other(work, nic);
			continue;
		}
		if (nic->holder == PCI_SHARED)
			continue;
		if (nic->holder != PCI_VFIO)
			say_bind(work, nic);
		if (!nic->has_group && work->translates)
			say_uncovered(work, nic);
	}
}
