/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Trail: what went through each port at the last looks. One thread.
 */
#ifndef TOP_TRAIL_H
#define TOP_TRAIL_H

#include <jansson.h>

#include "top/spark.h"

#define TRAIL_PORTS_MAX 64
#define TRAIL_NAME_MAX 64

struct trail {
	struct {
		char name[TRAIL_NAME_MAX];
		struct spark spark;
	} ports[TRAIL_PORTS_MAX];
	unsigned count;
};

/* Adds figures that have rates; ports that are gone are forgotten. */
void trail_add(struct trail *trail, const json_t *figures);

/* NULL: nothing is known. */
const struct spark *trail_of(const struct trail *trail, const char *port);

#endif
