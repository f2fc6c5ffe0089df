/* SPDX-License-Identifier: BSD-3-Clause */
#include <rte_mbuf.h>
#include <stdlib.h>

#include "exit/exit.h"
#include "stage/target.h"

#include "core/banned.h"

extern const struct target joint_target;

/* Of the first three packets of a burst one is done with, one is held and done with later, by somebody else, and one is
 * dropped, as is every third behind them. What is counted goes on over applies. */
struct hole {
	uint64_t ended, held;
	struct target_done_port ports[CONFIG_PORTS_MAX];
};

struct holes {
	const struct config *config;
	uint64_t programs;
	struct hole *hole; /* of the last program to have it */
	bool owns;
};

struct hole_told {
	uint64_t ended, held, programs;
};

static int
joint_target_compile(const struct stage_env *env, void **state, struct error_list *errors)
{
	struct holes *before = (struct holes *)env->before, *holes = calloc(1, sizeof(*holes));

	holes->config = env->config;
	holes->programs = before ? before->programs + 1 : 1;
	holes->hole = before ? before->hole : calloc(1, sizeof(*holes->hole));
	holes->owns = true;
	if (before && env->use == STAGE_LIVE)
		before->owns = false;
	else
		holes->owns = !before;
	*state = holes;
	return 0;
}

static void
joint_target_release(void *state)
{
	struct holes *holes = state;

	if (holes->owns)
		free(holes->hole);
	free(holes);
}

static void
joint_take(const void *state, unsigned index, struct burst *burst, struct rte_mbuf **packets,
	   const uint8_t *from, uint16_t count, uint32_t marked)
{
	const struct config_target target = {CONFIG_TARGET_JOINT, index};
	struct hole *hole = ((const struct holes *)state)->hole;
	struct target_done_port *done = &hole->ports[burst->in - burst->tally->ports];

	burst->in->joint += count;
	for (uint16_t i = 0; i < count; i++) {
		if (i % 3 == 0) {
			exit_end(burst, target, &packets[i], 1);
			hole->ended++;
		} else if (i % 3 == 1) {
			exit_hold(burst, target, &packets[i], 1);
			rte_pktmbuf_free(packets[i]);
			hole->held++;
			__atomic_add_fetch(&done->out, 1, __ATOMIC_RELAXED);
		} else {
			exit_drop(burst, &packets[i], 1, DROP_JOINT);
		}
	}
}

static void
joint_done(const void *state, struct target_done *sum)
{
	const struct hole *hole = ((const struct holes *)state)->hole;

	for (unsigned i = 0; i < CONFIG_PORTS_MAX; i++)
		sum->ports[i].out += hole->ports[i].out;
}

static unsigned
joint_count(const void *state)
{
	return ((const struct holes *)state)->config->joint_count;
}

static const char *
joint_thing(const void *state, unsigned index)
{
	return ((const struct holes *)state)->config->joints[index].name;
}

static void
joint_look(const void *state, unsigned index, void *numbers)
{
	const struct holes *holes = state;
	struct hole_told *told = numbers;

	*told = (struct hole_told){holes->hole->ended, holes->hole->held, holes->programs};
}

static const struct counter joint_counts[] = {
	COUNTER(struct hole_told, NUMBER, "ended", ended, APART),
	COUNTER(struct hole_told, NUMBER, "held", held, APART),
	COUNTER(struct hole_told, NUMBER, "programs", programs, APART),
	{0},
};

static const struct stage_section joint_sections[] = {
	{"joints", joint_counts, sizeof(struct hole_told), joint_count, joint_thing, joint_look},
	{0},
};

const struct target joint_target = {
	.kind = CONFIG_TARGET_JOINT,
	.compile = joint_target_compile,
	.release = joint_target_release,
	.take = joint_take,
	.sections = joint_sections,
	.done = joint_done,
};
