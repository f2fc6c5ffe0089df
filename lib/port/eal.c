/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <pthread.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_vect.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/log.h"
#include "port/cores.h"
#include "port/eal_log.h"
#include "port/memory.h"
#include "port/pci.h"
#include "port/ports.h"

#include "core/banned.h"

#define SIMD_BITS 512
#define ARGUMENTS_MAX (CONFIG_PORTS_MAX * 2 + 64)
#define CORES_TEXT_MAX 8192
#define REASON_MAX 512

struct arguments {
	char *items[ARGUMENTS_MAX + 1];
	unsigned count;
	bool failed;
};

static bool started;

static void
argument_add(struct arguments *arguments, const char *text)
{
	char **item = &arguments->items[arguments->count];

	if (arguments->count < ARGUMENTS_MAX)
		*item = strdup(text);
	/* arguments_free frees it, which the analyzer loses sight of. */
	if (*item) // NOLINT(clang-analyzer-unix.Malloc)
		arguments->count++;
	else
		arguments->failed = true;
}

static void
argument_add_pair(struct arguments *arguments, const char *option, const char *value)
{
	argument_add(arguments, option);
	argument_add(arguments, value);
}

static void
arguments_free(struct arguments *arguments)
{
	for (unsigned i = 0; i < arguments->count; i++)
		free(arguments->items[i]);
}

/* "0@(0,2,3),1@1": main lcore 0 floats over the control cores, worker i is lcore i + 1. */
static void
add_cores(struct arguments *arguments, const struct core_plan *plan)
{
	char text[CORES_TEXT_MAX];
	size_t used = snprintf(text, sizeof(text), "0@(");
	bool first = true;

	for (unsigned core = 0; core < CPU_SETSIZE; core++) {
		if (!CPU_ISSET(core, &plan->control))
			continue;
		used += snprintf(text + used, sizeof(text) - used, first ? "%u" : ",%u", core);
		first = false;
	}
	used += snprintf(text + used, sizeof(text) - used, ")");
	for (unsigned i = 0; i < plan->worker_count; i++)
		used += snprintf(text + used, sizeof(text) - used, ",%u@%u", i + 1,
				 plan->workers[i]);
	argument_add_pair(arguments, "--lcores", text);
}

static void
add_devices(struct arguments *arguments, const struct config *config, enum port_mode mode)
{
	bool any = false;

	for (unsigned i = 0; mode == PORT_LIVE && i < config->port_count; i++) {
		if (config->ports[i].kind != CONFIG_PORT_PCI)
			continue;
		argument_add_pair(arguments, "-a", config->ports[i].device);
		any = true;
	}
	if (!any)
		argument_add(arguments, "--no-pci");
}

static void
add_memory(struct arguments *arguments, const struct memory_plan *memory, bool unsafe)
{
	char megabytes[16];

	if (memory->hugepages) {
		argument_add(arguments, "--in-memory");
	} else {
		/* DPDK 22.11 refuses --in-memory without hugepages; this leaves no files either. */
		argument_add(arguments, "--no-shconf");
		argument_add(arguments, "--no-huge");
		snprintf(megabytes, sizeof(megabytes), "%u", memory->megabytes);
		argument_add_pair(arguments, "-m", megabytes);
	}
	/* Left to itself DPDK takes physical addresses where it finds no IOMMU, and says nothing: a
	 * device could then reach all memory. Told so, it refuses such devices. */
	if (!unsafe)
		argument_add_pair(arguments, "--iova-mode", "va");
}

/* DPDK loads nothing from below a directory in which everyone could put another file in its place,
 * and does not say so. */
static int
check_plugin_path(const char *plugin, char *path)
{
	struct stat stat_of;
	char *slash;

	while ((slash = strrchr(path, '/')) && slash != path) {
		*slash = '\0';
		if (stat(path, &stat_of) < 0)
			return log_fail(errno, "driver plugin %s: %s", plugin, path);
		if (stat_of.st_mode & S_IWOTH) {
			log_error("driver plugin %s: DPDK loads no driver from below %s, which "
				  "everyone may write to; move it",
				  plugin, path);
			return -EPERM;
		}
	}
	return 0;
}

static int
check_plugins(const char *const *plugins, unsigned count)
{
	int ret = 0;

	for (unsigned i = 0; ret == 0 && i < count; i++) {
		char *path = access(plugins[i], R_OK) < 0 ? NULL : realpath(plugins[i], NULL);

		if (!path)
			return log_fail(errno, "driver plugin %s can't be read", plugins[i]);
		ret = check_plugin_path(plugins[i], path);
		free(path);
	}
	return ret;
}

static int
name_thread(void *argument)
{
	char name[16];

	snprintf(name, sizeof(name), "pmd-%u", *(const uint16_t *)argument);
	return pthread_setname_np(pthread_self(), name);
}

/* "pmd-" is what tuned's cpu-partitioning profile spares. */
static void
name_threads(const struct core_plan *plan)
{
	for (unsigned i = 0; i < plan->worker_count; i++) {
		rte_eal_remote_launch(name_thread, (void *)(uintptr_t)&plan->workers[i], i + 1);
		rte_eal_wait_lcore(i + 1);
	}
}

static int
start(struct arguments *arguments)
{
	/* getopt inside rte_eal_init permutes its array: the originals are freed from ours. */
	char *items[ARGUMENTS_MAX + 1];
	int ret;

	if (arguments->failed)
		return log_fail(ENOMEM, "DPDK's arguments");
	memcpy(items, arguments->items, sizeof(items));
	for (unsigned i = 0; i < arguments->count; i++)
		log_debug("dpdk: argument %s", items[i]);
	ret = eal_log_open();
	if (ret < 0)
		return ret;
	eal_log_hold(true);
	ret = rte_eal_init(arguments->count, items);
	eal_log_hold(false);
	if (ret >= 0)
		return 0;
	ret = rte_errno ? rte_errno : EIO;
	log_error("DPDK does not start: %s; `--log-level debug` shows all it says",
		  eal_log_reason()[0] ? eal_log_reason() : rte_strerror(ret));
	eal_log_close();
	return -ret;
}

static int
plan_cores(const struct config *config, enum port_mode mode, struct core_plan *plan)
{
	struct config one = *config;
	struct cores cores;
	int ret;

	/* Offline everything runs in the main thread: cores of another machine are no matter. */
	if (mode == PORT_OFFLINE)
		one.worker_count = 0;
	ret = cores_read(&cores);
	if (ret < 0)
		return log_fail(ret, "the cores of this process can't be read");
	ret = cores_plan(&one, &cores, plan);
	if (ret < 0)
		log_error("workers: a core can't be had; `sluiced check` says which and why");
	return ret;
}

/* The last line: preflight has said all this before, with what would mend it. */
static int
plan_memory(const struct config *config, enum port_mode mode, const struct core_plan *cores,
	    struct memory_plan *plan)
{
	static const struct root machine = {""};
	int node = cores_set_node(&machine, &cores->control);

	switch (memory_plan(config, mode, &machine, node, plan)) {
	case MEMORY_FITS:
	case MEMORY_SLOWER:
		return 0;
	case MEMORY_UNASKED:
	case MEMORY_SHORT:
		break;
	}
	log_error("memory: the hugepages that this config needs are not there; `sluiced check` "
		  "says how to reserve them");
	return -ENOMEM;
}

static int
check_pci(const struct config *config, enum port_mode mode)
{
	char reason[REASON_MAX];
	int ret = 0;

	for (unsigned i = 0; mode == PORT_LIVE && i < config->port_count; i++) {
		const struct config_port *port = &config->ports[i];

		if (port->kind != CONFIG_PORT_PCI ||
		    !pci_refused(port->device, reason, sizeof(reason)))
			continue;
		log_error("port %s: %s", port->name, reason);
		ret = -ENODEV;
	}
	return ret;
}

int
ports_start_eal(const struct config *config, enum port_mode mode, const struct eal_options *options,
		uint16_t cores[CONFIG_WORKERS_MAX])
{
	static const struct eal_options none;
	struct arguments arguments = {0};
	struct memory_plan memory = {0};
	struct core_plan plan;
	int ret;

	if (!options)
		options = &none;
	if (started) {
		log_error("DPDK was started before in this process; it starts once only");
		return -EALREADY;
	}
	ret = plan_cores(config, mode, &plan);
	if (ret == 0)
		ret = plan_memory(config, mode, &plan, &memory);
	if (ret == 0)
		ret = check_pci(config, mode);
	if (ret == 0)
		ret = check_plugins(options->plugins, options->plugin_count);
	if (ret < 0)
		return ret;

	argument_add(&arguments, "sluiced");
	argument_add(&arguments, "--no-telemetry");
	add_cores(&arguments, &plan);
	add_devices(&arguments, config, mode);
	add_memory(&arguments, &memory, options->unsafe_no_iommu);
	for (unsigned i = 0; i < options->plugin_count; i++)
		argument_add_pair(&arguments, "-d", options->plugins[i]);
	if (log_get_level() == LOG_LEVEL_DEBUG)
		argument_add_pair(&arguments, "--log-level", "*:debug");
	ret = start(&arguments);
	arguments_free(&arguments);
	if (ret < 0)
		return ret;

	started = true;
	rte_vect_set_max_simd_bitwidth(SIMD_BITS);
	name_threads(&plan);
	for (unsigned i = 0; i < plan.worker_count; i++)
		cores[i] = plan.workers[i];
	return plan.worker_count;
}

void
ports_stop_eal(void)
{
	if (!started)
		return;
	rte_eal_cleanup();
	eal_log_close();
}
