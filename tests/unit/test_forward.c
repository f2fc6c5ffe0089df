/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The forward stage on four net_ring ports, each of which gives back to a receive what was sent to it.
 * Every test ends with the ledger balanced and every mbuf back in the pool.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <rte_byteorder.h>
#include <rte_malloc.h>

#include "forward/forward.h"
#include "port/ports.h"
#include "port_kit.h"

#include "core/banned.h"

enum { A, B, C, D, PORTS };

#define FLOWS 32768
#define RING 1024 /* of net_ring: it holds one packet less */

static struct config *config;
static struct ports ports;
static struct tally tally;
static struct tally_rule rules[16];
static struct burst burst;

#define PORT(verb, port)                         \
	{                                        \
		CONFIG_##verb,                   \
		{                                \
			CONFIG_TARGET_PORT, port \
		}                                \
	}

static struct config_group group = {.name = (char *)"g", .ports = {A, B, C}, .port_count = 3};

static struct config_action to_a = PORT(FORWARD, A), to_b = PORT(FORWARD, B),
			    to_group = {CONFIG_FORWARD, {CONFIG_TARGET_GROUP, 0}},
			    drop = {.verb = CONFIG_DROP};
static struct config_action a_a_b_and_c[] = {PORT(MIRROR, A), PORT(MIRROR, A), PORT(MIRROR, B),
					     PORT(FORWARD, C)};

static struct config_action a_b_and_c[] = {PORT(MIRROR, A), PORT(MIRROR, B), PORT(FORWARD, C)};
static struct config_action b_and_drop[] = {PORT(MIRROR, B), {.verb = CONFIG_DROP}};
static struct config_action a_and_a[] = {PORT(MIRROR, A), PORT(FORWARD, A)};

enum {
	FORWARD_A,
	FORWARD_B,
	DROP_IT,
	MIRROR_AND_C,
	FORWARD_GROUP,
	PASS_MIRRORED,
	EACH_ONCE,
	MIRROR_AND_DROP,
	BOTH_A,
	RULES
};

static struct config_rule rule_table[RULES] = {
	[FORWARD_A] = {.actions = {&to_a, 1}},
	[FORWARD_B] = {.actions = {&to_b, 1}},
	[DROP_IT] = {.actions = {&drop, 1}},
	[MIRROR_AND_C] = {.actions = {a_a_b_and_c, 4}},
	[FORWARD_GROUP] = {.actions = {&to_group, 1}},
	[PASS_MIRRORED] = {.actions = {a_a_b_and_c, 3}},
	[EACH_ONCE] = {.actions = {a_b_and_c, 3}},
	[MIRROR_AND_DROP] = {.actions = {b_and_drop, 2}},
	[BOTH_A] = {.actions = {a_and_a, 2}},
};

static int
set_up(void **state)
{
	uint16_t cores[CONFIG_WORKERS_MAX];

	config = kit_config();
	kit_vdev(config, "net_ring0");
	kit_vdev(config, "net_ring1");
	kit_vdev(config, "net_ring2");
	kit_vdev(config, "net_ring3");
	config->groups = &group;
	config->group_count = 1;
	config->rules = rule_table;
	config->rule_count = RULES;
	config->default_actions = (struct config_actions){&drop, 1};
	if (ports_start_eal(config, PORT_LIVE, NULL, cores) < 0)
		return -1;
	return ports_open(&ports, config, PORT_LIVE, 1);
}

static int
tear_down(void **state)
{
	uint64_t leaked;

	ports_close(&ports);
	leaked = ports_leaked(&ports);
	ports_free(&ports);
	ports_stop_eal();
	return leaked == 0 ? 0 : -1;
}

/* A UDP packet of flow number; the two directions of a flow differ in which end sends. */
static struct rte_mbuf *
make_packet(unsigned flow, bool back)
{
	static const uint8_t start[] =
		"\2\0\0\0\0\1\2\0\0\0\0\2\x08\0\x45\0\0\x1c\0\0\0\0\x40\x11\0\0";
	struct rte_mbuf *packet = rte_pktmbuf_alloc(ports.pools[0].pool);
	uint8_t *frame = (uint8_t *)rte_pktmbuf_append(packet, 64);
	uint8_t ends[2][4] = {{10, 0, flow >> 8, flow & 255}, {192, 168, 0, 1}};
	uint8_t numbers[2][2] = {{4, flow & 255}, {0, 53}};

	if (!frame)
		abort();
	memset(frame, 0, 64);
	memcpy(frame, start, sizeof(start) - 1);
	memcpy(frame + 26, ends[back], 4);
	memcpy(frame + 30, ends[!back], 4);
	memcpy(frame + 34, numbers[back], 2);
	memcpy(frame + 36, numbers[!back], 2);
	return packet;
}

static void
begin(unsigned count)
{
	memset(&tally, 0, sizeof(tally));
	burst.count = count;
	burst.in_port = D;
	burst.worker = 0;
	burst.parsed = false;
	burst.entered = 0;
	burst.uniform = false;
	burst.passed_count = 0;
	burst.up = UINT64_MAX;
	burst.bounds = &frame_any;
	burst.bytes = count * 64;
	burst.tally = &tally;
	burst.in = &tally.ports[D];
	burst.rules = rules;
	for (unsigned i = 0; i < count; i++)
		burst.packets[i] = make_packet(i, false);
}

static void
run_keeping(void *plan, void *local)
{
	tally.ports[D].rx_packets += burst.count;
	forward_stage.run(plan, local, &burst);
}

/* Runs the burst through a fresh plan and checks the ledger. */
static void
run(void)
{
	struct stage_env env = {.config = config, .ports = ports.items, .numa = -1};
	struct error_list errors;
	uint64_t done = 0;
	void *plan, *local;

	error_list_init(&errors, NULL);
	assert_int_equal(forward_stage.compile(&env, &plan, &errors), 0);
	local = rte_zmalloc(NULL, forward_stage.local_size(plan), 64);
	run_keeping(plan, local);
	rte_free(local);
	forward_stage.release(plan);

	for (unsigned i = 0; i < DROP_REASONS; i++)
		done += tally.ports[D].drops[i];
	done += tally.ports[D].out;
	assert_int_equal(done, tally.ports[D].rx_packets + tally.ports[D].copies);
}

/* Takes what was sent to a port; returns how many, and the flows' last bytes in flows[]. */
static unsigned
received(unsigned port, uint8_t *flows)
{
	struct rte_mbuf *packets[32];
	unsigned total = 0;
	uint16_t count;

	while ((count = port_receive(ports.items[port], 0, packets, 32)) > 0) {
		for (unsigned i = 0; i < count; i++) {
			const uint8_t *frame = rte_pktmbuf_mtod(packets[i], const uint8_t *);

			if (flows)
				flows[total] = frame[26] == 10 ? frame[29] : frame[33];
			total++;
			rte_pktmbuf_free(packets[i]);
		}
	}
	return total;
}

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

/* Which member each flow goes to. */
static void
members(uint64_t up, bool back, int member[BURST_MAX])
{
	uint8_t flows[BURST_MAX];

	begin(BURST_MAX);
	for (unsigned i = 0; back && i < BURST_MAX; i++) {
		rte_pktmbuf_free(burst.packets[i]);
		burst.packets[i] = make_packet(i, true);
	}
	burst.uniform = true;
	burst.verdicts[0] = FORWARD_GROUP;
	burst.up = up;
	run();
	for (unsigned port = A; port <= C; port++) {
		unsigned count = received(port, flows);

		for (unsigned i = 0; i < count; i++)
			member[flows[i]] = port;
	}
}

static void
groups_keep_flows_together(void **state)
{
	int there[BURST_MAX], back[BURST_MAX];
	unsigned counts[PORTS] = {0};

	members(UINT64_MAX, false, there);
	members(UINT64_MAX, true, back);
	assert_memory_equal(there, back, sizeof(there));
	for (unsigned i = 0; i < BURST_MAX; i++)
		counts[there[i]]++;
	for (unsigned port = A; port <= C; port++)
		assert_in_range(counts[port], 1, BURST_MAX - 2);
}

static void
dead_members_flows_move_alone(void **state)
{
	int before[BURST_MAX], after[BURST_MAX];
	unsigned moved[PORTS] = {0};

	members(UINT64_MAX, false, before);
	members(UINT64_MAX & ~(UINT64_C(1) << B), false, after);
	for (unsigned i = 0; i < BURST_MAX; i++) {
		if (before[i] == B)
			moved[after[i]]++;
		else
			assert_int_equal(before[i], after[i]);
	}
	assert_int_equal(moved[B], 0);
	assert_true(moved[A] > 0 && moved[C] > 0);

	begin(BURST_MAX);
	burst.uniform = true;
	burst.verdicts[0] = FORWARD_GROUP;
	burst.up = UINT64_C(1) << D;
	run();
	assert_int_equal(tally.ports[D].drops[DROP_NO_MEMBER], BURST_MAX);
}

/* In runs of many flows, how many each member gets. */
static void
count_members(uint64_t up, unsigned counts[PORTS])
{
	memset(counts, 0, PORTS * sizeof(counts[0]));
	for (unsigned flow = 0; flow < FLOWS; flow += BURST_MAX) {
		begin(BURST_MAX);
		for (unsigned i = 0; i < BURST_MAX; i++) {
			rte_pktmbuf_free(burst.packets[i]);
			burst.packets[i] = make_packet(flow + i, flow / BURST_MAX % 2);
		}
		burst.uniform = true;
		burst.verdicts[0] = FORWARD_GROUP;
		burst.up = up;
		run();
		for (unsigned port = A; port <= C; port++)
			counts[port] += received(port, NULL);
	}
}

static void
members_get_what_they_weigh(void **state)
{
	int weighed[BURST_MAX], before[BURST_MAX], after[BURST_MAX];
	unsigned counts[PORTS];

	/* Weights that are equal are none. */
	members(UINT64_MAX, false, before);
	group.weights_given = true;
	for (unsigned i = 0; i < 3; i++)
		group.weights[i] = 300;
	members(UINT64_MAX, false, weighed);
	assert_memory_equal(before, weighed, sizeof(before));

	group.weights[A] = 500;
	group.weights[B] = 200;
	group.weights[C] = 100;
	count_members(UINT64_MAX, counts);
	assert_in_range(counts[A], FLOWS * 5 / 8 * 97 / 100, FLOWS * 5 / 8 * 103 / 100);
	assert_in_range(counts[B], FLOWS * 2 / 8 * 95 / 100, FLOWS * 2 / 8 * 105 / 100);
	assert_in_range(counts[C], FLOWS * 1 / 8 * 93 / 100, FLOWS * 1 / 8 * 107 / 100);
	members(UINT64_MAX, false, before);
	members(UINT64_MAX, true, after);
	assert_memory_equal(before, after, sizeof(before));

	/* Of a member that is down, others get by their weights, and keep theirs. */
	count_members(UINT64_MAX & ~(UINT64_C(1) << A), counts);
	assert_int_equal(counts[A], 0);
	assert_in_range(counts[B], FLOWS * 2 / 3 * 97 / 100, FLOWS * 2 / 3 * 103 / 100);
	members(UINT64_MAX & ~(UINT64_C(1) << A), false, after);
	for (unsigned i = 0; i < BURST_MAX; i++)
		assert_true(before[i] == A ? after[i] != A : before[i] == after[i]);
	group.weights_given = false;
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
		cmocka_unit_test(groups_keep_flows_together),
		cmocka_unit_test(dead_members_flows_move_alone),
		cmocka_unit_test(members_get_what_they_weigh),
		cmocka_unit_test(dead_port_and_full_ring_drop_by_name),
		cmocka_unit_test(what_a_port_cant_send_drops_by_name),
		cmocka_unit_test(mirrors_of_a_burst_are_given_port_by_port),
		cmocka_unit_test(a_port_that_gets_packets_twice_gets_them_in_turn),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
