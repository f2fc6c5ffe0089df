/* SPDX-License-Identifier: BSD-3-Clause */
/* The quick way of what set changes in the network and transport headers. IPv4 is set in four
 * packets at a time. */
#include <immintrin.h>
#include <netinet/in.h>
#include <rte_branch_prediction.h>
#include <rte_common.h>
#include <string.h>

#include "edit/fields.h"
#include "edit/quick.h"
#include "packet/common.h"
#include "packet/sum.h"
#include "packet/sums.h"
#include "stage/burst.h"

#include "core/banned.h"

#define PORTS (CONFIG_SET_SRC_PORT | CONFIG_SET_DST_PORT)
#define FIELDS (CONFIG_SET_DSCP | CONFIG_SET_TTL)
#define ADDRESSES (CONFIG_SET_SRC | CONFIG_SET_DST)

/* Neither SCTP's CRC, nor options and extension headers, which may be routes, nor what ends before
 * its checksum; and all addresses that are set are of the packet's family. */
uint32_t
edit_fits_network(const struct edit_set *set, const struct edit_group *group, uint32_t which)
{
	bool only4 = set->family[0] == 4 || set->family[1] == 4;
	bool only6 = set->family[0] == 6 || set->family[1] == 6;

	if (!group->views)
		return only6 ? 0 : which;
	for (uint32_t left = which; left; left &= left - 1) {
		unsigned i = __builtin_ctz(left);
		const struct packet_view *view = edit_view(group, i);
		bool wide = view->kind == PACKET_IPV6_PORTS, udp = view->protocol == IPPROTO_UDP;
		unsigned transport = wide ? IPV6_HEADER : IPV4_HEADER;
		unsigned end = view->l4_offset + (udp ? UDP_SUM : TCP_SUM) + 2;
		bool fits = (wide || view->kind == PACKET_IPV4_PORTS) && !(wide ? only4 : only6) &&
			    (udp || view->protocol == IPPROTO_TCP) &&
			    view->l4_offset == view->l3_offset + transport &&
			    end <= group->packets[i]->data_len;

		which &= ~((uint32_t)!fits << i);
	}
	return which;
}

void
edit_deepen_network(const struct edit_set *set, const struct edit_group *group, uint32_t which,
		    uint16_t *depths)
{
	bool sum = set->given & (ADDRESSES | PORTS);

	for (; which; which &= which - 1) {
		unsigned i = __builtin_ctz(which);
		const struct packet_view *view = edit_view(group, i);
		unsigned after = view->protocol == IPPROTO_UDP ? UDP_SUM + 2 : TCP_SUM + 2;

		/* Which is the end of IP's header, in packets that fit. */
		depths[i] = RTE_MAX(depths[i], view->l4_offset + (sum ? after : 0));
	}
}

/* What is set in IPv4 without options, in two vectors that don't overlap where they are written:
 * the header's first 12 bytes, and the 12 that are both addresses and both ports. What is not set
 * stays as it is. */
struct bytes {
	__m128i keep, value;                     /* of the first, DSCP */
	__m128i added, taken, least, most;       /* and of it TTL, in this order */
	__m128i addresses_keep, addresses_value; /* of the second, with the ports */
};

static void
make_fields(const struct edit_set *set, struct bytes *bytes)
{
	uint8_t keep[16], value[16] = {0}, added[16] = {0}, taken[16] = {0}, least[16] = {0};
	uint8_t most[16];

	memset(keep, 0xff, sizeof(keep));
	memset(most, 0xff, sizeof(most));
	if (set->given & CONFIG_SET_DSCP) {
		keep[1] = 3;
		value[1] = set->dscp << 2;
	}
	if (set->given & CONFIG_SET_TTL) {
		added[IPV4_TTL] = RTE_MIN(RTE_MAX(set->ttl_added, 0), UINT8_MAX);
		taken[IPV4_TTL] = RTE_MIN(RTE_MAX(-set->ttl_added, 0), UINT8_MAX);
		least[IPV4_TTL] = set->ttl_least;
		most[IPV4_TTL] = set->ttl_most;
	}
	bytes->keep = _mm_loadu_si128((const __m128i *)keep);
	bytes->value = _mm_loadu_si128((const __m128i *)value);
	bytes->added = _mm_loadu_si128((const __m128i *)added);
	bytes->taken = _mm_loadu_si128((const __m128i *)taken);
	bytes->least = _mm_loadu_si128((const __m128i *)least);
	bytes->most = _mm_loadu_si128((const __m128i *)most);
}

static void
make_addresses(const struct edit_set *set, struct bytes *bytes)
{
	uint32_t keep[4] = {UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX}, value[4] = {0};

	for (unsigned i = 0; i < 2; i++) {
		if (set->family[i] != 4)
			continue;
		keep[i] = set->address[i].keep[0];
		value[i] = set->address[i].value[0];
	}
	if (set->given & PORTS) {
		keep[2] = set->ports_keep;
		value[2] = set->ports_value;
	}
	bytes->addresses_keep = _mm_loadu_si128((const __m128i *)keep);
	bytes->addresses_value = _mm_loadu_si128((const __m128i *)value);
}

#define FOUR 4

/* Words of a row for each packet, as rows of a word of each. */
struct rows {
	__m128i words[3];
};

static inline struct rows
turn(const __m128i packets[FOUR])
{
	__m128i low = _mm_unpacklo_epi32(packets[0], packets[1]);
	__m128i low2 = _mm_unpacklo_epi32(packets[2], packets[3]);
	__m128i high = _mm_unpackhi_epi32(packets[0], packets[1]);
	__m128i high2 = _mm_unpackhi_epi32(packets[2], packets[3]);

	return (struct rows){{_mm_unpacklo_epi64(low, low2), _mm_unpackhi_epi64(low, low2),
			      _mm_unpacklo_epi64(high, high2)}};
}

static inline __m128i
load(const uint8_t *at)
{
	return _mm_loadu_si128((const __m128i *)at);
}

/* Both return what they change, as in sums.h. */
static inline __m128i
put_fields(const struct bytes *bytes, uint8_t *const ips[FOUR])
{
	__m128i before[FOUR], changes[FOUR];
	struct rows rows;

	for (unsigned i = 0; i < FOUR; i++)
		before[i] = load(ips[i]);
	for (unsigned i = 0; i < FOUR; i++) {
		__m128i after = _mm_or_si128(_mm_and_si128(before[i], bytes->keep), bytes->value);

		after = _mm_subs_epu8(_mm_adds_epu8(after, bytes->added), bytes->taken);
		after = _mm_min_epu8(_mm_max_epu8(after, bytes->least), bytes->most);
		changes[i] = sums_differ(before[i], after);
		_mm_storel_epi64((__m128i *)ips[i], after);
		_mm_storeu_si32(ips[i] + IPV4_TTL, _mm_srli_si128(after, IPV4_TTL));
	}
	rows = turn(changes);
	return _mm_add_epi32(rows.words[0], rows.words[2]);
}

struct changes {
	__m128i addresses, ports;
};

static inline struct changes
put_addresses(const struct bytes *bytes, uint8_t *const ips[FOUR])
{
	__m128i before[FOUR], changes[FOUR];
	struct rows rows;

	for (unsigned i = 0; i < FOUR; i++)
		before[i] = load(ips[i] + IPV4_SRC);
	for (unsigned i = 0; i < FOUR; i++) {
		__m128i after = _mm_or_si128(_mm_and_si128(before[i], bytes->addresses_keep),
					     bytes->addresses_value);

		changes[i] = sums_differ(before[i], after);
		_mm_storeu_si128((__m128i *)(ips[i] + IPV4_SRC), after);
	}
	rows = turn(changes);
	return (struct changes){_mm_add_epi32(rows.words[0], rows.words[1]), rows.words[2]};
}

static inline __m128i
get_sums(uint8_t *const ips[FOUR], unsigned offset)
{
	__m128i sums = _mm_cvtsi32_si128(get16(ips[0] + offset));

	sums = _mm_insert_epi16(sums, get16(ips[1] + offset), 2);
	sums = _mm_insert_epi16(sums, get16(ips[2] + offset), 4);
	return _mm_insert_epi16(sums, get16(ips[3] + offset), 6);
}

static inline void
put_sums(uint8_t *const ips[FOUR], unsigned offset, __m128i sums)
{
	put16(ips[0] + offset, _mm_extract_epi16(sums, 0));
	put16(ips[1] + offset, _mm_extract_epi16(sums, 2));
	put16(ips[2] + offset, _mm_extract_epi16(sums, 4));
	put16(ips[3] + offset, _mm_extract_epi16(sums, 6));
}

/* Headers of IPv4, and room for as many as make up four. */
struct headers {
	uint8_t *ips[BURST_MAX + FOUR];
	unsigned count;
};

static __rte_always_inline void
set_fours(struct headers *headers, const struct bytes bytes, bool fields, bool transport, bool udp)
{
	const unsigned offset = IPV4_HEADER + (udp ? UDP_SUM : TCP_SUM), count = headers->count;

	/* All of four packets are read before any is written, so the last may be there twice. */
	for (unsigned i = count; count && i % FOUR; i++)
		headers->ips[i] = headers->ips[count - 1];
	for (unsigned i = 0; i < count; i += FOUR) {
		uint8_t *const *ips = &headers->ips[i];
		__m128i change = fields ? put_fields(&bytes, ips) : _mm_setzero_si128();

		if (transport) {
			struct changes changes = put_addresses(&bytes, ips);
			__m128i below = _mm_add_epi32(changes.addresses, changes.ports);
			__m128i sums = get_sums(ips, offset);

			change = _mm_add_epi32(change, changes.addresses);
			put_sums(ips, offset,
				 udp ? sums_adjust_udp(sums, below) : sums_adjust(sums, below));
		}
		put_sums(ips, IPV4_SUM, sums_adjust(get_sums(ips, IPV4_SUM), change));
	}
}

/* The fields of a set that most have are of one kind: fields of IPv4 alone, or none of them. */
static inline void
set_headers(const struct edit_set *set, struct headers *headers, const struct bytes *bytes,
	    bool udp)
{
	bool fields = set->given & FIELDS, transport = set->given & (ADDRESSES | PORTS);

	if (!fields)
		set_fours(headers, *bytes, false, true, udp);
	else if (!transport)
		set_fours(headers, *bytes, true, false, udp);
	else
		set_fours(headers, *bytes, true, true, udp);
}

/* What is written in a group, by its transport. */
struct parts {
	struct headers udp, tcp;
	uint32_t wide; /* IPv6, as bits */
};

static void
part(const struct edit_group *group, uint32_t which, struct parts *parts)
{
	unsigned udps = 0, tcps = 0;
	uint32_t wide = 0;

	for (; which; which &= which - 1) {
		unsigned i = __builtin_ctz(which);
		uint8_t *ip = rte_pktmbuf_mtod(group->packets[i], uint8_t *);
		bool udp;

		if (group->views) {
			const struct packet_view *view = edit_view(group, i);

			if (unlikely(view->kind & PACKET_WIDE)) {
				wide |= 1u << i;
				continue;
			}
			ip += view->l3_offset;
		} else {
			ip += COMMON_L3;
		}
		udp = ip[IPV4_PROTOCOL] == IPPROTO_UDP;
		parts->udp.ips[udps] = ip;
		parts->tcp.ips[tcps] = ip;
		udps += udp;
		tcps += !udp;
	}
	parts->udp.count = udps;
	parts->tcp.count = tcps;
	parts->wide = wide;
}

static __rte_noinline void
set_wide(const struct edit_set *set, const struct edit_group *group, uint32_t which)
{
	const uint32_t keep = set->given & PORTS ? set->ports_keep : UINT32_MAX;
	const uint32_t value = set->given & PORTS ? set->ports_value : 0;

	for (; which; which &= which - 1) {
		unsigned i = __builtin_ctz(which);
		const struct packet_view *view = edit_view(group, i);
		uint8_t *start = rte_pktmbuf_mtod(group->packets[i], uint8_t *);
		uint8_t *l4 = start + view->l4_offset;
		bool udp = view->protocol == IPPROTO_UDP;
		uint8_t *at = l4 + (udp ? UDP_SUM : TCP_SUM);
		uint64_t change = edit_set_ipv6(set, 0, start + view->l3_offset);

		change += edit_put_words(l4, &keep, &value, 1);
		put16(at, udp ? sum_adjust_udp(get16(at), change) : sum_adjust(get16(at), change));
	}
}

void
edit_quick_network(const struct edit_set *set, const struct edit_group *group, uint32_t which)
{
	struct bytes bytes;
	struct parts parts;

	part(group, which, &parts);
	make_fields(set, &bytes);
	make_addresses(set, &bytes);
	if (parts.udp.count)
		set_headers(set, &parts.udp, &bytes, true);
	if (parts.tcp.count)
		set_headers(set, &parts.tcp, &bytes, false);
	if (unlikely(parts.wide))
		set_wide(set, group, parts.wide);
}
