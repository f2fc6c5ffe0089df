/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Cores: which CPU each worker polls on, and what is left for the control threads.
 */
#ifndef PORT_CORES_H
#define PORT_CORES_H

#include <sched.h>
#include <stdint.h>

#include "config/config.h"

struct core_plan {
	uint16_t workers[CONFIG_WORKERS_MAX];
	unsigned worker_count;
	cpu_set_t control; /* every allowed core without a worker, or all when there is none left */
};

/* Checks the config's cores against those this process may run on; without any in the config the
 * highest allowed one is taken. Findings go to errors, with the config's words. */
int cores_plan(const struct config *config, struct core_plan *plan, struct error_list *errors);

#endif
