/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Looking: one look at packets that pass, from the options that say what is wanted until ctrl-C.
 */
#ifndef SLUICE_LOOKING_H
#define SLUICE_LOOKING_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct options;

/* As typed; NULL: not given. */
struct looking_options {
	const char *rule, *drops, *count, *snap, *rate, *seconds;
	bool dropped;             /* --drops is there, with a reason or without */
	bool in, out, paths, why; /* why: -v */
};

bool looking_given(const struct looking_options *options);

/* What is wanted. */
struct looking {
	const char *filter;   /* NULL: all packets */
	const char *in, *out; /* ports; NULL: none, and all in where neither is given */
	const char *drops;    /* NULL: whatever becomes of them; "": any reason */
	uint64_t count;       /* of packets; 0: until ctrl-C */
	uint32_t snap, rate;  /* bytes of each; packets a second and worker, 0: any */
	bool quiet;           /* nothing is said at the end */
	/* Shows one packet; false: no more are wanted, or can be shown. lost: how many are known to
	 * be missing before it. */
	bool (*show)(void *to, const json_t *packet, uint64_t lost);
	/* What was shown is to be seen now. */
	bool (*flush)(void *to);
	/* How many were shown, and counts of those that were not; NULL: it is said on stderr. */
	void (*conclude)(void *to, uint64_t shown, const json_t *counts);
	void *to;
};

/* Reads -n, --snap, --rate and --drops into what is wanted, over what stands there. EXIT_USAGE,
 * said on stderr. */
int looking_take(struct looking *looking, const struct looking_options *options);

/* Until when an option's value says to look, from now on; NULL: for ever. EXIT_USAGE, said on
 * stderr. */
int looking_seconds(const char *name, const char *text, double *until);

/* Looks until there are enough, the time is over, nobody reads stdout any more, or somebody wants
 * to end; then tells what was seen and what could not be kept. Returns an exit code. */
int looking_run(const struct looking *looking, const struct options *options);

/* Begins such a look and ends it at once: whether the daemon takes it. Returns an exit code; what
 * is wrong is said on stderr. */
int looking_check(const struct looking *looking, const struct options *options);

#endif
