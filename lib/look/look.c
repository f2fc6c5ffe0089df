/* SPDX-License-Identifier: BSD-3-Clause */
#include "look/look.h"

#include <rte_cycles.h>
#include <stdlib.h>
#include <string.h>

#include "core/populate.h"
#include "core/probe.h"
#include "look/headers.h"
#include "packet/excerpt.h"

#include "core/banned.h"

/* What may come at once, of a rate's second. */
#define BURST_SHARE 8

static inline void
count(_Atomic uint64_t *counter)
{
	uint64_t before = atomic_load_explicit(counter, memory_order_relaxed);

	atomic_store_explicit(counter, before + 1, memory_order_relaxed);
}

static int
init_part(struct look_part *part, const struct look_terms *terms)
{
	size_t scratch = 2 * BURST_MAX * (size_t)terms->snap + EXPRESSION_SNAP;

	if (look_ring_init(&part->ring, terms->room) < 0)
		return -1;
	part->scratch = malloc(scratch);
	if (!part->scratch)
		return -1;
	populate_memory(part->scratch, scratch);
	part->filled_tsc = rte_rdtsc();
	part->chance = ((uintptr_t)part ^ part->filled_tsc << 20) | 1;
	part->tokens = rte_get_tsc_hz() / BURST_SHARE;
	return 0;
}

struct look *
look_make(const struct look_terms *terms, struct filter *filter, unsigned workers)
{
	size_t size = sizeof(struct look) + workers * sizeof(struct look_part);
	struct look *look = aligned_alloc(64, RTE_ALIGN(size, 64));

	if (!look) {
		filter_free(filter);
		return NULL;
	}
	memset(look, 0, size);
	look->terms = *terms;
	look->filter = filter;
	look->workers = workers;
	for (unsigned i = 0; i < workers; i++) {
		if (init_part(&look->parts[i], terms) < 0) {
			look_free(look);
			return NULL;
		}
	}
	return look;
}

void
look_free(struct look *look)
{
	if (!look)
		return;
	for (unsigned i = 0; i < look->workers; i++) {
		look_ring_fini(&look->parts[i].ring);
		free(look->parts[i].scratch);
	}
	filter_free(look->filter);
	free(look);
}

const struct look_record *
look_next(struct look *look, unsigned worker)
{
	return look_ring_peek(&look->parts[worker].ring);
}

void
look_taken(struct look *look, unsigned worker, const struct look_record *record)
{
	look_ring_drop(&look->parts[worker].ring, record->size);
}

static uint8_t *
place_of(const struct look *look, const struct look_part *part, bool leaves, unsigned i)
{
	return part->scratch + (leaves * BURST_MAX + i) * (size_t)look->terms.snap;
}

bool
look_keep(const struct look *look, struct look_part *part, struct burst *burst,
	  struct rte_mbuf *packet, bool leaves, unsigned i)
{
	struct tally_copy *copies = burst->tally->copies;
	uint8_t *place = place_of(look, part, leaves, i);
	uint32_t snap = look->terms.snap;

	if (look->filter &&
	    !filter_passes(look->filter, packet, place_of(look, part, true, BURST_MAX),
			   &copies[COPY_FILTER_SEGMENTS]))
		return false;
	if (look->terms.headers)
		snap = RTE_MIN(snap, look_headers(packet));
	part->lengths[leaves][i] = packet->pkt_len;
	part->kept[leaves][i] = packet_excerpt(packet, place, snap);
	copies[COPY_LOOK].packets++;
	copies[COPY_LOOK].bytes += part->kept[leaves][i];
	return true;
}

/* Whether the rate leaves one more. */
static bool
take_token(const struct look_terms *terms, struct look_part *part, uint64_t tsc)
{
	uint64_t hz = rte_get_tsc_hz(), price;

	if (terms->rate == 0)
		return true;
	price = hz / terms->rate;
	part->tokens =
		RTE_MIN(part->tokens + (tsc - part->filled_tsc), RTE_MAX(hz / BURST_SHARE, price));
	part->filled_tsc = tsc;
	if (part->tokens < price)
		return false;
	part->tokens -= price;
	return true;
}

/* Once until the reader has taken something: a smaller record may fit meanwhile. */
static void
tell_full(struct look_part *part)
{
	uint64_t read = atomic_load_explicit(&part->ring.read, memory_order_relaxed);

	if (part->full && part->full_read == read)
		return;
	part->full = true;
	part->full_read = read;
	probe_look_full();
}

void
look_write(const struct look *look, struct look_part *part, const struct look_record *what,
	   const char *names, unsigned i, uint64_t tsc)
{
	uint32_t kept = part->kept[what->leaves][i];
	size_t size = RTE_ALIGN(sizeof(*what) + what->names + kept, 8);
	struct look_record *record;

	if (look->terms.limit &&
	    atomic_load_explicit(&part->counts.kept, memory_order_relaxed) >= look->terms.limit)
		return;
	if (!take_token(&look->terms, part, tsc)) {
		count(&part->counts.over);
		return;
	}
	record = look_ring_reserve(&part->ring, size);
	if (!record) {
		count(&part->counts.full);
		tell_full(part);
		return;
	}
	*record = *what;
	record->size = (uint32_t)size;
	record->length = part->lengths[what->leaves][i];
	record->kept = kept;
	memcpy(record + 1, names, what->names);
	memcpy((char *)(record + 1) + what->names, place_of(look, part, what->leaves, i), kept);
	look_ring_commit(&part->ring, size);
	count(&part->counts.kept);
}
