/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Others: the targets of a config that are neither ports nor groups, each with a number. Immutable
 * once made.
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
};

struct forward_others {
	struct forward_other *items; /* a kind's stand together, in the config's order */
	unsigned count;
};

/* Numbers those of the config. 0, or -errno and findings, with nothing left behind. */
int forward_others_make(struct forward_others *others, const struct stage_env *env,
			struct error_list *errors);
void forward_others_free(struct forward_others *others);

/* The number of a target that is one of them. */
unsigned forward_others_find(const struct forward_others *others,
			     const struct config_target *target);

/* Hands over what is in a parcel. Worker. */
void forward_others_give(const struct forward_other *other, struct parcel *parcel,
			 struct burst *burst);

#endif
