/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Others: the targets of a config that are neither ports nor groups, each with a number. One whose
 * kind marks what some rules give it has a second number for what these give. Immutable once made.
 */
#ifndef FORWARD_OTHERS_H
#define FORWARD_OTHERS_H

#include "exit/outbox.h"
#include "stage/target.h"

#define FORWARD_OTHERS_MAX 125 /* what is left of a byte, see plan.h */

struct forward_other {
	const struct target *kind;
	const void *state; /* the program's, of all of the kind */
	unsigned index;
	unsigned parcel; /* the number under which it is gathered: its first */
	bool marks;      /* this number is that of marked packets */
};

struct forward_others {
	struct forward_other *items; /* a kind's stand together, in the config's order */
	unsigned count;
};

/* What one is given of a burst. */
struct other_parcel {
	struct parcel parcel;
	uint8_t from[BURST_MAX]; /* which of the burst's each was */
	uint32_t marked;         /* bits of packets */
};

/* Numbers those of the config. 0, or -errno and findings, with nothing left behind. */
int forward_others_make(struct forward_others *others, const struct stage_env *env,
			struct error_list *errors);
void forward_others_free(struct forward_others *others);

/* The number of a target that is one of them, for what a rule gives it (rule_count: the default);
 * and the first one, for whoever asks of no rule. */
unsigned forward_others_find(const struct forward_others *others, const struct config *config,
			     uint32_t rule, const struct config_target *target);
unsigned forward_others_first(const struct forward_others *others,
			      const struct config_target *target);

/* Hands over what is in a parcel. Worker. */
void forward_others_give(const struct forward_other *other, struct other_parcel *parcel,
			 struct burst *burst);

#endif
