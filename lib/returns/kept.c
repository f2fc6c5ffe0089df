/* SPDX-License-Identifier: BSD-3-Clause */
#include "returns/kept.h"

#include <errno.h>
#include <stdlib.h>

#include "match/memory.h"
#include "packet/excerpt.h"

#include "core/banned.h"

int
kept_make(struct kept *kept, uint32_t packets, uint64_t bytes)
{
	*kept = (struct kept){.bytes = memory_take(bytes),
			      .size = bytes,
			      .places = calloc(packets, sizeof(*kept->places)),
			      .mask = packets - 1};
	if (kept->bytes && kept->places)
		return 0;
	kept_free(kept);
	return -ENOMEM;
}

void
kept_free(struct kept *kept)
{
	free(kept->bytes);
	free(kept->places);
	*kept = (struct kept){0};
}

uint32_t
kept_put(struct kept *kept, const struct rte_mbuf *packet)
{
	uint64_t at = kept->written;
	uint32_t length;

	/* It lies in one piece. */
	if (kept->size - at % kept->size < KEPT_BYTES)
		at += kept->size - at % kept->size;
	length = packet_excerpt(packet, kept->bytes + at % kept->size, KEPT_BYTES);
	kept->places[kept->packets++ & kept->mask] = (struct kept_place){at, length};
	kept->written = at + length;
	return length;
}

const uint8_t *
kept_find(const struct kept *kept, uint64_t packet, uint32_t *length)
{
	const struct kept_place *place = &kept->places[packet & kept->mask];

	if (packet >= kept->packets || kept->packets - packet > (uint64_t)kept->mask + 1 ||
	    kept->written - place->at > kept->size)
		return NULL;
	*length = place->length;
	return kept->bytes + place->at % kept->size;
}

void
kept_clear(struct kept *kept)
{
	kept->written = kept->packets = 0;
}
