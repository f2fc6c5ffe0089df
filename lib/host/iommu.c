/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether there is an IOMMU that stands between devices and memory. */
#include <string.h>

#include "host/checks.h"

#include "core/banned.h"

#define GRUB                                                               \
	"echo 'GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX %s\"' | sudo tee " \
	"/etc/default/grub.d/sluice-iommu.cfg && sudo update-grub && sudo reboot"

static bool
has_word(const char *line, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = strstr(line, word); at; at = strstr(at + 1, word)) {
		bool begins = at == line || at[-1] == ' ';

		if (begins && (at[length] == '\0' || at[length] == ' '))
			return true;
	}
	return false;
}

/* The word on the kernel's command line that turns it off, or NULL. */
static const char *
word_against(const char *line)
{
	static const char *const words[] = {"iommu=off", "intel_iommu=off", "amd_iommu=off"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (has_word(line, words[i]))
			return words[i];
	}
	return NULL;
}

static bool
has_table(const struct root *root, const char *name)
{
	return root_has(root, "/sys/firmware/acpi/tables/%s", name);
}

/* By the firmware's tables one sees whether it offers an IOMMU at all: DMAR is Intel's, IVRS
 * AMD's. */
static void
mend_off(const struct preflight *work, struct finding *finding, const char *line)
{
	const char *against = word_against(line);
	char vendor[32], flags[ROOT_LINE_MAX];

	root_value(work->root, "vendor_id\t:", vendor, sizeof(vendor), "/proc/cpuinfo");
	root_value(work->root, "flags\t\t:", flags, sizeof(flags), "/proc/cpuinfo");
	if (against)
		finding_mend(
			finding,
			"take %s out of /etc/default/grub, then sudo update-grub && sudo reboot",
			against);
	else if (has_table(work->root, "DMAR") && !has_word(line, "intel_iommu=on"))
		finding_mend(finding, GRUB, "intel_iommu=on");
	else if (has_table(work->root, "DMAR") || has_table(work->root, "IVRS"))
		finding_mend(finding, "sudo dmesg | grep -e DMAR -e AMD-Vi, which tells why the "
				      "kernel does not use the IOMMU that there is");
	else if (has_word(flags, "hypervisor"))
		finding_mend(finding, "give this virtual machine a virtual IOMMU (QEMU: -device "
				      "intel-iommu,intremap=on,caching-mode=on), and its kernel "
				      "intel_iommu=on");
	else
		finding_mend(finding, "sudo systemctl reboot --firmware-setup, and switch on %s",
			     strcmp(vendor, "GenuineIntel") == 0   ? "VT-d"
			     : strcmp(vendor, "AuthenticAMD") == 0 ? "AMD-Vi (or IOMMU)"
								   : "the IOMMU");
}

static void
say_off(const struct preflight *work)
{
	struct finding *finding =
		finding_add(work->list, unsafe_severity(work), "iommu-off", "host");
	char line[ROOT_LINE_MAX];
	const char *against;

	root_read(work->root, line, sizeof(line), "/proc/cmdline");
	against = word_against(line);
	finding_what(finding, "no IOMMU translates what devices send to memory%s%s%s",
		     against ? " (the kernel was started with " : "", against ? against : "",
		     against ? ")" : "");
	finding_why(finding, "a NIC could read and overwrite all memory of this machine");
	mend_off(work, finding, line);
}

/* A made-up group of vfio's has no IOMMU behind it. */
static bool
any_group(const struct root *root)
{
	struct root_names groups;
	bool any = false;
	char name[64];

	root_list(root, &groups, "/sys/kernel/iommu_groups");
	for (unsigned i = 0; !any && i < groups.count; i++) {
		root_read(root, name, sizeof(name), "/sys/kernel/iommu_groups/%s/name",
			  groups.items[i]);
		any = strcmp(name, "vfio-noiommu") != 0;
	}
	root_names_free(&groups);
	return any;
}

/* Vfio translates for a device while it is open, whatever the group's default is; nothing does
 * before and after, nor ever for a device that stays with its kernel driver. */
static void
check_type(const struct preflight *work, const struct nic *nic)
{
	struct finding *finding;

	if (strcmp(nic->type, "identity") != 0)
		return;
	finding = finding_add_port(work->list, FINDING_WARNING, "iommu-identity", nic->port, "pci");
	finding_what(finding, "the IOMMU lets IOMMU group %u through untranslated by default",
		     nic->group);
	finding_why(finding,
		    nic->holder == PCI_SHARED
			    ? "only the NIC itself keeps its accesses to the memory given "
			      "to it"
			    : "while no program has the NIC open, it can reach all memory");
	finding_mend(finding,
		     "take iommu=pt and iommu.passthrough=1 out of /etc/default/grub, then sudo "
		     "update-grub && sudo reboot");
}

static void
check_bifurcated(const struct preflight *work, const struct nic *nic)
{
	struct finding *finding;

	if (work->translates || nic->holder != PCI_SHARED)
		return;
	finding =
		finding_add_port(work->list, FINDING_WARNING, "iommu-bifurcated", nic->port, "pci");
	finding_what(finding, "no IOMMU stands behind PCI device %s", nic->port->device);
	finding_why(finding, "only the NIC itself keeps its accesses to the memory given to it");
	finding_mend(finding,
		     "sudo systemctl reboot --firmware-setup, and switch on the IOMMU, if this "
		     "machine has one");
}

void
check_iommu(struct preflight *work)
{
	bool all_bifurcated = true;

	work->translates = any_group(work->root);
	for (unsigned i = 0; i < work->nic_count; i++) {
		all_bifurcated = all_bifurcated && work->nics[i].holder == PCI_SHARED;
		check_bifurcated(work, &work->nics[i]);
		check_type(work, &work->nics[i]);
	}
	if (!work->translates && !all_bifurcated)
		say_off(work);
}
