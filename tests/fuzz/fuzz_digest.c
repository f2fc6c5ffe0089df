/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes, whole and in segments: the same digest; no byte outside the frame may be read. Addresses make it another one,
 * unless they are left out, and what is behind the end that IPv4's length gives never does.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/fake_mbuf.h"
#include "packet/digest.h"
#include "packet/view.h"

#include "core/banned.h"

#define SEGMENTS 4
#define MACS 12
#define ETHER 14
#define IPV4 20
#define TAGS 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct packet_digest
digest_of(struct rte_mbuf *packet, const struct packet_digest_mask *mask, struct packet_view *view)
{
	struct packet_digest digest;

	packet_parse(&packet, 1, 1, view);
	packet_digest(packet, view, mask, &digest);
	return digest;
}

static bool
same(struct packet_digest a, struct packet_digest b)
{
	return a.low == b.low && a.high == b.high;
}

/* Where an IPv4 packet ends whose length says so, in a frame without tags; 0: none, or not here. */
static uint32_t
end_of(const uint8_t *frame, uint32_t length)
{
	uint32_t end;

	if (length < ETHER + IPV4 || frame[12] != 0x08 || frame[13] != 0x00 || frame[14] != 0x45)
		return 0;
	end = ETHER + (frame[16] << 8 | frame[17]);
	return end >= ETHER + IPV4 && end <= length ? end : 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rte_mbuf whole, segments[SEGMENTS];
	struct packet_digest_mask mask;
	struct packet_digest digest;
	struct packet_view one, other;
	uint32_t ends[SEGMENTS - 1], length, low = 0, end;
	uint8_t *frame;

	if (size < SEGMENTS + 1 || size > 60000)
		return 0;
	packet_digest_mask(data[0] % 32, &mask);
	data++;
	length = size - SEGMENTS;
	for (unsigned i = 0; i < SEGMENTS - 1; i++) {
		low += data[i] % (length - low + 1);
		ends[i] = low;
	}
	frame = malloc(length);
	memcpy(frame, data + SEGMENTS - 1, length);
	fake_mbuf(&whole, frame, length);
	fake_mbuf_chain(segments, SEGMENTS, frame, ends, length);
	digest = digest_of(&whole, &mask, &one);
	if (!same(digest, digest_of(segments, &mask, &other)))
		abort();
	end = end_of(frame, length);
	if (end) {
		fake_mbuf(&whole, frame, end);
		if (!same(digest, digest_of(&whole, &mask, &one)))
			abort();
	}
	/* Of one that ends within its tags all is covered. */
	if (length >= ETHER + TAGS) {
		fake_mbuf(&whole, frame, length);
		frame[data[0] % MACS] ^= 0x20;
		if (same(digest, digest_of(&whole, &mask, &one)) !=
		    !!(mask.without & PACKET_DIGEST_MAC))
			abort();
	}
	free(frame);
	return 0;
}
