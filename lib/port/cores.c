/* SPDX-License-Identifier: BSD-3-Clause */
#include "port/cores.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "core/banned.h"

#define SET_TEXT_MAX 256

/* "0-3,8" */
static void
set_text(const cpu_set_t *set, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (int first = 0; first < CPU_SETSIZE && used < size; first++) {
		int last = first;

		if (!CPU_ISSET(first, set))
			continue;
		while (last + 1 < CPU_SETSIZE && CPU_ISSET(last + 1, set))
			last++;
		used += snprintf(text + used, size - used, used ? ",%d" : "%d", first);
		if (last > first && used < size)
			used += snprintf(text + used, size - used, "-%d", last);
		first = last;
	}
}

static bool
core_exists(unsigned core)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u", core);
	return access(path, F_OK) == 0;
}

static void
check_core(unsigned core, const cpu_set_t *allowed, struct error_list *errors)
{
	char text[SET_TEXT_MAX];

	if (core < CPU_SETSIZE && CPU_ISSET(core, allowed))
		return;
	set_text(allowed, text, sizeof(text));
	if (core_exists(core))
		error_add(errors, 0, 0, "workers",
			  "workers: core %u is not one this process may run on; it may use %s "
			  "(taskset, a cgroup or systemd's CPUAffinity decides that)",
			  core, text);
	else
		error_add(errors, 0, 0, "workers",
			  "workers: this machine has no core %u; there are %s", core, text);
}

int
cores_plan(const struct config *config, struct core_plan *plan, struct error_list *errors)
{
	unsigned before = errors->count;
	cpu_set_t allowed;

	*plan = (struct core_plan){0};
	if (sched_getaffinity(0, sizeof(allowed), &allowed) < 0) {
		error_add(errors, 0, 0, "workers", "the cores of this process can't be read: %m");
		return -EINVAL;
	}
	for (unsigned i = 0; i < config->worker_count; i++) {
		uint16_t core = config->workers[i];

		check_core(core, &allowed, errors);
		for (unsigned j = 0; j < i; j++) {
			if (config->workers[j] == core) {
				error_add(errors, 0, 0, "workers",
					  "workers: core %u stands twice; a worker needs one of "
					  "its own",
					  core);
				break;
			}
		}
		plan->workers[plan->worker_count++] = core;
	}
	if (errors->count > before)
		return -EINVAL;

	for (int core = CPU_SETSIZE - 1; plan->worker_count == 0 && core >= 0; core--) {
		if (CPU_ISSET(core, &allowed))
			plan->workers[plan->worker_count++] = core;
	}
	plan->control = allowed;
	for (unsigned i = 0; i < plan->worker_count; i++)
		CPU_CLR(plan->workers[i], &plan->control);
	if (CPU_COUNT(&plan->control) == 0)
		plan->control = allowed;
	return 0;
}
