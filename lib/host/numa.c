/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether each NIC and the workers that poll it are neighbours. */
#include "host/checks.h"
#include "host/cpulist.h"

#include "core/banned.h"

/* The cores of workers that poll the port from another node. */
static void
find_far(const struct preflight *work, const struct nic *nic, cpu_set_t *far)
{
	unsigned index = nic->port - work->config->ports, workers = work->cores.worker_count;
	unsigned queues = nic->port->queues ? nic->port->queues : workers;

	CPU_ZERO(far);
	for (unsigned queue = 0; queue < queues; queue++) {
		unsigned core = work->cores.workers[ports_worker(index, queue, workers)];
		int node = cores_node(work->root, core);

		if (node >= 0 && node != nic->node)
			CPU_SET(core, far);
	}
}

void
check_numa(struct preflight *work)
{
	for (unsigned i = 0; i < work->nic_count && work->cores.worker_count; i++) {
		const struct nic *nic = &work->nics[i];
		char list[CPULIST_TEXT_MAX];
		struct finding *finding;
		cpu_set_t far;

		if (nic->node < 0)
			continue;
		find_far(work, nic, &far);
		if (CPU_COUNT(&far) == 0)
			continue;
		finding =
			finding_add_port(work->list, FINDING_WARNING, "numa-far", nic->port, "pci");
		finding_what(finding,
			     "PCI device %s sits on NUMA node %d, and core %s, which polls "
			     "it, on another",
			     nic->port->device, nic->node, cpulist_format(&far).text);
		finding_why(finding, "every packet crosses from one node to the other and back");
		root_read(work->root, list, sizeof(list), "/sys/devices/system/node/node%d/cpulist",
			  nic->node);
		finding_mend(finding, "under `workers` name cores of node %d: %s", nic->node,
			     list[0] ? list : "see lscpu");
	}
}
