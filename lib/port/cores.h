/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Cores: which CPU each worker polls on, what is left for the control threads, and where they lie.
 */
#ifndef PORT_CORES_H
#define PORT_CORES_H

#include <sched.h>
#include <stdint.h>

#include "config/config.h"
#include "core/root.h"

/* The cores there are for this process. */
struct cores {
	cpu_set_t own;    /* that it runs on unless told otherwise (its affinity) */
	cpu_set_t usable; /* these, and isolated ones: nothing is put there without being told */
};

struct core_plan {
	uint16_t workers[CONFIG_WORKERS_MAX];
	unsigned worker_count;
	/* Every core of its own without a worker, or all of these when there is none left. */
	cpu_set_t control;
};

/* Negative errno when the kernel does not say. Sets the calling thread's affinity and sets it
 * back. */
int cores_read(struct cores *cores);

/* Gives each worker the core that the config names, or without any in the config one worker the
 * highest usable one. -EINVAL when a core may not be had or is named twice; preflight says which
 * and why. */
int cores_plan(const struct config *config, const struct cores *cores, struct core_plan *plan);

/* The NUMA node of a core; -1 when this machine does not tell. */
int cores_node(const struct root *root, unsigned core);

/* Reads a list of cores as the kernel writes it, "0-3,8". What can't be read or is beyond
 * CPU_SETSIZE is left out: some kernels write "(null)" for none. */
void cores_parse(const char *text, cpu_set_t *set);

/* The node that all cores of the set lie on; -1 when there are several. */
int cores_set_node(const struct root *root, const cpu_set_t *set);

#endif
