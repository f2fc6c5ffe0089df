/* SPDX-License-Identifier: BSD-3-Clause */
#include <rte_mbuf.h>

#include "exit/exit.h"
#include "stage/stage.h"

#include "core/banned.h"

extern const struct stage joint_stage;

/* Takes the first packet of each burst of several, where the config has the key; elsewhere there is no such step. */
static int
joint_compile(const struct stage_env *env, void **state, struct error_list *errors)
{
	if (env->config->joint)
		*state = (void *)(uintptr_t)&joint_stage;
	return 0;
}

static void
joint_run(const void *state, void *local, struct burst *burst)
{
	if (burst->count < 2)
		return;
	burst->bytes -= rte_pktmbuf_pkt_len(burst->packets[0]);
	burst->tally->copies[COPY_JOINT].packets++;
	burst->in->joint++;
	burst->rules[0].joint++;
	exit_drop(burst, burst->packets, 1, DROP_JOINT);
	burst->count--;
	for (unsigned i = 0; i < burst->count; i++) {
		burst->packets[i] = burst->packets[i + 1];
		if (!burst->uniform)
			burst->verdicts[i] = burst->verdicts[i + 1];
	}
}

static void
joint_release(void *state)
{
}

const struct stage joint_stage = {
	.name = "joint",
	.compile = joint_compile,
	.run = joint_run,
	.release = joint_release,
};
