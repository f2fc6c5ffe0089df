/* SPDX-License-Identifier: BSD-3-Clause */
/* Edits without frames, where packets lie or on headers of their own, against the long way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <netinet/in.h>
#include <stdio.h>

#include "edit_kit.h"
#include "port/cut.h"
#include "port/time.h"

#include "core/banned.h"

#define RUNS 20000
#define IPV4_PROTOCOL 23 /* where it stands in a frame without tags */

/* Whether packets that are right for it can be edited the quick way. */
static bool
may_be_quick(const struct config_action *action, unsigned *seed)
{
	switch (action->verb) {
	case CONFIG_SET:
		return true;
	case CONFIG_PUSH:
		return action->push->kind != CONFIG_PUSH_MPLS &&
		       action->push->kind != CONFIG_PUSH_ERSPAN;
	case CONFIG_STRIP:
		return action->strip->count == 1 && action->strip->what[0] == CONFIG_STRIP_VLAN;
	case CONFIG_SLICE:
		return action->slice->after == CONFIG_AFTER_NOTHING;
	default:
		return false;
	}
}

static void
make_frame(unsigned *seed, struct bytes *frame)
{
	read_hex(edit_cases[rand_r(seed) % CASES].before, rand_r(seed) % 2 ? TAIL : 0, frame);
	if (rand_r(seed) % 8 == 0)
		frame->at[IPV4_PROTOCOL] = IPPROTO_SCTP;
	if (rand_r(seed) % 4)
		return;
	for (unsigned i = rand_r(seed) % 4; i; i--)
		frame->at[rand_r(seed) % RTE_MIN(frame->length, 100u)] = rand_r(seed);
	frame->length = 1 + rand_r(seed) % RTE_MIN(frame->length, 100u);
}

/* So many bytes of room are left in front of it. */
static void
move(struct rte_mbuf *packet, uint16_t room)
{
	uint8_t *before = rte_pktmbuf_mtod(packet, uint8_t *);

	if (!RTE_MBUF_DIRECT(packet))
		return;
	packet->data_off = room;
	memmove(rte_pktmbuf_mtod(packet, uint8_t *), before, packet->data_len);
}

/* The same frames twice: most of them in one segment, and in two, which go the long way. */
struct twice {
	struct bytes frames[BURST_MAX];
	struct rte_mbuf *groups[2][BURST_MAX], *held[2 * BURST_MAX], *taken[2 * POOL];
	struct packet_view views[BURST_MAX];
	uint8_t from[2][BURST_MAX];
	struct edit_idle idle[2];
	unsigned manner; /* of the first */
	unsigned count, held_count, taken_count;
};

static void
parse(const struct bytes *frame, struct packet_view *view)
{
	struct rte_mbuf *packet = make(frame, &(struct way){0});

	packet_parse(&packet, 1, 0, view);
	rte_pktmbuf_free(packet);
}

static void
make_twice(struct twice *twice, unsigned *seed)
{
	static const unsigned manners[] = {
		OWN_ALONE,         OWN_ALONE | OWN_ONE_SEGMENT, 0,         OWN_ONE_SEGMENT,
		3 << OWN_SEGMENTS, OWN_ALONE | EDIT_TELLS,      EDIT_TELLS};
	unsigned odd = rand_r(seed) % 3 ? 0 : 4;

	twice->manner = manners[rand_r(seed) % RTE_DIM(manners)];

	twice->count = 1 + rand_r(seed) % BURST_MAX;
	twice->held_count = twice->taken_count = 0;
	for (unsigned p = 0; p < twice->count; p++) {
		struct bytes *frame = &twice->frames[p];
		struct way way = {0};

		make_frame(seed, frame);
		if (odd && rand_r(seed) % odd == 0)
			way = (struct way){.where = rand_r(seed) % 3,
					   .cut = rand_r(seed) % RTE_MIN(frame->length, 100u)};
		twice->groups[0][p] = make(frame, &way);
		if (odd && rand_r(seed) % odd == 0)
			move(twice->groups[0][p], rand_r(seed) % RTE_PKTMBUF_HEADROOM);
		twice->groups[1][p] = make(frame, &(struct way){.cut = frame->length > 1 ? 1 : 0});
		twice->held[twice->held_count++] = twice->groups[1][p];
		if (odd && rand_r(seed) % odd == 0)
			twice->held[twice->held_count++] = twice->groups[0][p];
		for (unsigned i = 0; i < 2; i++) {
			twice->from[i][p] = twice->count - 1 - p;
			twice->groups[i][p]->port = p;
			if (packet_wire_length_offset >= 0)
				packet_wire_length_set(twice->groups[i][p], frame->length + p);
		}
		parse(frame, &twice->views[twice->from[1][p]]);
	}
	for (unsigned i = 0; i < twice->held_count; i++)
		rte_pktmbuf_refcnt_update(twice->held[i], 1);
}

/* Leaves memory for a few packets, so that those that need some fail in the midst of others. */
static void
take_memory(struct twice *twice, unsigned left)
{
	while (rte_mempool_avail_count(headers) > left)
		twice->taken[twice->taken_count++] = rte_pktmbuf_alloc(headers);
	while (rte_mempool_avail_count(packets) > left)
		twice->taken[twice->taken_count++] = rte_pktmbuf_alloc(packets);
}

/* Both groups, of which that which went the long way, with memory, is whole. */
static void
compare_twice(const struct twice *twice, unsigned ready, const char *name)
{
	uint32_t idle = 0, seen = 0;

	for (unsigned p = 0; p < twice->count; p++) {
		struct rte_mbuf *packet = twice->groups[0][p], *other;
		unsigned number = twice->count - 1 - twice->from[0][p];
		struct bytes bytes;

		assert_int_equal(packet->port, number);
		assert_false(seen >> number & 1);
		seen |= 1u << number;
		if (p >= ready)
			continue;
		if (p > 0)
			assert_true(twice->from[0][p] < twice->from[0][p - 1]);
		other = twice->groups[1][number];
		bytes.length = other->pkt_len;
		memcpy(bytes.at, rte_pktmbuf_read(other, 0, bytes.length, bytes.at), bytes.length);
		assert_bytes(packet, &bytes, name);
		idle |= (twice->idle[1].packets >> number & 1) << p;
		if (twice->idle[0].packets & idle & 1u << p)
			assert_int_equal(twice->idle[0].ops[p], twice->idle[1].ops[number]);
		if (packet_wire_length_offset >= 0)
			assert_int_equal(packet_wire_length(packet), packet_wire_length(other));
		else
			assert_int_equal(packet_cut_length(packet), packet_cut_length(other));
	}
	if (twice->idle[0].packets != idle)
		fail_msg("%s: idle %x, not %x", name, twice->idle[0].packets, idle);
}

/* As many bytes were copied, where all packets were taken as others'. */
static void
compare_copies(const struct own_copies first[OWN_WAYS], const char *name)
{
	for (unsigned way = 0; way < OWN_WAYS; way++) {
		const struct own_copies *second = &local.own.copies[way];

		if (first[way].packets != second->packets || first[way].bytes != second->bytes)
			fail_msg("%s: copied %lu packets, %lu bytes of way %u, not %lu, %lu", name,
				 first[way].packets, first[way].bytes, way, second->packets,
				 second->bytes);
	}
}

/* Runs a program over both, and returns how many packets of the first went the quick way. */
static unsigned
run_twice(struct twice *twice, const struct edit *edit, unsigned left, const char *name)
{
	unsigned ready, count = twice->count, framed = 0;
	struct own_copies copies[OWN_WAYS];

	take_memory(twice, left);
	memset(local.own.copies, 0, sizeof(local.own.copies));
	memset(local.frames, 0, sizeof(local.frames));
	ready = edit_run(edit, &local, twice->groups[0], twice->from[0], twice->views, count,
			 twice->manner, &twice->idle[0]);
	memcpy(copies, local.own.copies, sizeof(copies));
	memset(local.own.copies, 0, sizeof(local.own.copies));
	for (unsigned p = 0; p < count; p++)
		framed += local.frames[p].packet != NULL;
	rte_pktmbuf_free_bulk(twice->taken, twice->taken_count);
	assert_int_equal(edit_run(edit, &local, twice->groups[1], twice->from[1], twice->views,
				  count, twice->manner & ~(unsigned)OWN_ALONE, &twice->idle[1]),
			 count);
	/* Of two segments, fewer chains do. */
	if (twice->manner == 0 && ready == count)
		compare_copies(copies, name);
	compare_twice(twice, ready, name);
	for (unsigned i = 0; i < twice->held_count; i++)
		assert_bytes(twice->held[i], &twice->frames[twice->held[i]->port], name);
	for (unsigned i = 0; i < 2; i++)
		rte_pktmbuf_free_bulk(twice->groups[i], count);
	rte_pktmbuf_free_bulk(twice->held, twice->held_count);
	assert_pools_full(name);
	return count - framed;
}

/* What is done to packets where they lie, without frames, is what the long way makes of them, for those alike to which not all
 * can be done so. */
static void
the_quick_way_leads_where_the_long_one_does(void **state)
{
	static struct twice twice;
	unsigned seed = 3, count = 0, quick = 0;

	for (unsigned run = 0; run < RUNS; run++) {
		char name[NAMES_MAX];
		struct edit *edit =
			make_program(&seed, 1 + rand_r(&seed) % EDITS_MAX, may_be_quick, name);

		/* From then on packets have a length on the wire. */
		if (run == RUNS / 2)
			assert_int_equal(packet_time_register(), 0);
		make_twice(&twice, &seed);
		count += twice.count;
		quick += run_twice(&twice, edit, run % 4 ? POOL : 8, name);
		edit_free(edit);
	}
	assert_in_range(quick, count / 10, count * 9 / 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_quick_way_leads_where_the_long_one_does),
	};

	edit_kit_start();
	if (packet_cut_register() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
