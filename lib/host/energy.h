/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Energy: what the machine's own counters say that it took. They are of whole packages, or of the
 * whole machine, whatever runs there. Opened before the sandbox closes; one thread.
 */
#ifndef HOST_ENERGY_H
#define HOST_ENERGY_H

#include <stdint.h>
#include <stdio.h>

#include "core/root.h"

#define ENERGY_COUNTERS_MAX 32

struct energy_counter {
	char name[64]; /* "package-0" */
	FILE *file;
	uint64_t last;  /* microjoules, or microwatts */
	uint64_t range; /* after which it begins at 0 anew; 0: it does not */
};

struct energy {
	const char *source; /* "rapl" or "hwmon"; NULL: there is none that can be read */
	char why[160];      /* there is none */
	bool power;         /* the counters say what is taken now, not what was until now */
	struct energy_counter counters[ENERGY_COUNTERS_MAX];
	unsigned count;
	uint64_t read_ns; /* when they were read last */
	double joules;    /* since energy_open */
};

/* Looks for counters below a root: RAPL's packages, or else what hwmon has. now_ns: of any clock
 * that goes on. */
void energy_open(struct energy *energy, const struct root *root, uint64_t now_ns);
void energy_close(struct energy *energy);

/* Adds what was taken since it was last called. At least once a minute, or a counter that began
 * anew twice meanwhile is not noticed. */
void energy_read(struct energy *energy, uint64_t now_ns);

#endif
