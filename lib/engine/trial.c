/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>

#include "engine/engine.h"
#include "engine/program.h"

#include "core/banned.h"

/* Enough for the EAL to begin with: there are no pools. */
#define TRIAL_PACKETS 1023

int
engine_try(struct config *config, struct error_list *errors)
{
	uint16_t cores[CONFIG_WORKERS_MAX];
	struct config small = *config;
	struct program *program;
	int ret;

	/* Rules alone: what the rest takes of memory is not taken here, and hugepages are
	 * others'. */
	small.hugepages = CONFIG_HUGEPAGES_FALSE;
	small.packets = TRIAL_PACKETS;
	small.replay_count = 0;
	ret = ports_start_eal(&small, PORT_OFFLINE, NULL, cores);
	if (ret < 0)
		return -EAGAIN;
	ret = program_make(config, &(struct program_setting){.workers = 1}, &program, errors);
	if (ret == 0) {
		program->config = NULL;
		program_free(program);
	}
	/* The EAL stays until the process ends: what DPDK is asked afterwards it would read from
	 * memory that is gone. */
	return ret < 0 ? -EINVAL : 0;
}
