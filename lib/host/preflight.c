/* SPDX-License-Identifier: BSD-3-Clause */
#include "host/preflight.h"

#include <errno.h>
#include <stdlib.h>

#include "host/checks.h"

#include "core/banned.h"

/* In the order in which one would mend: what has no sense before the line above it holds stands
 * below. */
static void (*const checks[])(struct preflight *work) = {
	check_run_dir,    /* there, or to be made, and this user's */
	check_reach,      /* the directories of `allow` are there */
	check_captures,   /* their directories can be written */
	check_drivers,    /* DPDK's, for each port, and what they are told */
	check_cores,      /* workers' cores exist and may be used */
	check_interfaces, /* af-xdp: there, up, enough queues */
	check_rights,     /* capabilities for what is the kernel's */
	check_iommu,      /* present, and translating */
	check_nics,       /* PCI devices: there, and with vfio */
	check_groups,     /* nothing in their IOMMU groups that the kernel uses */
	check_unsafe,     /* vfio's own ways round the IOMMU are off */
	check_vfio,       /* this user may open what vfio gives */
	check_busy,       /* no other process has a queue or a card */
	check_hugepages,  /* enough, by size and NUMA node */
	check_memlock,    /* as much may be pinned as will be */
	check_entries,    /* as many mappings may be made as will be */
	check_numa,       /* ports and the workers that poll them are neighbours */
	check_tuning,     /* cores: isolated, without ticks, at full speed, not shared */
	check_load,       /* nothing else runs there */
	check_flat,       /* whether ports take what edits make of shared packets */
};

enum finding_severity
unsafe_severity(const struct preflight *work)
{
	return work->options->unsafe_no_iommu ? FINDING_WARNING : FINDING_REFUSED;
}

bool
uses_vfio(const struct preflight *work)
{
	for (unsigned i = 0; i < work->nic_count; i++) {
		const struct nic *nic = &work->nics[i];

		/* One that is not bound yet will be. */
		if (nic->holder != PCI_MISSING && nic->holder != PCI_SHARED && !nic->no_iommu)
			return true;
	}
	return false;
}

int
preflight(const struct config *config, const struct host *host,
	  const struct preflight_options *options, struct finding_list *list)
{
	struct preflight *work = calloc(1, sizeof(*work));

	if (!work)
		return -ENOMEM;
	work->config = config;
	work->host = host;
	work->root = &host->root;
	work->options = options;
	work->list = list;
	for (unsigned i = 0; i < config->port_count; i++) {
		if (config->ports[i].kind == CONFIG_PORT_PCI)
			nic_read(&host->root, &config->ports[i], &work->nics[work->nic_count++]);
	}
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		checks[i](work);
	free(work);
	if (list->no_memory)
		return -ENOMEM;
	return finding_list_has(list, FINDING_REFUSED) ? -EPERM : 0;
}
