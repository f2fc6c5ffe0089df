/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sample: how a member of an answer becomes samples. What is not there, or null, becomes none: an
 * older daemon does not have it, or it is not known.
 */
#ifndef METRICS_SAMPLE_H
#define METRICS_SAMPLE_H

#include <jansson.h>

struct family;

typedef void sample_put(struct family *family, const json_t *value);

/* A number, or a flag as 0 or 1. */
sample_put sample_number;
/* Cycles of the daemon's clock, as seconds. */
sample_put sample_cycles;
/* A word: a sample for each of the row's words, 1 for the one that it is and else 0. */
sample_put sample_state;
/* An object: a sample for each of the row's words that it has. */
sample_put sample_members;
/* An object: a sample for each of its members; words, if given, is the member of that. */
sample_put sample_each;
/* The same of drops, each with the kind of its reason. */
sample_put sample_drops;
/* An object: 1, with its members of the row's words as labels. */
sample_put sample_info;
/* A policer: its rate, if its unit is the row's word. */
sample_put sample_rate;
/* An object with `below`, `counts` and `sum`, in the row's scale. */
sample_put sample_histogram;
/* A worker: bursts by the packets in them. */
sample_put sample_bursts;

#endif
