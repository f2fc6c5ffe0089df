/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes, whole and in segments: the same tunnels in tunnels must be found, with the same packets inside, further in each
 * time; no byte outside the frame may be read; and what can have none must have none.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/fake_mbuf.h"
#include "packet/tunnel.h"
#include "packet/view.h"

#include "core/banned.h"

#define SEGMENTS 4
#define DEPTH 6

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct found {
	struct packet_view views[DEPTH + 1];
	struct tunnel tunnels[DEPTH];
	uint32_t hashes[DEPTH];
	unsigned depth;
};

static void
look(struct rte_mbuf *packet, struct found *found)
{
	memset(found, 0, sizeof(*found));
	packet_parse(&packet, 1, 1, &found->views[0]);
	while (found->depth < DEPTH) {
		unsigned depth = found->depth;
		const struct tunnel *around = depth ? &found->tunnels[depth - 1] : NULL;
		struct tunnel *tunnel = &found->tunnels[depth];
		struct packet_view *views = &found->views[depth];

		if (!tunnel_look(packet, &views[0], around, tunnel, &views[1]))
			break;
		if (tunnel->kind == TUNNEL_NONE || tunnel->offset >= packet->pkt_len ||
		    (around && tunnel->offset <= around->offset))
			abort();
		/* Of addresses in a later segment there is no hash. */
		if (views[0].kind > PACKET_OTHER)
			found->hashes[depth] =
				tunnel_flow_hash(packet, &views[0], tunnel, &views[1]);
		found->depth++;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rte_mbuf whole, segments[SEGMENTS];
	struct found one, other;
	uint32_t ends[SEGMENTS - 1], length, low = 0;
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
	look(&whole, &one);
	look(segments, &other);
	if (memcmp(&one, &other, sizeof(one)) != 0 || (one.depth && !tunnel_may_be(frame, length)))
		abort();
	free(frame);
	return 0;
}
