/* SPDX-License-Identifier: BSD-3-Clause */
/* Forward: which member of a group a flow goes to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "forward_kit.h"

#include "core/banned.h"

#define FLOWS 32768

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups_keep_flows_together),
		cmocka_unit_test(dead_members_flows_move_alone),
		cmocka_unit_test(members_get_what_they_weigh),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
