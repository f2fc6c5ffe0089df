/* SPDX-License-Identifier: BSD-3-Clause */
#include "classify/cache.h"

#include "core/banned.h"

static unsigned
find_by_halves(struct cache_narrow *const *sets, const uint64_t (*keys)[2], unsigned count,
	       uint32_t *values)
{
	unsigned missed = 0;

	for (unsigned i = 0; i < count; i++) {
		unsigned way = cache_narrow_find(sets[i], keys[i]);

		values[i] = sets[i]->values[way];
		missed += way == CACHE_WAYS;
	}
	return missed;
}

#ifdef __x86_64__

/* A set is as long as a register of AVX-512: one comparison tells of all ways. */
__attribute__((target("avx512f,avx512dq,bmi"))) static unsigned
find_at_once(struct cache_narrow *const *sets, const uint64_t (*keys)[2], unsigned count,
	     uint32_t *values)
{
	unsigned missed = 0;

	for (unsigned i = 0; i < count; i++) {
		__m512i key = _mm512_broadcast_i64x2(_mm_loadu_si128((const __m128i *)keys[i]));
		/* A bit for each half of a way, and two for the values. */
		unsigned halves = _mm512_cmpeq_epi64_mask(_mm512_load_si512(sets[i]), key);
		unsigned ways = halves & halves >> 1 & 0x15;

		values[i] = sets[i]->values[_tzcnt_u32(ways | 1u << CACHE_WAYS * 2) / 2];
		missed += ways == 0;
	}
	return missed;
}

cache_narrow_finder
cache_narrow_best(void)
{
	return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
			       __builtin_cpu_supports("bmi")
		       ? find_at_once
		       : find_by_halves;
}

#else

cache_narrow_finder
cache_narrow_best(void)
{
	return find_by_halves;
}

#endif

cache_narrow_finder
cache_narrow_plain(void)
{
	return find_by_halves;
}
