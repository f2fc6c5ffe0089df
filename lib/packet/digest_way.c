/* SPDX-License-Identifier: BSD-3-Clause */
/* Compiled twice: see digest_hash.h. */
#include "packet/digest_way.h"

#include <netinet/in.h>
#include <rte_branch_prediction.h>
#include <rte_byteorder.h>
#include <rte_mbuf.h>
#include <stdbool.h>
#include <string.h>

#include "packet/common.h"
#include "packet/digest_hash.h"

#include "core/banned.h"

#define ETHER_HEADER 14
#define MACS 12
#define IPV4_HEADER 20
#define IPV6_HEADER 40
#define TAGS_MAX 2

/* A packet that does not lie in one piece is copied in such, each a multiple of a block. */
#define PIECE 128
#define NOWHERE UINT32_MAX

/* What is covered of a packet, and of that what counts as 0. Fields that do never lie across a
 * block's border: headers end at multiples of 4 bytes. */
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

/* Where the headers of IPv6 end of which the last is a fragment's that is not the first: all before
 * lie in the frame. */
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

/* Where the transport's checksum stands from its header on, and how long it is; 0: it has none that
 * is known. */
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
	cover->block = at / HASH_BLOCK;
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
		cover->first[0] = mask->ipv6[0];
		end = at + IPV6_HEADER + (header[4] << 8 | header[5]);
		if (view->kind == PACKET_IPV6_BARE)
			return;
		/* A length of 0 is that of a longer one (RFC 2675), or of one that was not cut up
		 * yet; unless nothing follows. */
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

/* MACs and tags: the first tag stands behind the addresses, a second one in a block of its own. A
 * tag is never 0. */
static inline struct hash
absorb_link(struct hash hash, const struct rte_mbuf *packet, const struct cover *cover,
	    unsigned without)
{
	uint8_t link[2 * HASH_BLOCK] = {0}, spare[2 * HASH_BLOCK];
	uint32_t tags = cover->type_at ? cover->type_at - MACS : 0;

	if (cover->type_at && !(without & PACKET_DIGEST_MAC))
		memcpy(link, rte_pktmbuf_read(packet, 0, MACS, spare), MACS);
	if (without & PACKET_DIGEST_VLAN)
		tags = 0;
	if (tags)
		memcpy(link + MACS, rte_pktmbuf_read(packet, MACS, tags, spare), tags);
	hash = hash_absorb(hash, hash_load(link));
	return MACS + tags > HASH_BLOCK ? hash_absorb(hash, hash_load(link + HASH_BLOCK)) : hash;
}

static inline struct hash
absorb_block(struct hash hash, const struct cover *cover, uint32_t number, hash_block block)
{
	if (number == 0)
		block = hash_mask(block, cover->first);
	if (number == cover->block)
		block = hash_mask(block, cover->rest);
	return hash_absorb(hash, block);
}

/* A block at least, in one piece. Of the last one, as far as it goes beyond the end, 0 is read. */
static inline struct hash
absorb_flat(struct hash hash, const struct cover *cover, const uint8_t *bytes)
{
	uint32_t length = cover->end - cover->start, block = 0, left = length % HASH_BLOCK;

	for (; block < length / HASH_BLOCK; block++)
		hash = absorb_block(hash, cover, block, hash_load(bytes + block * HASH_BLOCK));
	return left ? absorb_block(hash, cover, block, hash_tail(bytes + length, left)) : hash;
}

static struct hash
absorb_pieces(struct hash hash, const struct rte_mbuf *packet, const struct cover *cover)
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
		for (uint32_t i = 0; i < length; i += HASH_BLOCK, block++)
			hash = absorb_block(hash, cover, block, hash_load(piece + i));
	}
	return hash;
}

static void
digest_one(const struct rte_mbuf *packet, const struct packet_view *view,
	   const struct packet_digest_mask *mask, struct packet_digest *digest)
{
	struct cover cover = {.end = packet->pkt_len,
			      .first = {UINT64_MAX, UINT64_MAX},
			      .block = NOWHERE,
			      .rest = {UINT64_MAX, UINT64_MAX}};
	struct hash hash;

	if (view->l3_offset)
		cover_ip(packet, view, mask, &cover);
	else
		cover_frame(packet, &cover);
	hash = hash_begin(cover.end - cover.start, cover.kind);
	hash = absorb_link(hash, packet, &cover, mask->without);
	if (likely(packet->nb_segs == 1 && cover.end - cover.start >= HASH_BLOCK))
		hash = absorb_flat(hash, &cover,
				   rte_pktmbuf_mtod_offset(packet, const uint8_t *, cover.start));
	else
		hash = absorb_pieces(hash, packet, &cover);
	*digest = hash_finish(hash);
}

/* From the header of IPv4 on, of which length bytes count, 32 at least. The checksum of UDP stands
 * in the second block, that of TCP in the third. */
static __rte_always_inline struct hash
absorb_common(struct hash hash, const struct packet_digest_mask *mask, const uint8_t *ip,
	      uint32_t length, bool tcp)
{
	uint32_t at = 2 * HASH_BLOCK;

	hash = hash_absorb(hash, hash_mask(hash_load(ip), mask->ipv4));
	hash = hash_absorb(hash, hash_mask(hash_load(ip + HASH_BLOCK), mask->second[tcp]));
	if (unlikely(length < 3 * HASH_BLOCK))
		return length == at
			       ? hash
			       : hash_absorb(hash, hash_mask(hash_tail(ip + length, length - at),
							     mask->third[tcp]));
	hash = hash_absorb(hash, hash_mask(hash_load(ip + at), mask->third[tcp]));
	for (at += HASH_BLOCK; at + HASH_BLOCK <= length; at += HASH_BLOCK)
		hash = hash_absorb(hash, hash_load(ip + at));
	return at == length ? hash : hash_absorb(hash, hash_tail(ip + length, length - at));
}

/* As digest_one does it, of packets that are common; false: this one is not, or too short. */
static __rte_always_inline bool
digest_common(const struct rte_mbuf *packet, const struct packet_digest_mask *mask,
	      struct packet_digest *digest)
{
	const uint8_t *frame = rte_pktmbuf_mtod(packet, const uint8_t *), *ip = frame + COMMON_L3;
	uint32_t length = packet->data_len, said;
	struct hash hash;

	if (unlikely(packet->nb_segs > 1 || !packet_is_common(frame, length)))
		return false;
	length -= COMMON_L3;
	said = ip[2] << 8 | ip[3];
	if (said >= IPV4_HEADER && said < length)
		length = said;
	if (unlikely(length < 2 * HASH_BLOCK))
		return false;
	hash = hash_begin(length, COVER_IPV4);
	hash = hash_absorb(hash, hash_mask(hash_load(frame), mask->link));
	hash = absorb_common(hash, mask, ip, length, frame[COMMON_PROTOCOL] == IPPROTO_TCP);
	*digest = hash_finish(hash);
	return true;
}

static uint32_t
digest_some(struct rte_mbuf *const *packets, uint32_t wanted, const struct packet_digest_mask *mask,
	    struct packet_digest *digests)
{
	uint32_t left_out = 0;

	for (; wanted; wanted &= wanted - 1) {
		unsigned i = __builtin_ctz(wanted);

		if (unlikely(!digest_common(packets[i], mask, &digests[i])))
			left_out |= 1u << i;
	}
	return left_out;
}

const struct packet_digest_way DIGEST_WAY = {digest_some, digest_one};
