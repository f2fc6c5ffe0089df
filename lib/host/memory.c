/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory that the config needs: hugepages, how much of it may be pinned, and in how many pieces. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/checks.h"

#include "core/banned.h"

#define MIB (1024ull * 1024)
#define CAP_IPC_LOCK_BIT 14 /* capabilities(7), linux/capability.h */

static uint64_t
round_up(uint64_t bytes, uint64_t unit)
{
	return (bytes + unit - 1) / unit;
}

static unsigned
count_nodes(const struct memory_plan *plan)
{
	unsigned count = 0;

	for (unsigned i = 0; i < MEMORY_NODES_MAX; i++)
		count += plan->nodes[i].exists;
	return count;
}

/* The command that reserves what is missing; node is -1 on a machine with a single one. */
static void
mend_hugepages(const struct preflight *work, struct finding *finding, int node, uint64_t missing,
	       uint64_t page, const char *otherwise)
{
	char path[128];
	uint64_t pages = 0;

	if (node < 0)
		snprintf(path, sizeof(path), "/sys/kernel/mm/hugepages");
	else
		snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/hugepages", node);
	root_number(work->root, &pages, "%s/hugepages-%" PRIu64 "kB/nr_hugepages", path,
		    page / 1024);
	pages += round_up(missing, page);
	finding_mend(finding,
		     "echo %" PRIu64 " | sudo tee %s/hugepages-%" PRIu64 "kB/nr_hugepages, or %s",
		     pages, path, page / 1024, otherwise);
}

static void
say_short(const struct preflight *work, unsigned number, uint64_t wanted)
{
	const struct memory_plan *plan = &work->memory;
	const struct memory_node *node = &plan->nodes[number];
	bool many = count_nodes(plan) > 1;
	struct finding *finding =
		finding_add(work->list, FINDING_REFUSED, "hugepages-few", "memory");
	char where[32] = "";

	if (many)
		snprintf(where, sizeof(where), " on NUMA node %u", number);
	finding_field(finding, "memory.hugepages");
	finding_what(finding,
		     "%" PRIu64 " MiB of hugepages are needed%s and %" PRIu64 " MiB are free",
		     round_up(wanted, MIB), where, (uint64_t)(node->free_bytes / MIB));
	finding_why(finding, "packets lie in them, where a device finds them at one address for "
			     "as long as it runs");
	mend_hugepages(work, finding, many ? (int)number : -1, wanted - node->free_bytes,
		       node->exists ? node->page_bytes : 2 * MIB, "lower memory.packets");
}

/* What belongs to no pool goes where there is room; the node of the control threads has to make
 * some when there is none at all. */
static void
check_nodes(const struct preflight *work)
{
	const struct memory_plan *plan = &work->memory;
	uint64_t rest = plan->needed_bytes;
	bool said = false;

	for (unsigned i = 0; i < MEMORY_NODES_MAX; i++)
		rest -= plan->nodes[i].pool_bytes;
	if (plan->free_bytes >= plan->needed_bytes)
		rest = 0;
	for (unsigned i = 0; i < MEMORY_NODES_MAX; i++) {
		uint64_t wanted = plan->nodes[i].pool_bytes + (i == plan->main_node ? rest : 0);

		if (wanted <= plan->nodes[i].free_bytes)
			continue;
		say_short(work, i, wanted);
		said = true;
	}
	/* Each node has room by itself, but not all at once: other programs were promised pages,
	 * and it is not known where. */
	if (!said)
		say_short(work, plan->main_node,
			  plan->nodes[plan->main_node].free_bytes + plan->needed_bytes -
				  plan->free_bytes);
}

static void
say_slower(const struct preflight *work)
{
	const struct memory_plan *plan = &work->memory;
	struct finding *finding =
		finding_add(work->list, FINDING_NOTE, "hugepages-slower", "memory");
	uint64_t missing = plan->needed_bytes > plan->free_bytes
				   ? plan->needed_bytes - plan->free_bytes
				   : plan->page_bytes;

	finding_field(finding, "memory.hugepages");
	finding_what(finding,
		     "ordinary pages are used: hugepages would take %" PRIu64 " MiB and %" PRIu64
		     " MiB are free",
		     round_up(plan->needed_bytes, MIB), (uint64_t)(plan->free_bytes / MIB));
	finding_why(finding, "ordinary pages are slower");
	mend_hugepages(work, finding, -1, missing, plan->page_bytes,
		       "say `hugepages: false`, or --hugepages false to `sluiced replay`");
}

static void
say_unasked(const struct preflight *work)
{
	struct finding *finding =
		finding_add(work->list, FINDING_REFUSED, "hugepages-off", "memory");

	finding_field(finding, "memory.hugepages");
	finding_what(finding, "a pci port needs hugepages, and the config says `hugepages: false`");
	finding_why(finding, "ordinary pages may move while a device writes to them");
	finding_mend(finding, "say `hugepages: auto` or `true`");
}

void
check_hugepages(struct preflight *work)
{
	int node = cores_set_node(work->root, &work->cores.control);

	switch (memory_plan(work->config, PORT_LIVE, work->root, node, &work->memory)) {
	case MEMORY_FITS:
		break;
	case MEMORY_SLOWER:
		say_slower(work);
		break;
	case MEMORY_UNASKED:
		say_unasked(work);
		break;
	case MEMORY_SHORT:
		check_nodes(work);
		break;
	}
}

/* Bytes this process may lock, once it has raised its limit as far as it may. */
static uint64_t
may_pin(const struct root *root)
{
	unsigned long long effective, hard;
	char text[128], *at;

	if (root_value(root, "CapEff:", text, sizeof(text), "/proc/self/status") == 0) {
		effective = strtoull(text, NULL, 16);
		if (effective >> CAP_IPC_LOCK_BIT & 1)
			return UINT64_MAX;
	}
	if (root_value(root, "Max locked memory", text, sizeof(text), "/proc/self/limits") < 0)
		return UINT64_MAX;
	at = strchr(text, ' ');
	if (!at)
		return UINT64_MAX;
	at += strspn(at, " ");
	if (strncmp(at, "unlimited", strlen("unlimited")) == 0)
		return UINT64_MAX;
	hard = strtoull(at, NULL, 10);
	return hard;
}

void
check_memlock(struct preflight *work)
{
	uint64_t needed = uses_vfio(work) ? work->memory.needed_bytes : 0;
	uint64_t limit = may_pin(work->root);
	struct finding *finding;

	/* The kernel keeps two accounts, one of vfio's and one of AF_XDP's. */
	if (needed < work->xdp_bytes)
		needed = work->xdp_bytes;
	if (needed <= limit)
		return;
	finding = finding_add(work->list, FINDING_REFUSED, "memlock-low", "memory");
	finding_what(finding,
		     "%" PRIu64 " MiB are to be pinned for devices, and user %s may lock %" PRIu64
		     " KiB (RLIMIT_MEMLOCK)",
		     round_up(needed, MIB), work->host->user, (uint64_t)(limit / 1024));
	finding_why(finding, "the kernel maps no memory for a device beyond that");
	finding_mend(finding, "sudo prlimit --pid $$ --memlock=unlimited (in a systemd unit: "
			      "LimitMEMLOCK=infinity)");
}

void
check_entries(struct preflight *work)
{
	static const char path[] = "/sys/module/vfio_iommu_type1/parameters/dma_entry_limit";
	const struct memory_plan *plan = &work->memory;
	struct finding *finding;
	uint64_t limit, entries;

	/* DPDK maps page by page, so that it can give back page by page. */
	if (!uses_vfio(work) || root_number(work->root, &limit, "%s", path) < 0)
		return;
	entries = round_up(plan->needed_bytes, plan->page_bytes);
	if (entries <= limit)
		return;
	finding = finding_add(work->list, FINDING_REFUSED, "dma-entries", "memory");
	finding_what(finding,
		     "%" PRIu64 " pages of %" PRIu64 " KiB are to be mapped for devices, and vfio "
		     "allows %" PRIu64 " mappings",
		     entries, (uint64_t)(plan->page_bytes / 1024), limit);
	finding_why(finding, "what is not mapped no device can use");
	finding_mend(finding, "echo %" PRIu64 " | sudo tee %s, or reserve larger hugepages",
		     entries * 2, path);
}
