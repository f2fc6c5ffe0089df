/* SPDX-License-Identifier: BSD-3-Clause */
#include "top/heavy.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/banned.h"

/* Less than that is nobody's any more. */
#define FAINT 0.001

int
heavy_begin(struct heavy *heavy)
{
	*heavy = (struct heavy){.used = 0};
	heavy->entries = calloc(HEAVY_ENTRIES, sizeof(*heavy->entries));
	return heavy->entries ? 0 : -ENOMEM;
}

void
heavy_clear(struct heavy *heavy)
{
	for (unsigned i = 0; i < heavy->used; i++)
		json_decref(heavy->entries[i].last);
	heavy->used = 0;
	heavy->count = heavy->squares = 0;
}

void
heavy_end(struct heavy *heavy)
{
	heavy_clear(heavy);
	free(heavy->entries);
}

/* FNV-1a. */
static uint64_t
hash_of(const char *name)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * UINT64_C(0x100000001b3);
	return hash;
}

/* Its place, or `used`. A thousand numbers are looked through: some thousand packets a second are
 * sampled at most, and no worker waits. */
static unsigned
find(const struct heavy *heavy, const char *name, uint64_t hash)
{
	unsigned i = 0;

	while (i < heavy->used &&
	       (heavy->hashes[i] != hash || strcmp(heavy->entries[i].name, name) != 0))
		i++;
	return i;
}

static unsigned
lightest(const struct heavy *heavy)
{
	unsigned least = 0;

	for (unsigned i = 1; i < heavy->used; i++) {
		if (heavy->entries[i].count < heavy->entries[least].count)
			least = i;
	}
	return least;
}

/* The place of a name that has none; who had it loses it. */
static unsigned
take_place(struct heavy *heavy, const char *name, uint64_t hash)
{
	double over = 0;
	unsigned i = heavy->used;

	if (heavy->used < HEAVY_ENTRIES) {
		heavy->used++;
	} else {
		i = lightest(heavy);
		over = heavy->entries[i].count;
		json_decref(heavy->entries[i].last);
	}
	heavy->entries[i] = (struct heavy_entry){.count = over, .over = over};
	snprintf(heavy->entries[i].name, HEAVY_NAME_MAX, "%s", name);
	heavy->hashes[i] = hash;
	return i;
}

void
heavy_add(struct heavy *heavy, const char *name, json_t *packet)
{
	char cut[HEAVY_NAME_MAX];
	uint64_t hash;
	unsigned i;

	snprintf(cut, sizeof(cut), "%s", name);
	hash = hash_of(cut);
	i = find(heavy, cut, hash);
	if (i == heavy->used)
		i = take_place(heavy, cut, hash);
	heavy->entries[i].count++;
	json_incref(packet);
	json_decref(heavy->entries[i].last);
	heavy->entries[i].last = packet;
	heavy->count++;
	heavy->squares++;
}

void
heavy_fade(struct heavy *heavy, double factor)
{
	heavy->count *= factor;
	heavy->squares *= factor * factor;
	for (unsigned i = 0; i < heavy->used;) {
		struct heavy_entry *entry = &heavy->entries[i];

		entry->count *= factor;
		entry->over *= factor;
		if (entry->count >= FAINT) {
			i++;
			continue;
		}
		json_decref(entry->last);
		*entry = heavy->entries[--heavy->used];
		heavy->hashes[i] = heavy->hashes[heavy->used];
	}
}

double
heavy_samples(const struct heavy *heavy)
{
	return heavy->squares > 0 ? heavy->count * heavy->count / heavy->squares : 0;
}

double
heavy_error(double share, double samples)
{
	if (share <= 0 || share >= 1 || samples <= 0)
		return 0;
	return sqrt((1 - share) / (share * samples));
}

static int
by_count(const void *a, const void *b, void *arg)
{
	const struct heavy_entry *entries = arg;
	const struct heavy_entry *first = &entries[*(const unsigned *)a];
	const struct heavy_entry *second = &entries[*(const unsigned *)b];

	if (first->count != second->count)
		return first->count > second->count ? -1 : 1;
	return strcmp(first->name, second->name);
}

unsigned *
heavy_sorted(const struct heavy *heavy)
{
	unsigned *sorted;

	if (heavy->used == 0)
		return NULL;
	sorted = malloc(heavy->used * sizeof(*sorted));
	if (!sorted)
		return NULL;
	for (unsigned i = 0; i < heavy->used; i++)
		sorted[i] = i;
	qsort_r(sorted, heavy->used, sizeof(*sorted), by_count, heavy->entries);
	return sorted;
}
