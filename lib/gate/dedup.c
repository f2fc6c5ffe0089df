/* SPDX-License-Identifier: BSD-3-Clause */
#include "gate/dedup.h"

#include <rte_common.h>
#include <rte_malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/populate.h"
#include "gate/dedup_set.h"

#include "core/banned.h"

#define HUGEPAGE ((size_t)2 << 20)
#define SETS_LOOKED_AT 4096

static uint32_t
entries_of(const struct config_dedup *wanted)
{
	return wanted->entries ? wanted->entries : CONFIG_ENTRIES;
}

/* More than twice as many slots as entries, so that few lines fill up. */
static uint64_t
sets_of(uint32_t entries)
{
	return ((uint64_t)entries * 23 / 10 + DEDUP_SLOTS - 1) / DEDUP_SLOTS;
}

uint64_t
dedup_bytes(const struct config_dedup *wanted)
{
	uint64_t size = sets_of(entries_of(wanted)) * sizeof(struct dedup_set);

	return (size + HUGEPAGE - 1) / HUGEPAGE * HUGEPAGE;
}

/* No device sees them: they are ordinary memory, in large pages where the kernel has some. */
static struct dedup_set *
make_sets(const struct config_dedup *wanted)
{
	size_t size = dedup_bytes(wanted);
	struct dedup_set *sets = aligned_alloc(HUGEPAGE, size);

	if (!sets)
		return NULL;
	madvise(sets, size, MADV_HUGEPAGE);
	return memset(sets, 0, size);
}

struct dedup *
dedup_make(const char *name, const struct config_dedup *wanted, unsigned workers)
{
	size_t size = sizeof(struct dedup) + workers * sizeof(struct dedup_part);
	struct dedup *dedup = rte_zmalloc("dedup", size, RTE_CACHE_LINE_SIZE);

	if (!dedup)
		return NULL;
	populate_memory(dedup, size);
	dedup->holders = 1;
	dedup->workers = workers;
	dedup->entries = entries_of(wanted);
	dedup->ignoring = wanted->ignoring;
	dedup->name = strdup(name);
	dedup->set_count = sets_of(dedup->entries);
	dedup->sets = make_sets(wanted);
	if (dedup->name && dedup->sets)
		return dedup;
	dedup_drop(dedup);
	return NULL;
}

struct dedup *
dedup_hold(struct dedup *dedup)
{
	atomic_fetch_add(&dedup->holders, 1);
	return dedup;
}

void
dedup_drop(struct dedup *dedup)
{
	if (!dedup || atomic_fetch_sub(&dedup->holders, 1) > 1)
		return;
	free(dedup->sets);
	free(dedup->name);
	rte_free(dedup);
}

bool
dedup_fits(const struct dedup *dedup, const struct config_dedup *wanted)
{
	return dedup->entries == entries_of(wanted) && dedup->ignoring == wanted->ignoring;
}

uint64_t
dedup_used(const struct dedup *dedup, uint64_t window_ns)
{
	uint64_t step = dedup->set_count / SETS_LOOKED_AT + 1, now = 0, used = 0, looked = 0;

	for (unsigned i = 0; i < dedup->workers; i++)
		now = RTE_MAX(now, dedup_get(&dedup->parts[i].time));
	for (uint64_t i = 0; i < dedup->set_count; i += step, looked++) {
		for (unsigned s = 0; s < DEDUP_SLOTS; s++) {
			const struct dedup_line *line = &dedup->sets[i].lines[s / DEDUP_LINE_SLOTS];
			uint64_t tag = dedup_get(&line->tags[s % DEDUP_LINE_SLOTS]);
			uint64_t when = dedup_get(&line->whens[s % DEDUP_LINE_SLOTS]);

			used += (tag & ~DEDUP_MARKS) &&
				dedup_age(now << DEDUP_PORT_BITS, when) < (int64_t)window_ns;
		}
	}
	return looked ? used * dedup->set_count / looked : 0;
}
