/* SPDX-License-Identifier: BSD-3-Clause */
/* Keys: those taken from frames are those of the frames' views. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "captures.h"
#include "classify/keys.h"
#include "fake_mbuf.h"

#define SETS 4096

static struct captures captures;
static struct cache_narrow cache[SETS];
static struct burst burst, parsed;

/* Packets from a place in the captures on, some of them in two segments. */
static void
fill(unsigned at, unsigned count)
{
	static struct rte_mbuf mbufs[BURST_MAX][2];

	memset(&burst, 0xa5, sizeof(burst));
	burst.count = count;
	burst.in_port = at % 64;
	burst.parsed = false;
	for (unsigned i = 0; i < count; i++) {
		const struct captured *packet = &captures.packets[(at + i) % captures.count];
		uint32_t cut = (at * 7 + i * 3) % (packet->length + 1);

		fake_mbuf_chain(mbufs[i], (at + i) % 4 == 0 ? 2 : 1, packet->bytes, &cut,
				packet->length);
		burst.packets[i] = mbufs[i];
	}
}

static void
frames_have_the_keys_of_their_views(void **state)
{
	unsigned narrow = 0, wide = 0;

	for (unsigned at = 0; at < captures.count; at++) {
		unsigned count = 1 + at % BURST_MAX;
		struct keys keys;
		bool whole;

		fill(at, count);
		whole = keys_of_burst(&keys, &burst, cache, SETS - 1);
		assert_false(burst.parsed);
		parsed = burst;
		burst_parse(&parsed);
		assert_int_equal(whole, !(parsed.kinds & PACKET_WIDE));
		narrow += whole;
		wide += !whole;
		for (unsigned i = 0; whole && i < count; i++) {
			uint64_t key[2];

			cache_narrow_key(&parsed.views[i], cache_port_bits(burst.in_port), key);
			assert_memory_equal(key, keys.keys[i], sizeof(key));
			assert_ptr_equal(keys.sets[i], &cache[cache_narrow_set(key, SETS - 1)]);
		}
	}
	assert_true(narrow > 1000 && wide > 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(frames_have_the_keys_of_their_views)};

	captures_load(&captures);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
