/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Heavy: which names come most often among any number of them, in fixed memory: the Space-Saving
 * table of Metwally, Agrawal and El Abbadi, whose counts fade. A name that is not in the table
 * takes the place of that with the least count, and goes on from there; so a count is too high by
 * what it took over at most, and whatever has more than one in HEAVY_ENTRIES of all is in the
 * table. One thread.
 */
#ifndef TOP_HEAVY_H
#define TOP_HEAVY_H

#include <jansson.h>
#include <stdint.h>

#define HEAVY_ENTRIES 1024
#define HEAVY_NAME_MAX 160

struct heavy_entry {
	char name[HEAVY_NAME_MAX];
	double count, over; /* over: of it perhaps others' */
	json_t *last;       /* the last packet of that name; owned */
};

struct heavy {
	struct heavy_entry *entries; /* in no order */
	unsigned used;
	double count, squares; /* of all: the sum of weights, and of their squares */
	uint64_t hashes[HEAVY_ENTRIES];
};

/* Negative errno: no memory. */
int heavy_begin(struct heavy *heavy);
void heavy_end(struct heavy *heavy);
void heavy_clear(struct heavy *heavy);

/* One more of a name, cut where it is too long; packet is held. */
void heavy_add(struct heavy *heavy, const char *name, json_t *packet);

/* What came until now counts `factor` times as much from now on. */
void heavy_fade(struct heavy *heavy, double factor);

/* How many that count fully, all would be worth in an estimate: that many were asked. */
double heavy_samples(const struct heavy *heavy);

/* The relative standard deviation of a share that was found among so many: sqrt((1-p)/(pn)). */
double heavy_error(double share, double samples);

/* Places of the entries by count, the most first, to be freed; NULL: no memory, or there are
 * none. */
unsigned *heavy_sorted(const struct heavy *heavy);

#endif
