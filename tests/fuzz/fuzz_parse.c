/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes, whole and in segments: both must parse to the same view and the same flow hash, and no byte
 * outside the frame may be read.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/fake_mbuf.h"
#include "packet/view.h"

#include "core/banned.h"

#define SEGMENTS 4

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
	struct rte_mbuf whole, segments[SEGMENTS];
	struct packet_view one, other;
	uint32_t ends[SEGMENTS - 1], one_hash, other_hash, length, low = 0;
	uint8_t *frame;

	if (size < SEGMENTS || size > 60000)
		return 0;
	length = size - SEGMENTS + 1;
	for (unsigned i = 0; i < SEGMENTS - 1; i++) {
		low += data[i] % (length - low + 1);
		ends[i] = low;
	}
	frame = malloc(length);
	memcpy(frame, data + SEGMENTS - 1, length);
	fake_mbuf(&whole, frame, length);
	fake_mbuf_chain(segments, SEGMENTS, frame, ends, length);
	parse(&whole, &one, &one_hash);
	parse(segments, &other, &other_hash);
	if (memcmp(&one, &other, sizeof(one)) != 0 || one_hash != other_hash)
		abort();
	free(frame);
	return 0;
}
