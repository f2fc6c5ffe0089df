/* SPDX-License-Identifier: BSD-3-Clause */
#include "engine/run.h"

#include "exit/exit.h"

#include "core/banned.h"

void
run_strange(struct burst *burst)
{
	exit_drop(burst, burst->packets, burst->count, DROP_REMOVED);
}

void
run_seen(struct look_set *looks, const struct program_local *local, struct burst *burst,
	 uint16_t slot)
{
	burst->sight = look_open(looks, burst, slot, local->config);
	program_run(local, burst);
	if (burst->sight)
		look_close(looks, burst);
}
