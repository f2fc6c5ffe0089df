/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Trial: a run of a replay at a pace, and what came back of it. One thread, which waits for it.
 */
#ifndef SLUICE_NDR_TRIAL_H
#define SLUICE_NDR_TRIAL_H

#include <jansson.h>
#include <stdbool.h>

#include "compare/tolerance.h"
#include "daemon.h"

struct trial_terms {
	const char *replay, *back; /* names of a replay and a return */
	const char *duration;      /* as typed */
	double duration_s;
	struct tolerance tolerance;
};

struct trial {
	double asked; /* packets a second; 0: as many as go */
	double achieved;
	double missed; /* packets that a port of ours lost */
	bool valid;    /* the pace was kept, and all that came back was looked at */
	bool holds;    /* and what came back is within the tolerance */
	json_t *told;  /* the trial's; for the report */
};

/* EXIT_DONE with *trial, whose told is the caller's; else why not was said. */
int trial_run(struct daemon *daemon, const struct options *options, const struct trial_terms *terms,
	      double pace, struct trial *trial);

#endif
