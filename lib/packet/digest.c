/* SPDX-License-Identifier: BSD-3-Clause */
#include "packet/digest.h"

#include <netinet/in.h>
#include <rte_branch_prediction.h>
#include <rte_byteorder.h>
#include <rte_mbuf.h>
#include <stdbool.h>
#include <string.h>

#include "core/banned.h"

#define ETHER_HEADER 14
#define IPV6_HEADER 40
#define TAGS_MAX 2

/* A packet that does not lie in one piece is copied in such, each a multiple of a block. */
#define PIECE 128
#define BLOCK 16
#define NOWHERE UINT32_MAX

/* Odd and of no pattern: the fractions of the square roots of 2, 3, 5 and 7. */
#define KEY_A UINT64_C(0x6a09e667f3bcc909)
#define KEY_B UINT64_C(0xbb67ae8584caa73b)
#define KEY_C UINT64_C(0x3c6ef372fe94f82b)
#define KEY_D UINT64_C(0xa54ff53a5f1d36f1)

static inline uint64_t
load(const uint8_t *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	return rte_le_to_cpu_64(word);
}

/* Both halves of a product of 128 bits depend on all bits of both factors. */
static inline uint64_t
fold(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Two numbers of 64 bits that know nothing of each other: what a product of 0 makes one of them forget is in the other. */
static inline void
absorb(struct packet_digest *digest, uint64_t a, uint64_t b)
{
	digest->low = fold(a ^ digest->low, b ^ KEY_A) ^ digest->low;
	digest->high = fold(b ^ digest->high, a ^ KEY_B) + digest->high;
}

static inline void
finish(struct packet_digest *digest)
{
	uint64_t low = digest->low, high = digest->high;

	digest->low = fold(low ^ KEY_C, high ^ KEY_D);
	digest->high = fold(high ^ KEY_A, low + KEY_B);
}

/* What is covered of a packet, and of that what counts as 0. Fields that do never lie across a block's border: headers end at
 * multiples of 4 bytes. */
struct cover {
	uint32_t start, end;
	uint64_t first[2]; /* what is left of the first block */
	/* NOWHERE, or another one of which something is left out; it may be the first. */
	uint32_t block;
	uint64_t rest[2]; /* what is left of that */
	uint32_t type_at; /* where the ether-type stands; 0: none */
	uint8_t kind;     /* COVER_... */
};

enum { COVER_WHOLE = 1, COVER_TYPE, COVER_IPV4, COVER_IPV6 };

static bool
is_tag(const uint8_t *at)
{
	uint16_t type;

	memcpy(&type, at, sizeof(type));
	return type == RTE_BE16(0x8100) || type == RTE_BE16(0x88a8) || type == RTE_BE16(0x9100);
}

/* Of a frame without IP. */
static void
cover_frame(const struct rte_mbuf *packet, struct cover *cover)
{
	uint32_t at = ETHER_HEADER, length = packet->pkt_len;
	uint8_t spare[2];

	cover->kind = COVER_WHOLE;
	if (length < at)
		return;
	for (unsigned tags = 0; tags < TAGS_MAX && length >= at + 2; tags++) {
		if (!is_tag(rte_pktmbuf_read(packet, at - 2, 2, spare)))
			break;
		at += 4;
		if (length < at)
			return;
	}
	cover->kind = COVER_TYPE;
	cover->type_at = cover->start = at - 2;
}

/* Where the headers of IPv6 end of which the last is a fragment's that is not the first: all before lie in the frame. */
static uint32_t
fragment_end(const struct rte_mbuf *packet, uint32_t at)
{
	uint8_t spare[8], type;
	const uint8_t *header = rte_pktmbuf_read(packet, at + 6, 1, spare);

	at += IPV6_HEADER;
	do {
		type = *header;
		header = rte_pktmbuf_read(packet, at, 8, spare);
		if (!header)
			return at + 8;
		at += type == IPPROTO_FRAGMENT ? 8
		      : type == IPPROTO_AH     ? (header[1] + 2) * 4
					       : (header[1] + 1) * 8;
	} while (type != IPPROTO_FRAGMENT || (header[2] << 8 | (header[3] & 0xf8)) == 0);
	return at;
}

/* Where the transport's checksum stands from its header on, and how long it is; 0: it has none that is known. */
static inline uint32_t
checksum_at(const struct packet_view *view, uint32_t *length)
{
	*length = 2;
	switch (view->protocol) {
	case IPPROTO_TCP:
		return 16;
	case IPPROTO_UDP:
		return 6;
	case IPPROTO_SCTP:
		*length = 4;
		return 8;
	case IPPROTO_ICMP:
		return view->kind & PACKET_WIDE ? 0 : 2;
	case IPPROTO_ICMPV6:
		return view->kind & PACKET_WIDE ? 2 : 0;
	default:
		return 0;
	}
}

static inline void
leave_checksum_out(const struct packet_view *view, struct cover *cover)
{
	uint32_t length, field = checksum_at(view, &length), at, bit;
	uint64_t mask;

	/* A later fragment has none. */
	if (field == 0 || view->l4_offset == 0)
		return;
	at = view->l4_offset + field - cover->start;
	bit = at % 8 * 8;
	mask = ~(((UINT64_C(1) << length * 8) - 1) << bit);
	cover->block = at / BLOCK;
	cover->rest[at / 8 % 2] = mask;
}

static inline void
cover_ip(const struct rte_mbuf *packet, const struct packet_view *view,
	 const struct packet_digest_mask *mask, struct cover *cover)
{
	uint32_t at = view->l3_offset, header_end = view->l4_offset, end;
	uint8_t spare[8];
	const uint8_t *header = rte_pktmbuf_read(packet, at, 8, spare);

	cover->start = at;
	cover->type_at = at - 2;
	if (view->kind & PACKET_WIDE) {
		cover->kind = COVER_IPV6;
		cover->first[0] = mask->ipv6;
		end = at + IPV6_HEADER + (header[4] << 8 | header[5]);
		if (view->kind == PACKET_IPV6_BARE)
			return;
		/* A length of 0 is that of a longer one (RFC 2675), or of one that was not cut up yet; unless nothing follows. */
		if (unlikely(end == at + IPV6_HEADER) && view->protocol != IPPROTO_NONE)
			end = 0;
		if (header_end == 0)
			header_end = fragment_end(packet, at);
	} else {
		cover->kind = COVER_IPV4;
		cover->first[0] = mask->ipv4[0];
		cover->first[1] = mask->ipv4[1];
		end = at + (header[2] << 8 | header[3]);
		header_end = at + (header[0] & 15) * 4;
	}
	if (end >= header_end && end < cover->end)
		cover->end = end;
	if (mask->without & PACKET_DIGEST_CHECKSUMS)
		leave_checksum_out(view, cover);
}

/* MACs and tags. */
static void
absorb_link(struct packet_digest *digest, const struct rte_mbuf *packet, const struct cover *cover,
	    unsigned without)
{
	uint8_t link[32] = {0};
	uint8_t spare[32];

	if (cover->type_at == 0)
		return;
	if (!(without & PACKET_DIGEST_MAC))
		memcpy(link, rte_pktmbuf_read(packet, 0, 12, spare), 12);
	if (!(without & PACKET_DIGEST_VLAN)) {
		uint32_t tags = cover->type_at - 12;

		if (tags)
			memcpy(link + 12, rte_pktmbuf_read(packet, 12, tags, spare), tags);
		link[31] = tags;
	}
	absorb(digest, load(link), load(link + 8));
	absorb(digest, load(link + 16), load(link + 24));
}

static inline void
absorb_block(struct packet_digest *digest, const struct cover *cover, uint32_t block, uint64_t a,
	     uint64_t b)
{
	if (block == 0) {
		a &= cover->first[0];
		b &= cover->first[1];
	}
	if (block == cover->block) {
		a &= cover->rest[0];
		b &= cover->rest[1];
	}
	absorb(digest, a, b);
}

/* A block at least, in one piece. Of the last one, as far as it goes beyond the end, 0 is read. */
static inline void
absorb_flat(struct packet_digest *digest, const struct cover *cover, const uint8_t *bytes)
{
	uint32_t length = cover->end - cover->start, block = 0, left = length % BLOCK;

	for (; block < length / BLOCK; block++)
		absorb_block(digest, cover, block, load(bytes + block * BLOCK),
			     load(bytes + block * BLOCK + 8));
	if (left) {
		const uint8_t *last = bytes + length - BLOCK;
		unsigned __int128 tail = (unsigned __int128)load(last + 8) << 64 | load(last);

		tail >>= (BLOCK - left) * 8;
		absorb_block(digest, cover, block, tail, tail >> 64);
	}
}

static void
absorb_pieces(struct packet_digest *digest, const struct rte_mbuf *packet,
	      const struct cover *cover)
{
	uint8_t piece[PIECE];
	uint32_t block = 0, length;

	for (uint32_t at = cover->start; at < cover->end; at += length) {
		const uint8_t *bytes;

		length = RTE_MIN(cover->end - at, (uint32_t)PIECE);
		memset(piece, 0, sizeof(piece));
		bytes = rte_pktmbuf_read(packet, at, length, piece);
		if (bytes != piece)
			memcpy(piece, bytes, length);
		for (uint32_t i = 0; i < length; i += BLOCK, block++)
			absorb_block(digest, cover, block, load(piece + i), load(piece + i + 8));
	}
}

void
packet_digest_mask(unsigned without, struct packet_digest_mask *mask)
{
	uint8_t ipv4[16], ipv6[8];

	memset(ipv4, 0xff, sizeof(ipv4));
	memset(ipv6, 0xff, sizeof(ipv6));
	if (without & PACKET_DIGEST_DSCP) {
		ipv4[1] = 0x03;
		ipv6[0] = 0xf0;
		ipv6[1] = 0x3f;
	}
	if (without & PACKET_DIGEST_TTL)
		ipv4[8] = ipv6[7] = 0;
	if (without & PACKET_DIGEST_CHECKSUMS)
		ipv4[10] = ipv4[11] = 0;
	*mask = (struct packet_digest_mask){{load(ipv4), load(ipv4 + 8)}, load(ipv6), without};
}

void
packet_digest(const struct rte_mbuf *packet, const struct packet_view *view,
	      const struct packet_digest_mask *mask, struct packet_digest *digest)
{
	struct cover cover = {.end = packet->pkt_len,
			      .first = {UINT64_MAX, UINT64_MAX},
			      .block = NOWHERE,
			      .rest = {UINT64_MAX, UINT64_MAX}};

	if (view->l3_offset)
		cover_ip(packet, view, mask, &cover);
	else
		cover_frame(packet, &cover);
	digest->low = KEY_C ^ (cover.end - cover.start);
	digest->high = KEY_D + cover.kind;
	if ((mask->without & (PACKET_DIGEST_MAC | PACKET_DIGEST_VLAN)) !=
	    (PACKET_DIGEST_MAC | PACKET_DIGEST_VLAN))
		absorb_link(digest, packet, &cover, mask->without);
	if (likely(packet->nb_segs == 1 && cover.end - cover.start >= BLOCK))
		absorb_flat(digest, &cover,
			    rte_pktmbuf_mtod_offset(packet, const uint8_t *, cover.start));
	else
		absorb_pieces(digest, packet, &cover);
	finish(digest);
}
