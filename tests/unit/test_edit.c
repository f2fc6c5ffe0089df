/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Each edit over frames before and after it, however the packet lies in memory and whoever else holds it: what others hold
 * must be what it was to the byte, and all mbufs must be back in the end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "edit_kit.h"

#include "core/banned.h"

#define TRAILER 16

/* The frame afterwards, if a tail stood behind it before. */
static void
expect(const struct edit_case *c, unsigned tail, struct bytes *bytes)
{
	uint8_t trailer[TRAILER];

	if (c->tail == TAIL_CUT)
		tail = 0;
	read_hex(c->after, tail, bytes);
	if (c->tail == TAIL_MASKED)
		memset(bytes->at + bytes->length - tail, 0, tail);
	if (c->tail == TAIL_INSIDE && tail) {
		unsigned end = bytes->length - tail;

		memcpy(trailer, bytes->at + end - TRAILER, TRAILER);
		memmove(bytes->at + end - TRAILER, bytes->at + end, tail);
		memcpy(bytes->at + bytes->length - TRAILER, trailer, TRAILER);
	}
}

/* How much may stand behind a frame. */
static unsigned
tail_of(const struct edit_case *c)
{
	return c->tail == TAIL_NONE ? 0 : TAIL;
}

static const struct edit_case *
find_case(const char *name)
{
	for (unsigned i = 0; i < CASES; i++) {
		if (strcmp(edit_cases[i].name, name) == 0)
			return &edit_cases[i];
	}
	fail_msg("no case %s", name);
	return NULL;
}

static void
run_case(const struct edit_case *c, const struct edit *edit, const struct way *way)
{
	unsigned manner = (way->others ? 0 : OWN_ALONE) | (way->one ? OWN_ONE_SEGMENT : 0);
	struct bytes before, arena, after;
	struct packet_view view;
	struct rte_mbuf *packet, *out;
	uint8_t from = 0;
	struct edit_idle idle;

	read_hex(c->before, way->tail, &before);
	expect(c, way->tail, &after);
	arena = before;
	packet = out = make(&arena, way);
	if (way->others)
		rte_pktmbuf_refcnt_update(packet, 1);
	packet_parse(&packet, 1, 0, &view);
	memset(local.sequences, 0, sizeof(local.sequences));
	assert_int_equal(edit_run(edit, &local, &out, &from, &view, 1, manner, &idle), 1);
	assert_bytes(out, &after, c->name);
	assert_int_equal(idle.packets, c->idle != 0);
	if (c->idle && idle.ops[0] != c->idle)
		fail_msg("%s: idle %x, not %x", c->name, (unsigned)idle.ops[0], c->idle);
	assert_int_equal(out->port, 5);
	/* What nothing is done to is as it came. */
	if (way->one && !c->idle)
		assert_int_equal(out->nb_segs, 1);
	if (way->others) {
		assert_bytes(packet, &before, c->name);
		rte_pktmbuf_free(packet);
	}
	rte_pktmbuf_free(out);
	if (way->where == ARENA &&
	    (arena.length != before.length || memcmp(arena.at, before.at, before.length) != 0))
		fail_msg("%s: the arena was written", c->name);
	assert_pools_full(c->name);
}

static void
frames_are_as_they_should_be(void **state)
{
	for (unsigned i = 0; i < CASES; i++) {
		struct edit *edit = make_edit(&edit_cases[i]);
		unsigned length = strlen(edit_cases[i].before) / 2;

		for (unsigned bits = 0; bits < 32; bits++) {
			struct way way = {.where = bits & 1    ? ARENA
						   : bits & 16 ? PINNED
							       : MBUF,
					  .others = bits & 2,
					  .one = bits & 4,
					  .tail = bits & 8 ? tail_of(&edit_cases[i]) : 0};

			for (way.cut = 0; way.cut < length; way.cut++)
				run_case(&edit_cases[i], edit, &way);
		}
		edit_free(edit);
	}
}

/* Without memory nothing is lost and nothing written, whenever it ends. */
static void
without_memory_packets_are_as_they_were(void **state)
{
	for (unsigned i = 0; i < CASES; i++) {
		struct edit *edit = make_edit(&edit_cases[i]);
		struct rte_mbuf *held[2 * POOL];
		struct bytes before[2], after[2];

		/* The first of two is long, so that each wants mbufs of another pool. */
		for (unsigned p = 0; p < 2; p++) {
			unsigned tail = p ? 0 : tail_of(&edit_cases[i]);

			read_hex(edit_cases[i].before, tail, &before[p]);
			expect(&edit_cases[i], tail, &after[p]);
		}
		for (unsigned left = 0; left < 16; left++) {
			struct rte_mbuf *group[2], *originals[2];
			struct way way = {.cut = 10};
			uint8_t from[2] = {0, 1};
			struct packet_view views[2];
			unsigned count, ready, taken = 0;
			struct edit_idle idle;

			for (count = 0; count < 2; count++) {
				group[count] = originals[count] = make(&before[count], &way);
				rte_pktmbuf_refcnt_update(group[count], 1);
			}
			packet_parse(group, 2, 0, views);
			while (rte_mempool_avail_count(headers) > left % 4)
				held[taken++] = rte_pktmbuf_alloc(headers);
			while (rte_mempool_avail_count(packets) > left / 4)
				held[taken++] = rte_pktmbuf_alloc(packets);
			memset(local.sequences, 0, sizeof(local.sequences));
			ready = edit_run(edit, &local, group, from, views, 2, 0, &idle);
			assert_in_range(ready, 0, 2);
			assert_int_equal(from[0] + from[1], 1);
			for (unsigned p = 0; p < ready; p++) {
				if (edit_cases[i].sequence)
					after[from[p]].at[edit_cases[i].sequence + 3] = p;
				assert_bytes(group[p], &after[from[p]], edit_cases[i].name);
			}
			for (unsigned p = 0; p < 2; p++) {
				assert_bytes(originals[p], &before[p], edit_cases[i].name);
				rte_pktmbuf_free(originals[p]);
				rte_pktmbuf_free(group[p]);
			}
			while (taken)
				rte_pktmbuf_free(held[--taken]);
			assert_pools_full(edit_cases[i].name);
		}
		edit_free(edit);
	}
}

/* Of a group each goes its own way, in its place. */
static void
groups_stay_in_order(void **state)
{
	for (unsigned i = 0; i < CASES; i++) {
		struct edit *edit = make_edit(&edit_cases[i]);
		struct rte_mbuf *group[BURST_MAX];
		struct packet_view views[BURST_MAX];
		uint8_t from[BURST_MAX];
		struct bytes before, after;
		struct edit_idle idle;

		read_hex(edit_cases[i].before, tail_of(&edit_cases[i]), &before);
		expect(&edit_cases[i], tail_of(&edit_cases[i]), &after);
		for (unsigned p = 0; p < BURST_MAX; p++) {
			struct way way = {.cut = p % 12, .where = p % 3};

			group[p] = make(&before, &way);
			group[p]->port = p;
			from[p] = BURST_MAX - 1 - p;
			packet_parse(&group[p], 1, 0, &views[from[p]]);
		}
		memset(local.sequences, 0, sizeof(local.sequences));
		assert_int_equal(edit_run(edit, &local, group, from, views, BURST_MAX, 0, &idle),
				 BURST_MAX);
		assert_int_equal(idle.packets, edit_cases[i].idle ? UINT32_MAX : 0);
		for (unsigned p = 0; edit_cases[i].idle && p < BURST_MAX; p++)
			assert_int_equal(idle.ops[p], edit_cases[i].idle);
		for (unsigned p = 0; p < BURST_MAX; p++) {
			assert_int_equal(group[p]->port, p);
			assert_int_equal(from[p], BURST_MAX - 1 - p);
			if (edit_cases[i].sequence)
				after.at[edit_cases[i].sequence + 3] = p;
			assert_bytes(group[p], &after, edit_cases[i].name);
		}
		rte_pktmbuf_free_bulk(group, BURST_MAX);
		assert_pools_full(edit_cases[i].name);
		edit_free(edit);
	}
}

/* Each way is counted under its name, with the bytes that were copied and no others. */
static void
copies_are_counted(void **state)
{
	static const struct {
		const char *edits; /* the case */
		bool others, one;
		unsigned tail;
		enum copy_reason reason; /* COPY_REASONS: none is copied */
		unsigned bytes;
	} rows[] = {
		{"one hop less", false, false, TAIL, COPY_REASONS, 0},
		{"one hop less", true, false, TAIL, COPY_EDIT_HEADERS, 34},
		{"one hop less", true, false, 0, COPY_EDIT_SHORT, 58},
		{"one hop less", true, true, TAIL, COPY_EDIT_FLAT, 58 + TAIL},
		{"ports", true, false, TAIL, COPY_EDIT_HEADERS, 52},
		{"no tag", true, false, TAIL, COPY_REASONS, 0},
		{"a slice", true, false, TAIL, COPY_REASONS, 0},
		{"a slice", true, true, TAIL, COPY_REASONS, 0},
		{"the outermost tag goes", true, false, TAIL, COPY_EDIT_HEADERS, 12},
		{"VXLAN", true, false, TAIL, COPY_REASONS, 0},
		{"a payload", true, false, TAIL, COPY_EDIT_HEADERS, 42},
		{"a trailer", true, false, TAIL, COPY_REASONS, 0},
		{"a trailer", true, true, TAIL, COPY_EDIT_FLAT, 60 + TAIL},
	};

	for (unsigned r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
		const struct edit_case *c = find_case(rows[r].edits);
		struct way way = {
			.others = rows[r].others, .one = rows[r].one, .tail = rows[r].tail};
		struct tally_copy copies[COPY_REASONS] = {0};
		struct edit *edit = make_edit(c);

		edit_count_copies(&local, copies);
		memset(copies, 0, sizeof(copies));
		run_case(c, edit, &way);
		edit_count_copies(&local, copies);
		for (unsigned i = 0; i < COPY_REASONS; i++) {
			bool is = i == rows[r].reason;

			if (copies[i].packets != is || copies[i].bytes != (is ? rows[r].bytes : 0))
				fail_msg("%s, row %u: %s: %u packets, %u bytes", c->name, r,
					 copy_reasons[i].name, (unsigned)copies[i].packets,
					 (unsigned)copies[i].bytes);
		}
		edit_free(edit);
	}
}

/* A packet that fills its mbuf gets a trailer in a segment of its own. */
static void
full_packets_get_trailers(void **state)
{
	struct edit *edit = make_edit(find_case("a trailer"));
	struct rte_mbuf *packet = rte_pktmbuf_alloc(packets);
	struct packet_view view;
	uint8_t from = 0;
	struct edit_idle idle;

	packet->data_len = packet->pkt_len = BYTES_MAX;
	memset(rte_pktmbuf_mtod(packet, void *), 0x5a, BYTES_MAX);
	packet_parse(&packet, 1, 0, &view);
	assert_int_equal(edit_run(edit, &local, &packet, &from, &view, 1, OWN_ALONE, &idle), 1);
	assert_int_equal(packet->pkt_len, BYTES_MAX + TRAILER);
	assert_int_equal(packet->nb_segs, 2);
	assert_int_equal(packet->data_len, BYTES_MAX);
	assert_int_equal(rte_pktmbuf_mtod(packet->next, uint8_t *)[TRAILER - 1], 9);
	rte_pktmbuf_free(packet);
	assert_pools_full("a trailer");
	edit_free(edit);
}

static void
programs_are_compared(void **state)
{
	for (unsigned i = 0; i < CASES; i++) {
		struct edit *a = make_edit(&edit_cases[i]), *b = make_edit(&edit_cases[i]);

		assert_true(edit_same(a, b));
		edit_free(b);
		for (unsigned other = 0; other < CASES; other++) {
			b = make_edit(&edit_cases[other]);
			if (strcmp(edit_cases[i].words, edit_cases[other].words) == 0)
				assert_true(edit_same(a, b));
			else
				assert_false(edit_same(a, b));
			edit_free(b);
		}
		edit_free(a);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_are_as_they_should_be),
		cmocka_unit_test(without_memory_packets_are_as_they_were),
		cmocka_unit_test(groups_stay_in_order),
		cmocka_unit_test(copies_are_counted),
		cmocka_unit_test(full_packets_get_trailers),
		cmocka_unit_test(programs_are_compared),
	};

	edit_kit_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
