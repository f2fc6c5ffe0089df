/* SPDX-License-Identifier: BSD-3-Clause */
#include "port/cores.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/banned.h"

void
cores_parse(const char *text, cpu_set_t *set)
{
	CPU_ZERO(set);
	while (isdigit((unsigned char)*text)) {
		char *end;
		unsigned long first = strtoul(text, &end, 10), last = first;

		if (*end == '-' && isdigit((unsigned char)end[1]))
			last = strtoul(end + 1, &end, 10);
		for (unsigned long core = first; core <= last && core < CPU_SETSIZE; core++)
			CPU_SET(core, set);
		if (*end != ',')
			return;
		text = end + 1;
	}
}

/* A kernel started with isolcpus gives no process those cores, but takes them when they are asked
 * for, as far as the cgroup has them. */
int
cores_read(struct cores *cores)
{
	static const struct root machine = {""};
	char text[ROOT_LINE_MAX];
	cpu_set_t isolated;
	int ret = 0;

	if (sched_getaffinity(0, sizeof(cores->own), &cores->own) < 0)
		return -errno;
	cores->usable = cores->own;
	root_read(&machine, text, sizeof(text), "/sys/devices/system/cpu/isolated");
	cores_parse(text, &isolated);
	if (CPU_COUNT(&isolated) == 0)
		return 0;
	CPU_OR(&isolated, &isolated, &cores->own);
	if (sched_setaffinity(0, sizeof(isolated), &isolated) < 0)
		return 0;
	if (sched_getaffinity(0, sizeof(cores->usable), &cores->usable) < 0)
		ret = -errno;
	if (sched_setaffinity(0, sizeof(cores->own), &cores->own) < 0)
		ret = -errno;
	return ret;
}

static bool
stands_before(const struct config *config, unsigned index)
{
	for (unsigned i = 0; i < index; i++) {
		if (config->workers[i] == config->workers[index])
			return true;
	}
	return false;
}

int
cores_plan(const struct config *config, const struct cores *cores, struct core_plan *plan)
{
	*plan = (struct core_plan){0};
	for (unsigned i = 0; i < config->worker_count; i++) {
		uint16_t core = config->workers[i];

		if (core >= CPU_SETSIZE || !CPU_ISSET(core, &cores->usable) ||
		    stands_before(config, i))
			return -EINVAL;
		plan->workers[plan->worker_count++] = core;
	}
	for (int core = CPU_SETSIZE - 1; plan->worker_count == 0 && core >= 0; core--) {
		if (CPU_ISSET(core, &cores->usable))
			plan->workers[plan->worker_count++] = core;
	}
	plan->control = cores->own;
	for (unsigned i = 0; i < plan->worker_count; i++)
		CPU_CLR(plan->workers[i], &plan->control);
	if (CPU_COUNT(&plan->control) == 0)
		plan->control = cores->own;
	return 0;
}

int
cores_node(const struct root *root, unsigned core)
{
	struct root_names names;
	int node = -1;

	root_list(root, &names, "/sys/devices/system/cpu/cpu%u", core);
	for (unsigned i = 0; node < 0 && i < names.count; i++) {
		if (sscanf(names.items[i], "node%d", &node) != 1)
			node = -1;
	}
	root_names_free(&names);
	return node;
}

int
cores_set_node(const struct root *root, const cpu_set_t *set)
{
	int node = -1;

	for (unsigned core = 0; core < CPU_SETSIZE; core++) {
		int one;

		if (!CPU_ISSET(core, set))
			continue;
		one = cores_node(root, core);
		if (node >= 0 && one != node)
			return -1;
		node = one;
	}
	return node;
}
