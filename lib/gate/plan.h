/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Plan: the gates of every rule, in words that a worker follows without looking at the config.
 * Immutable once made but for what the gates remember, of which each worker writes its own part.
 */
#ifndef GATE_PLAN_H
#define GATE_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "config/names.h"
#include "gate/dedup.h"
#include "gate/meter.h"
#include "stage/stage.h"

struct gate;

/* Worker. Of the packets whose bits are set, those that pass. A gate looks at them in their order
 * in the burst. */
typedef uint32_t gate_pass(const struct gate *gate, void *memory, struct burst *burst,
			   uint32_t packets);

struct gate {
	gate_pass *pass;
	uint8_t otherwise; /* see struct config_gate */
	uint8_t counted;   /* which member of struct tally_acted has those that do not pass */
	uint32_t memory;   /* where its own of a worker's memory begins */
	union {
		struct gate_rate rate;
		struct gate_dedup dedup;
		uint32_t one_in;
	};
};

struct gate_list {
	uint32_t first; /* in plan->gates */
	uint32_t step;  /* in burst->steps, of the first */
	uint8_t count;  /* 0: the rule has none */
};

struct gate_plan {
	struct gate_list *lists; /* of each rule, and of the default, which has none */
	struct gate *gates;
	uint32_t gate_count;
	size_t memory; /* of a worker */
	/* Some rate is asked by several gates: then it matters which packet asks first. */
	bool mingled;
	/* First those of the config's policers, in their order. */
	struct meter **meters;
	uint32_t meter_count, policer_count;
	const struct config_policer *policers; /* the config's */
	const struct config_rule *rules;       /* likewise */
	struct names meter_names;
	/* Those of a rule are called after it, and behind the first "RULE#2" and so on. */
	struct dedup **dedups;
	uint64_t *windows; /* of each, ns */
	uint32_t dedup_count;
	struct names dedup_names;
};

/* What lets each Nth packet through has a count-down in the worker's memory, which is zeroed: how
 * many are left until the next passes. */
gate_pass sample_pass, sample_flow_pass;

/* What is told of policers and dedups. */
extern const struct stage_section gate_sections[];

/* NULL in *out where no rule has gates. 0, or -ENOMEM. */
int gate_plan_make(const struct stage_env *env, struct gate_plan **out);
void gate_plan_free(struct gate_plan *plan);

#endif
