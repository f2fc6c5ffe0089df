/* SPDX-License-Identifier: BSD-3-Clause */
/* Forward: what leaves, in which order, and under which name the rest is dropped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "forward_kit.h"

#include "core/banned.h"

#define RING 1024 /* of net_ring: it holds one packet less */

static void
uniform_leaves_whole(void **state)
{
	begin(BURST_MAX);
	burst.uniform = true;
	burst.verdicts[0] = FORWARD_A;
	run();
	assert_int_equal(received(A, NULL), BURST_MAX);
	assert_int_equal(tally.ports[A].tx_packets, BURST_MAX);
	assert_int_equal(tally.ports[A].tx_bytes, BURST_MAX * 64);
}

static void
mixed_verdicts_keep_order(void **state)
{
	uint8_t flows[BURST_MAX];

	begin(BURST_MAX);
	for (unsigned i = 0; i < BURST_MAX; i++)
		burst.verdicts[i] = i % 4 == 3 ? RULES : i % 4;
	run();
	assert_int_equal(received(A, flows), BURST_MAX / 4);
	for (unsigned i = 0; i < BURST_MAX / 4; i++)
		assert_int_equal(flows[i], i * 4);
	assert_int_equal(received(B, flows), BURST_MAX / 4);
	for (unsigned i = 0; i < BURST_MAX / 4; i++)
		assert_int_equal(flows[i], i * 4 + 1);
	assert_int_equal(tally.ports[D].drops[DROP_RULE], BURST_MAX / 4);
	assert_int_equal(tally.ports[D].drops[DROP_DEFAULT], BURST_MAX / 4);
}

static void
mirrors_are_references(void **state)
{
	begin(BURST_MAX);
	burst.uniform = true;
	burst.verdicts[0] = MIRROR_AND_C;
	run();
	assert_int_equal(received(A, NULL), 2 * BURST_MAX);
	assert_int_equal(received(B, NULL), BURST_MAX);
	assert_int_equal(received(C, NULL), BURST_MAX);
	assert_int_equal(tally.ports[D].copies, 3 * BURST_MAX);
	assert_int_equal(rte_mempool_in_use_count(ports.pools[0].pool), 0);
}

static void
passing_rules_mirror_too(void **state)
{
	static struct burst_pass passed[2 * BURST_MAX];

	begin(BURST_MAX);
	burst.uniform = true;
	burst.verdicts[0] = DROP_IT;
	burst.passed = passed;
	for (unsigned i = 0; i < BURST_MAX; i++) {
		passed[burst.passed_count++] = (struct burst_pass){i, PASS_MIRRORED};
		if (i % 2)
			passed[burst.passed_count++] = (struct burst_pass){i, MIRROR_AND_C};
	}
	run();
	assert_int_equal(received(A, NULL), 3 * BURST_MAX);
	assert_int_equal(received(B, NULL), BURST_MAX + BURST_MAX / 2);
	assert_int_equal(received(C, NULL), 0);
	assert_int_equal(tally.ports[D].drops[DROP_RULE], BURST_MAX);
}

static void
dead_port_and_full_ring_drop_by_name(void **state)
{
	unsigned sent = 0;

	begin(BURST_MAX);
	burst.uniform = true;
	burst.verdicts[0] = FORWARD_A;
	burst.up = 0;
	run();
	assert_int_equal(tally.ports[D].drops[DROP_PORT_DOWN], BURST_MAX);

	begin(BURST_MAX);
	burst.uniform = true;
	burst.verdicts[0] = FORWARD_A;
	burst.up = 0;
	ports.items[A]->service = PORT_REMOVED;
	run();
	ports.items[A]->service = PORT_IN_SERVICE;
	assert_int_equal(tally.ports[D].drops[DROP_REMOVED], BURST_MAX);

	while (sent < RING - 1) {
		begin(BURST_MAX);
		burst.uniform = true;
		burst.verdicts[0] = FORWARD_A;
		run();
		sent += tally.ports[A].tx_packets;
		assert_int_equal(tally.ports[A].tx_bytes, tally.ports[A].tx_packets * 64);
	}
	assert_int_equal(tally.ports[D].drops[DROP_TX_FULL], BURST_MAX - (RING - 1) % BURST_MAX);
	assert_int_equal(received(A, NULL), RING - 1);
}

static void
lengthen(struct rte_mbuf *packet, unsigned segments)
{
	while (segments--) {
		struct rte_mbuf *more = rte_pktmbuf_alloc(ports.pools[0].pool);

		assert_non_null(rte_pktmbuf_append(more, 10));
		assert_int_equal(rte_pktmbuf_chain(packet, more), 0);
	}
}

/* A chain of too many segments is seen although its length fits, also where bounds of the burst are known. */
static void
what_a_port_cant_send_drops_by_name(void **state)
{
	static const struct frame_bounds known = {.min = 64, .max = 94, .chains = true};
	struct frame_limits *sends = &ports.items[A]->sends;
	uint32_t chained = sends->chained, segments = sends->segments;

	sends->chained = FRAME_MAX;
	sends->segments = 2;
	for (unsigned i = 0; i < 2; i++) {
		begin(3);
		burst.bounds = i ? &known : &frame_any;
		burst.uniform = true;
		burst.verdicts[0] = FORWARD_A;
		lengthen(burst.packets[1], 1);
		lengthen(burst.packets[2], 3);
		burst.bytes += 40;
		run();
		assert_int_equal(received(A, NULL), 2);
		assert_int_equal(tally.ports[A].tx_bytes, 64 + 74);
		assert_int_equal(tally.ports[D].drops[DROP_SEGMENTS], 1);
	}
	sends->chained = chained;
	sends->segments = segments;
}

/* Those that did not fit at A make room for others there alone. */
static void
mirrors_of_a_burst_are_given_port_by_port(void **state)
{
	struct frame_limits *sends = &ports.items[A]->sends;
	uint32_t segments = sends->segments;
	uint8_t flows[BURST_MAX];

	sends->segments = 2;
	begin(BURST_MAX);
	burst.uniform = true;
	burst.verdicts[0] = EACH_ONCE;
	lengthen(burst.packets[1], 3);
	burst.bytes += 30;
	run();
	sends->segments = segments;
	assert_int_equal(received(A, flows), BURST_MAX - 1);
	for (unsigned i = 0; i < BURST_MAX - 1; i++)
		assert_int_equal(flows[i], i ? i + 1 : 0);
	for (unsigned port = B; port <= C; port++) {
		assert_int_equal(received(port, flows), BURST_MAX);
		for (unsigned i = 0; i < BURST_MAX; i++)
			assert_int_equal(flows[i], i);
		assert_int_equal(tally.ports[port].tx_bytes, BURST_MAX * 64 + 30);
	}
	assert_int_equal(tally.ports[A].tx_bytes, (BURST_MAX - 1) * 64);
	assert_int_equal(tally.ports[D].drops[DROP_SEGMENTS], 1);
	assert_int_equal(tally.ports[D].copies, 2 * BURST_MAX);

	begin(BURST_MAX);
	for (unsigned i = 0; i < BURST_MAX; i++)
		burst.verdicts[i] = MIRROR_AND_DROP;
	run();
	assert_int_equal(received(B, NULL), BURST_MAX);
	assert_int_equal(tally.ports[D].drops[DROP_RULE], BURST_MAX);
	assert_int_equal(rte_mempool_in_use_count(ports.pools[0].pool), 0);
}

static void
a_port_that_gets_packets_twice_gets_them_in_turn(void **state)
{
	uint8_t flows[2 * BURST_MAX];

	begin(BURST_MAX);
	burst.uniform = true;
	burst.verdicts[0] = BOTH_A;
	run();
	assert_int_equal(received(A, flows), 2 * BURST_MAX);
	for (unsigned i = 0; i < 2 * BURST_MAX; i++)
		assert_int_equal(flows[i], i / 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(uniform_leaves_whole),
		cmocka_unit_test(mixed_verdicts_keep_order),
		cmocka_unit_test(mirrors_are_references),
		cmocka_unit_test(passing_rules_mirror_too),
		cmocka_unit_test(dead_port_and_full_ring_drop_by_name),
		cmocka_unit_test(what_a_port_cant_send_drops_by_name),
		cmocka_unit_test(mirrors_of_a_burst_are_given_port_by_port),
		cmocka_unit_test(a_port_that_gets_packets_twice_gets_them_in_turn),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
