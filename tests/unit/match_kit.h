/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Match kit: a matcher that is told of packets by a number each, which stands for their keys.
 */
#ifndef TEST_MATCH_KIT_H
#define TEST_MATCH_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "match/match.h"

#define FOR_EVER UINT64_MAX

static struct match *match;
static struct match_found found;

static inline void
begin(bool automatic, uint64_t within_ns, uint32_t held, uint32_t pending)
{
	const struct match_options options = {.manner = {.automatic = automatic},
					      .within_ns = within_ns,
					      .held = held,
					      .pending = pending};

	match_free(match);
	match = match_new(&options);
	assert_non_null(match);
}

static inline uint64_t
mixed(uint64_t key)
{
	key = (key + 1) * UINT64_C(0x9e3779b97f4a7c15);
	return key ^ key >> 29;
}

static inline struct match_packet
packet(uint64_t key, uint64_t time_ns, uint64_t number)
{
	return (struct match_packet){
		.keys = {.of = {mixed(key), mixed(key + 1000000), mixed(key + 2000000)}},
		.time_ns = time_ns,
		.number = number,
	};
}

static inline void
sent(uint64_t key, uint64_t time_ns, uint64_t number)
{
	struct match_packet one = packet(key, time_ns, number);

	match_sent(match, &one, 1);
}

static inline int
back(uint64_t key, uint64_t time_ns)
{
	struct match_packet one = packet(key, time_ns, key);

	match_back(match, &one, 1, &found);
	return found.is;
}

/* All that is told; what is sent and back must add up. */
static inline struct match_numbers
numbers(void)
{
	struct match_numbers all;

	match_tell(match, &all);
	assert_int_equal(all.sent, all.waiting + all.matched + all.late + all.changed + all.lost);
	assert_int_equal(all.back, all.matched + all.late + all.changed + all.duplicated +
					   all.unknown + all.pending);
	assert_int_equal(all.matched + all.late, all.by[0] + all.by[1] + all.by[2]);
	return all;
}

static inline int
end(void **state)
{
	match_free(match);
	return 0;
}

#endif
