/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Cache: exact flows in front of the tables. A key is every byte of a view that a table can look
 * at, a value the rule that decides. One worker's memory, never shared; what it holds stays true as
 * long as the program does, so nothing is ever taken out but to make room.
 *
 * Both kinds of set have three ways: with two, 4 in 100 of 10,000 flows would find their set full.
 */
#ifndef CLASSIFY_CACHE_H
#define CLASSIFY_CACHE_H

#include <rte_hash_crc.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE4_1__
#include <immintrin.h>
#endif

#include "packet/view.h"

#define CACHE_WAYS 3

/* Sets of each kind, powers of two: with so many it begins, and so many it may come to have. A
 * cache no larger than its flows need leaves the processor's own to the packets. */
#define CACHE_SETS_FIRST 4096
#define CACHE_NARROW_SETS 65536
#define CACHE_WIDE_SETS 32768

/* Values of the wide kind are packed three to a word. */
#define CACHE_VALUE_BITS 21
#define CACHE_VALUE_MAX ((1u << CACHE_VALUE_BITS) - 1)

struct cache_narrow {
	uint64_t keys[CACHE_WAYS][2];
	uint32_t values[CACHE_WAYS + 1]; /* the last: the way that is given up next */
} __attribute__((aligned(64)));

struct cache_wide {
	uint64_t keys[CACHE_WAYS][5];
	uint64_t values;
} __attribute__((aligned(64)));

_Static_assert(sizeof(struct cache_narrow) == 64, "a narrow set, one cache line");
_Static_assert(sizeof(struct cache_wide) == 128, "a wide set, two cache lines");

/* A key's last word has, above the ports and vlan, the protocol and a byte of kind and in_port.
 * This is what is to be combined with that byte: the port moved by two bits, away from the kind's
 * lowest. */
static inline uint64_t
cache_port_bits(uint16_t in_port)
{
	return (uint64_t)(uint8_t)(in_port ^ in_port << 2) << 56;
}

static inline uint64_t
cache_load(const void *from)
{
	uint64_t word;

	memcpy(&word, from, sizeof(word));
	return word;
}

/* Ports, vlan, protocol, kind and in_port in one word. Kinds differ in their low two bits within
 * the narrow ones and within the wide ones. */
static inline uint64_t
cache_tail(const struct packet_view *view, uint64_t port_bits)
{
	const uint8_t *bytes = (const uint8_t *)view;

	return cache_load(bytes + offsetof(struct packet_view, src_port)) ^
	       (cache_load(bytes + offsetof(struct packet_view, vlan)) &
		UINT64_C(0xffff000000000000)) ^
	       port_bits;
}

/* The key of a view without IPv6; the ether_type only tells views apart that have no addresses. */
static inline void
cache_narrow_key(const struct packet_view *view, uint64_t port_bits, uint64_t key[2])
{
	key[0] = cache_load(view) ^ view->ether_type;
	key[1] = cache_tail(view, port_bits);
}

static inline void
cache_wide_key(const struct packet_view *view, uint64_t port_bits, uint64_t key[5])
{
	memcpy(key, view->src6, 16);
	memcpy(key + 2, view->dst6, 16);
	key[4] = cache_tail(view, port_bits);
}

/* One step of a CRC. rte_hash_crc asks in every call whether the instruction is there. */
static inline uint64_t
cache_mix(uint64_t word, uint64_t hash)
{
#ifdef __SSE4_2__
	return __builtin_ia32_crc32di(hash, word);
#else
	return rte_hash_crc_8byte(word, hash);
#endif
}

/* Of the mask + 1 sets that are used, the key's. */
static inline uint32_t
cache_narrow_set(const uint64_t key[2], uint32_t mask)
{
	return cache_mix(key[1], cache_mix(key[0], 0)) & mask;
}

static inline uint32_t
cache_wide_set(const uint64_t key[5], uint32_t mask)
{
	uint64_t hash = 0;

	for (unsigned i = 0; i < 5; i++)
		hash = cache_mix(key[i], hash);
	return hash & mask;
}

#ifdef __SSE4_1__
/* Of one comparison a way, each half of which is all ones where it was equal, the way that is equal
 * as a whole; CACHE_WAYS when none is. */
static inline unsigned
cache_equal_way(__m128i first, __m128i second, __m128i third)
{
	/* Two bits for each half: those of the first way are the lowest four. */
	unsigned halves = _mm_movemask_epi8(
		_mm_packs_epi16(_mm_packs_epi32(first, second), _mm_packs_epi32(third, third)));

	halves &= halves >> 2;
	return (unsigned)__builtin_ctz((halves & 0x111) | 1u << CACHE_WAYS * 4) / 4;
}

static inline __m128i
cache_wide_equal(const uint64_t way[5], const uint64_t key[5])
{
	const __m128i *a = (const __m128i *)way, *b = (const __m128i *)key;
	__m128i differ = _mm_xor_si128(_mm_loadu_si128(&a[0]), _mm_loadu_si128(&b[0]));

	differ =
		_mm_or_si128(differ, _mm_xor_si128(_mm_loadu_si128(&a[1]), _mm_loadu_si128(&b[1])));
	differ = _mm_or_si128(differ, _mm_cvtsi64_si128((int64_t)(way[4] ^ key[4])));
	return _mm_cmpeq_epi64(differ, _mm_setzero_si128());
}
#else
static inline unsigned
cache_plain_find(const void *ways, const void *key, size_t size)
{
	unsigned found = CACHE_WAYS;

	for (unsigned way = 0; way < CACHE_WAYS; way++) {
		if (memcmp((const char *)ways + way * size, key, size) == 0)
			found = way;
	}
	return found;
}
#endif

/* The way that holds the key, or CACHE_WAYS. Without branches: which way a flow is in can't be
 * foretold. values[CACHE_WAYS] may be read and means nothing. */
static inline unsigned
cache_narrow_find(const struct cache_narrow *set, const uint64_t key[2])
{
#ifdef __SSE4_1__
	const __m128i *ways = (const __m128i *)set->keys;
	__m128i wanted = _mm_loadu_si128((const __m128i *)key);

	return cache_equal_way(_mm_cmpeq_epi64(wanted, _mm_load_si128(&ways[0])),
			       _mm_cmpeq_epi64(wanted, _mm_load_si128(&ways[1])),
			       _mm_cmpeq_epi64(wanted, _mm_load_si128(&ways[2])));
#else
	return cache_plain_find(set->keys, key, sizeof(set->keys[0]));
#endif
}

static inline unsigned
cache_wide_find(const struct cache_wide *set, const uint64_t key[5])
{
#ifdef __SSE4_1__
	return cache_equal_way(cache_wide_equal(set->keys[0], key),
			       cache_wide_equal(set->keys[1], key),
			       cache_wide_equal(set->keys[2], key));
#else
	return cache_plain_find(set->keys, key, sizeof(set->keys[0]));
#endif
}

static inline uint32_t
cache_wide_value(const struct cache_wide *set, unsigned way)
{
	return set->values >> (way * CACHE_VALUE_BITS % 64) & CACHE_VALUE_MAX;
}

static inline void
cache_narrow_insert(struct cache_narrow *set, const uint64_t key[2], uint32_t value)
{
	unsigned way = set->values[CACHE_WAYS];

	set->values[CACHE_WAYS] = way + 1 < CACHE_WAYS ? way + 1 : 0;
	memcpy(set->keys[way], key, sizeof(set->keys[way]));
	set->values[way] = value;
}

/* tick is anything that changes from one call to the next. */
static inline void
cache_wide_insert(struct cache_wide *set, const uint64_t key[5], uint32_t value, uint32_t tick)
{
	unsigned way = tick % CACHE_WAYS;
	unsigned shift = way * CACHE_VALUE_BITS;

	memcpy(set->keys[way], key, sizeof(set->keys[way]));
	set->values = (set->values & ~((uint64_t)CACHE_VALUE_MAX << shift)) | (uint64_t)value
										      << shift;
}

/* Looks a burst up, each key in the set of the same place: writes what its way holds, or anything
 * where no way has it, and returns how many those are. */
typedef unsigned (*cache_narrow_finder)(struct cache_narrow *const *sets, const uint64_t (*keys)[2],
					unsigned count, uint32_t *values);

/* The fastest that this processor has, and the one that all have. */
cache_narrow_finder cache_narrow_best(void);
cache_narrow_finder cache_narrow_plain(void);

/* Makes sets hold nothing. */
void cache_narrow_clear(struct cache_narrow *sets, size_t count);
void cache_wide_clear(struct cache_wide *sets, size_t count);

/* Whether looking into a cache pays, and how many sets its flows need. Both are judged at the end
 * of a window: too many misses, and twice as many sets are used. Nothing moves for that: what has
 * another set now is missed once, which is why the window that follows is not judged so. With flows
 * that never come again all sets don't help: the cache is left alone for a long while, and then
 * tried again. */
struct cache_gate {
	int32_t left; /* packets to the end of the window, or of the while */
	uint32_t hits;
	uint32_t mask, mask_max; /* of the sets that are used */
	bool closed, grown;      /* grown: since the window before */
};

#define CACHE_WINDOW (1 << 18) /* packets; more than flows fit, so that they can come twice */
#define CACHE_WHILE (1 << 23)  /* packets */
#define CACHE_HITS_WORTH (CACHE_WINDOW / 4)
#define CACHE_HITS_GOOD (CACHE_WINDOW - CACHE_WINDOW / 128)

static inline struct cache_gate
cache_gate_open(uint32_t sets_max)
{
	return (struct cache_gate){.left = CACHE_WINDOW,
				   .mask = CACHE_SETS_FIRST - 1,
				   .mask_max = sets_max - 1,
				   .grown = true};
}

/* The end of a window or of a while. */
void cache_gate_judge(struct cache_gate *gate);

static inline void
cache_gate_pass(struct cache_gate *gate, uint32_t packets, uint32_t hits)
{
	gate->hits += hits;
	gate->left -= packets;
	if (__builtin_expect(gate->left <= 0, 0))
		cache_gate_judge(gate);
}

#endif
