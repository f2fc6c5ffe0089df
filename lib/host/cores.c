/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether the workers' cores can be had, and what keeps them from being all the workers'. */
#include <stdio.h>
#include <string.h>

#include "host/checks.h"
#include "host/cpulist.h"

#include "core/banned.h"

#define CPU "/sys/devices/system/cpu"

static struct finding *
refuse(const struct preflight *work, const char *code)
{
	struct finding *finding = finding_add(work->list, FINDING_REFUSED, code, "workers");

	finding_field(finding, "workers");
	return finding;
}

static void
check_one(const struct preflight *work, unsigned index)
{
	const struct config *config = work->config;
	const cpu_set_t *usable = &work->host->cores.usable;
	struct cpulist_text there = cpulist_format(usable);
	unsigned core = config->workers[index];
	struct finding *finding;

	for (unsigned i = 0; i < index; i++) {
		if (config->workers[i] != core)
			continue;
		finding = refuse(work, "core-twice");
		finding_what(finding, "core %u stands twice", core);
		finding_why(finding, "a worker polls without a pause and needs a core of its own");
		finding_mend(finding, "name each core once; this machine has %s", there.text);
		return;
	}
	if (core < CPU_SETSIZE && CPU_ISSET(core, usable))
		return;
	if (root_has(work->root, CPU "/cpu%u", core)) {
		finding = refuse(work, "core-forbidden");
		finding_what(finding, "core %u is not one this process may run on; it may use %s",
			     core, there.text);
		finding_why(finding, "taskset, a cgroup or systemd's CPUAffinity decides that");
		finding_mend(finding, "sudo taskset -pc %u-%u $$, or name other cores", 0, core);
	} else {
		finding = refuse(work, "core-missing");
		finding_what(finding, "this machine has no core %u", core);
		finding_why(finding, "a worker polls on the core that the config gives it");
		finding_mend(finding, "lscpu -e, and name cores of %s", there.text);
	}
}

void
check_cores(struct preflight *work)
{
	if (cores_plan(work->config, &work->host->cores, &work->cores) == 0)
		return;
	work->cores.worker_count = 0;
	work->cores.control = work->host->cores.own;
	for (unsigned i = 0; i < work->config->worker_count; i++)
		check_one(work, i);
}

/* The workers' cores that stand in a list of the kernel's, or those that don't. False when the
 * kernel has no such list. */
static bool
workers_in(const struct preflight *work, const char *path, bool in, cpu_set_t *found)
{
	char text[ROOT_LINE_MAX];
	cpu_set_t listed;

	CPU_ZERO(found);
	if (root_read(work->root, text, sizeof(text), "%s", path) < 0)
		return false;
	cores_parse(text, &listed);
	for (unsigned i = 0; i < work->cores.worker_count; i++) {
		unsigned core = work->cores.workers[i];

		if (!!CPU_ISSET(core, &listed) == in)
			CPU_SET(core, found);
	}
	return true;
}

static struct finding *
warn(const struct preflight *work, const char *code)
{
	struct finding *finding = finding_add(work->list, FINDING_WARNING, code, "workers");

	finding_field(finding, "workers");
	return finding;
}

static void
mend_isolation(const struct preflight *work, struct finding *finding)
{
	struct cpulist_text list;
	cpu_set_t all;

	CPU_ZERO(&all);
	for (unsigned i = 0; i < work->cores.worker_count; i++)
		CPU_SET(work->cores.workers[i], &all);
	list = cpulist_format(&all);
	finding_mend(finding,
		     "echo 'GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX "
		     "isolcpus=managed_irq,domain,%s nohz_full=%s rcu_nocbs=%s\"' | sudo tee "
		     "/etc/default/grub.d/sluice-cores.cfg && sudo update-grub && sudo reboot",
		     list.text, list.text, list.text);
}

static void
check_isolation(const struct preflight *work)
{
	struct finding *finding;
	cpu_set_t cores;

	if (workers_in(work, CPU "/isolated", false, &cores) && CPU_COUNT(&cores) > 0) {
		finding = warn(work, "core-not-isolated");
		finding_what(finding, "the scheduler may put other programs on core %s",
			     cpulist_format(&cores).text);
		finding_why(finding, "while one runs there, the worker's rings fill up and packets "
				     "are lost");
		mend_isolation(work, finding);
	} else if (workers_in(work, CPU "/nohz_full", false, &cores) && CPU_COUNT(&cores) > 0) {
		finding = warn(work, "core-ticks");
		finding_what(finding, "the kernel's clock ticks on core %s",
			     cpulist_format(&cores).text);
		finding_why(finding, "each tick takes a worker some microseconds");
		mend_isolation(work, finding);
	}
}

static void
check_governor(const struct preflight *work)
{
	struct finding *finding;
	char text[32], first[32] = "";
	cpu_set_t slow;

	CPU_ZERO(&slow);
	for (unsigned i = 0; i < work->cores.worker_count; i++) {
		unsigned core = work->cores.workers[i];

		if (root_read(work->root, text, sizeof(text), CPU "/cpu%u/cpufreq/scaling_governor",
			      core) < 0 ||
		    strcmp(text, "performance") == 0)
			continue;
		if (!first[0])
			snprintf(first, sizeof(first), "%s", text);
		CPU_SET(core, &slow);
	}
	if (CPU_COUNT(&slow) == 0)
		return;
	finding = warn(work, "core-governor");
	finding_what(finding, "the frequency of core %s is governed by \"%s\"",
		     cpulist_format(&slow).text, first);
	finding_why(finding,
		    "a core that slows down between packets loses those of the next burst");
	finding_mend(finding, "echo performance | sudo tee "
			      "/sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_governor");
}

/* Two workers on the two threads of one core have half of it each. */
static void
check_siblings(const struct preflight *work)
{
	for (unsigned i = 0; i < work->cores.worker_count; i++) {
		unsigned core = work->cores.workers[i];
		char path[sizeof(CPU "/cpu4294967295/topology/thread_siblings_list")];
		struct finding *finding;
		cpu_set_t twins;

		snprintf(path, sizeof(path), CPU "/cpu%u/topology/thread_siblings_list", core);
		if (!workers_in(work, path, true, &twins) || CPU_COUNT(&twins) < 2)
			continue;
		/* Said once, at the first of them in the config. */
		for (unsigned j = 0; j < i; j++) {
			if (CPU_ISSET(work->cores.workers[j], &twins))
				CPU_CLR(core, &twins);
		}
		if (!CPU_ISSET(core, &twins))
			continue;
		finding = warn(work, "core-siblings");
		finding_what(finding, "workers on %s are threads of one core",
			     cpulist_format(&twins).text);
		finding_why(finding, "each gets about half of what a core does");
		finding_mend(finding, "lscpu -e=CPU,CORE, and name one CPU a core");
	}
}

void
check_tuning(struct preflight *work)
{
	/* Without a NIC nothing comes so fast that it would matter. */
	if (work->nic_count == 0)
		return;
	check_isolation(work);
	check_governor(work);
	check_siblings(work);
}
