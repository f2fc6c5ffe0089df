/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes, whole and in segments: both must parse to the same view and the same flow hash, and no byte
 * outside the frame may be read.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "packet/view.h"
#include "segments.h"

#include "core/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
parse(struct rte_mbuf *packet, struct packet_view *view, uint32_t *hash)
{
	memset(view, 0, sizeof(*view));
	packet_parse(&packet, 1, 1, view);
	*hash = view->kind <= PACKET_OTHER ? 0 : packet_flow_hash(packet, view);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct segmented made;
	struct packet_view one, other;
	uint32_t one_hash, other_hash;

	if (size <= CUTS || size > INPUT_MAX)
		return 0;
	segment(data, size, &made);
	parse(&made.whole, &one, &one_hash);
	parse(made.segments, &other, &other_hash);
	if (memcmp(&one, &other, sizeof(one)) != 0 || one_hash != other_hash)
		abort();
	free(made.frame);
	return 0;
}
