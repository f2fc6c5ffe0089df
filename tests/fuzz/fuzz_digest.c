/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes, whole and in segments, parsed or not: the same digest; no byte outside the frame may be read. Addresses make
 * it another one, unless they are left out, and what is behind the end that IPv4's length gives never does.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "packet/digest_way.h"
#include "packet/view.h"
#include "segments.h"

#include "core/banned.h"

#define MACS 12
#define ETHER 14
#define IPV4 20
#define TAGS 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
same(struct packet_digest a, struct packet_digest b)
{
	return a.low == b.low && a.high == b.high;
}

static struct packet_digest
digest_of(struct rte_mbuf *packet, const struct packet_digest_mask *mask, struct packet_view *view)
{
	struct packet_digest digest, unparsed;

	packet_parse(&packet, 1, 1, view);
	packet_digest(packet, view, mask, &digest);
	if (packet_digests(&packet, 1, mask, &unparsed) == 0 && !same(digest, unparsed))
		abort();
	return digest;
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
	struct segmented made;
	struct packet_digest_mask mask;
	struct packet_digest digest;
	struct packet_view one, other;
	uint32_t end;

	if (size <= 1 + CUTS || size > INPUT_MAX)
		return 0;
	packet_digest_mask(data[0] % 32, &mask);
	if (data[0] & 32)
		mask.way = &packet_digest_by_products;
	segment(data + 1, size - 1, &made);
	digest = digest_of(&made.whole, &mask, &one);
	if (!same(digest, digest_of(made.segments, &mask, &other)))
		abort();
	end = end_of(made.frame, made.length);
	if (end) {
		fake_mbuf(&made.whole, made.frame, end);
		if (!same(digest, digest_of(&made.whole, &mask, &one)))
			abort();
	}
	/* Of one that ends within its tags all is covered. */
	if (made.length >= ETHER + TAGS) {
		fake_mbuf(&made.whole, made.frame, made.length);
		made.frame[data[1] % MACS] ^= 0x20;
		if (same(digest, digest_of(&made.whole, &mask, &one)) !=
		    !!(mask.without & PACKET_DIGEST_MAC))
			abort();
	}
	free(made.frame);
	return 0;
}
