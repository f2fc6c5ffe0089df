/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes, whole and in segments: the same tunnels in tunnels must be found, with the same packets inside, further in each
 * time; no byte outside the frame may be read; and what can have none must have none.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "packet/tunnel.h"
#include "packet/view.h"
#include "segments.h"

#include "core/banned.h"

#define DEPTH 6

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct found {
	struct packet_view views[DEPTH + 1];
	struct tunnel tunnels[DEPTH];
	uint32_t hashes[DEPTH];
	unsigned depth;
};

/* Whether those who enter a burst are told the same. */
static bool
enters(struct rte_mbuf *packet, const struct found *found)
{
	struct found other = {0};
	uint32_t some =
		tunnel_enter(&packet, 1, 1, &other.views[0], &other.tunnels[0], &other.views[1]);

	if (memcmp(&other.views[0], &found->views[0], sizeof(other.views[0])) != 0 ||
	    some != (found->depth != 0))
		return false;
	return !some ||
	       (memcmp(&other.tunnels[0], &found->tunnels[0], sizeof(other.tunnels[0])) == 0 &&
		memcmp(&other.views[1], &found->views[1], sizeof(other.views[1])) == 0);
}

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
		if (!(tunnel_kinds(&views[0]) >> tunnel->kind & 1) ||
		    tunnel->offset >= packet->pkt_len ||
		    (around && tunnel->offset <= around->offset))
			abort();
		/* Of addresses in a later segment there is no hash. */
		if (views[0].kind > PACKET_OTHER)
			found->hashes[depth] =
				tunnel_flow_hash(packet, &views[0], tunnel, &views[1]);
		found->depth++;
	}
	if (!enters(packet, found))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct segmented made;
	struct found one, other;

	if (size <= CUTS || size > INPUT_MAX)
		return 0;
	segment(data, size, &made);
	look(&made.whole, &one);
	look(made.segments, &other);
	if (memcmp(&one, &other, sizeof(one)) != 0 ||
	    (one.depth && !tunnel_may_be(made.frame, made.length)))
		abort();
	free(made.frame);
	return 0;
}
