/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Measure: one way at one size for a moment.
 */
#ifndef PATHS_MEASURE_H
#define PATHS_MEASURE_H

#include "paths/way.h"

struct measured {
	uint64_t sent, received; /* packets; of the stream sends, and what arrived in such */
	double seconds;          /* until the last had arrived */
	double cpu_ns, far_ns;   /* each packet, of who sends and of who reads the stream */
	double copies;           /* how often each byte was copied */
	uint64_t counted;        /* bytes that sluice says it copied */
};

/* How large a packet of the job is at that size; 0: it has none. */
size_t measure_size(enum way_job job, unsigned size);

/* Makes the source ready for packets of a job and a size, and the wire. Negative errno. */
int measure_prepare(struct way_run *run, enum way_job job, size_t size);

/* Negative errno with run->reason. */
int measure_way(const struct way *way, struct way_run *run, struct measured *measured);

/* What copying one byte of the source costs here, in nanoseconds: the median of some rounds. */
double measure_copy(const struct way_run *run);

#endif
