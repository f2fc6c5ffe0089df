/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether this user may open what vfio gives: the container, and each port's group. */
#include <errno.h>
#include <stdio.h>

#include "host/checks.h"

#include "core/banned.h"

static const char why_missing[] = "it is through this file that a program gets the device";

static void
say_access(struct finding *finding, const struct preflight *work, const char *path)
{
	finding_what(finding, "user %s may not open %s", work->host->user, path);
	finding_why(finding, "it is through this file that a program gets the device, and sluiced "
			     "needs no other privilege for it");
}

static void
check_container(const struct preflight *work)
{
	static const char path[] = "/dev/vfio/vfio";
	int ret = root_may_use(work->root, "%s", path);
	struct finding *finding;

	if (ret == 0)
		return;
	if (ret == -ENOENT) {
		finding = finding_add(work->list, FINDING_REFUSED, "vfio-missing", "host");
		finding_what(finding, "there is no %s", path);
		finding_why(finding, "%s", why_missing);
		finding_mend(finding, "sudo modprobe vfio-pci");
	} else {
		finding = finding_add(work->list, FINDING_REFUSED, "vfio-access", "host");
		say_access(finding, work, path);
		finding_mend(finding,
			     "sudo chmod 0666 %s, as udev does by default: it leads "
			     "nowhere without a group's file",
			     path);
	}
}

static void
check_group_file(const struct preflight *work, const struct nic *nic)
{
	struct finding *finding;
	char path[64];
	int ret;

	snprintf(path, sizeof(path), "/dev/vfio/%s%u", nic->no_iommu ? "noiommu-" : "", nic->group);
	ret = root_may_use(work->root, "%s", path);
	if (ret == 0)
		return;
	if (ret == -ENOENT) {
		finding = finding_add_port(work->list, FINDING_REFUSED, "group-missing", nic->port,
					   "pci");
		finding_what(finding, "there is no %s for PCI device %s", path, nic->port->device);
		finding_why(finding, "%s", why_missing);
		finding_mend(finding, "sudo sluice-bind --undo %s && sudo sluice-bind %s",
			     nic->port->device, nic->port->device);
	} else {
		finding = finding_add_port(work->list, FINDING_REFUSED, "group-access", nic->port,
					   "pci");
		say_access(finding, work, path);
		finding_mend(finding,
			     "sudo chown %s %s (until the next boot; docs/deploy.md has the udev "
			     "rule that lasts)",
			     work->host->user, path);
	}
}

/* Before the device is bound there is no file to look at, and that it is not bound is said
 * elsewhere. */
void
check_vfio(struct preflight *work)
{
	bool any = false;

	for (unsigned i = 0; i < work->nic_count; i++) {
		const struct nic *nic = &work->nics[i];

		if (nic->holder != PCI_VFIO || !nic->has_group)
			continue;
		if (!any)
			check_container(work);
		any = true;
		check_group_file(work, nic);
	}
}
