/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Paths: what it costs here to bring packets from memory to the far end of a veth by each way that
 * the kernel has, and by sluice. Namespaces and links are of this process alone, and go with it
 * whatever ends it.
 */
#ifndef PATHS_PATHS_H
#define PATHS_PATHS_H

#include <stdbool.h>
#include <jansson.h>
#include <stdio.h>

#define PATHS_SIZES_MAX 16
#define PATHS_REPEATS_MAX 9

struct paths_terms {
	unsigned sizes[PATHS_SIZES_MAX]; /* bytes, ascending */
	unsigned size_count;
	unsigned repeats;
	unsigned slice_ms; /* how long one way is measured at one size */
};

/* Measures all, which takes about 150 times repeats times slice_ms for eight sizes. Needs root: it
 * leaves this process in namespaces of its own. Returns the result, to be freed with json_decref,
 * or NULL after logging what failed. progress may be NULL. */
json_t *paths_run(const struct paths_terms *terms, void (*progress)(const char *text));

/* Shows a result as tables for people, or as a picture (SVG 1.1). */
void paths_table(const json_t *result, FILE *out);
void paths_picture(const json_t *result, FILE *out);

#endif
