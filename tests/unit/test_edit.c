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
#include <netinet/in.h>
#include <rte_mempool.h>
#include <stdlib.h>
#include <string.h>

#include "eal.h"
#include "edit/edit.h"
#include "edit_cases.h"
#include "packet/sum.h"
#include "port/time.h"

#include "core/banned.h"

#define BYTES_MAX 2048
#define POOL 255
#define TAIL 600 /* bytes that make a frame longer than the break */
#define TRAILER 16
#define IPV4_PROTOCOL 23 /* where it stands in a frame without tags */
#define RUNS 20000
#define NAME_MAX_ALL 512
#define CASES (sizeof(edit_cases) / sizeof(edit_cases[0]))

struct bytes {
	uint8_t at[BYTES_MAX];
	unsigned length;
};

/* In whose memory a packet lies; of what is not an mbuf's own, a replay that streams has the one kind, a resident one the other. */
enum where { MBUF, ARENA, PINNED };

/* How a packet lies, and who has it. */
struct way {
	unsigned cut; /* where a second segment begins; 0: nowhere */
	enum where where;
	bool others;   /* somebody else has it too */
	bool one;      /* the target takes no chains */
	unsigned tail; /* so many bytes more */
};

static struct rte_mempool *packets, *tiny, *headers, *bare, *pinned;
static struct edit_local local;
static unsigned arena_freed;
static uint64_t times[BURST_MAX];

static void
read_hex(const char *hex, unsigned tail, struct bytes *bytes)
{
	bytes->length = strlen(hex) / 2;
	for (unsigned i = 0; i < bytes->length; i++) {
		const char digits[3] = {hex[i * 2], hex[i * 2 + 1]};

		bytes->at[i] = strtoul(digits, NULL, 16);
	}
	for (unsigned i = 0; i < tail; i++)
		bytes->at[bytes->length + i] = i * 7 + 1;
	bytes->length += tail;
}

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

static void
arena_free(void *address, void *opaque)
{
	arena_freed++;
}

/* A segment with a copy of some bytes, or over them. */
static struct rte_mbuf *
make_segment(const uint8_t *from, unsigned length, enum where where)
{
	static struct rte_mbuf_ext_shared_info shared[POOL];
	static unsigned next;
	struct rte_mempool *const pools[] = {packets, bare, pinned};
	struct rte_mbuf *segment = rte_pktmbuf_alloc(pools[where]);

	assert_non_null(segment);
	if (where == ARENA) {
		struct rte_mbuf_ext_shared_info *info = &shared[next++ % POOL];

		info->free_cb = arena_free;
		rte_mbuf_ext_refcnt_set(info, 1);
		rte_pktmbuf_attach_extbuf(segment, (void *)(uintptr_t)from, 0, length, info);
		segment->data_off = 0;
	} else {
		memcpy(rte_pktmbuf_mtod(segment, void *), from, length);
	}
	segment->data_len = segment->pkt_len = length;
	return segment;
}

static struct rte_mbuf *
make_of(const uint8_t *bytes, unsigned length, const struct way *way)
{
	unsigned first = way->cut ? way->cut : length;
	struct rte_mbuf *packet = make_segment(bytes, first, way->where);

	if (way->cut) {
		packet->next = make_segment(bytes + first, length - first, way->where);
		packet->nb_segs = 2;
		packet->pkt_len = length;
	}
	packet->port = 5;
	return packet;
}

static struct rte_mbuf *
make(const struct bytes *bytes, const struct way *way)
{
	return make_of(bytes->at, bytes->length, way);
}

static void
assert_bytes(const struct rte_mbuf *packet, const struct bytes *bytes, const char *name)
{
	uint8_t spare[BYTES_MAX];
	const uint8_t *at;
	unsigned length = 0, segments = 0;

	if (packet->pkt_len != bytes->length)
		fail_msg("%s: %u bytes, not %u", name, packet->pkt_len, bytes->length);
	for (const struct rte_mbuf *segment = packet; segment; segment = segment->next) {
		assert_int_not_equal(segment->data_len, 0);
		length += segment->data_len;
		segments++;
	}
	assert_int_equal(length, packet->pkt_len);
	assert_int_equal(segments, packet->nb_segs);
	at = rte_pktmbuf_read(packet, 0, bytes->length, spare);
	assert_non_null(at);
	for (unsigned i = 0; i < bytes->length; i++) {
		if (at[i] != bytes->at[i])
			fail_msg("%s: byte %u is %02x, not %02x", name, i, at[i], bytes->at[i]);
	}
}

static void
assert_pools_full(const char *name)
{
	struct rte_mempool *const pools[] = {packets, tiny, headers, bare, pinned};

	for (unsigned i = 0; i < sizeof(pools) / sizeof(pools[0]); i++) {
		if (!rte_mempool_full(pools[i]))
			fail_msg("%s: %u %s missing", name, rte_mempool_in_use_count(pools[i]),
				 pools[i]->name);
	}
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

static struct edit *
make_edit(const struct edit_case *c)
{
	const struct config_action *actions[EDITS_MAX];
	struct edit *edit;
	unsigned count = 0;

	while (count < EDITS_MAX && c->actions[count].verb) {
		actions[count] = &c->actions[count];
		count++;
	}
	assert_int_equal(edit_make(actions, count, &edit), 0);
	return edit;
}

static void
run_case(const struct edit_case *c, const struct edit *edit, const struct way *way)
{
	unsigned manner = (way->others ? 0 : OWN_ALONE) | (way->one ? OWN_ONE_SEGMENT : 0);
	struct bytes before, arena, after;
	struct packet_view view;
	struct rte_mbuf *packet, *out;
	uint8_t from = 0;
	uint32_t idle;

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
	if (idle != c->idle)
		fail_msg("%s: %sidle", c->name, idle ? "" : "not ");
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
			uint32_t idle;

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
		uint32_t idle;

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
		assert_int_equal(idle, edit_cases[i].idle ? UINT32_MAX : 0);
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

/* Whatever comes, of two packets that lie in different ways the same is made, others see nothing of it, and nothing outside
 * of a frame is read: memory that is no mbuf's ends with it. */
static void
ways_agree_on_whatever_comes(void **state)
{
	unsigned seed = 1;

	for (unsigned run = 0; run < RUNS; run++) {
		const struct edit_case *c = &edit_cases[rand_r(&seed) % CASES];
		const struct config_action *actions[EDITS_MAX];
		unsigned count = 1 + rand_r(&seed) % EDITS_MAX;
		struct rte_mbuf *packet[2], *held[2], *out[2];
		struct bytes frame, first;
		struct edit *edit;
		uint32_t idle[2];
		void *memory[2];

		char name[NAME_MAX_ALL];
		int named = snprintf(name, sizeof(name), "run %u, %s", run, c->name);

		for (unsigned i = 0; i < count; i++) {
			const struct edit_case *other = &edit_cases[rand_r(&seed) % CASES];

			actions[i] = &other->actions[0];
			named += snprintf(name + named, sizeof(name) - named, ", %s", other->name);
		}
		assert_int_equal(edit_make(actions, count, &edit), 0);
		read_hex(c->before, rand_r(&seed) % 2 ? rand_r(&seed) % TAIL : 0, &frame);
		for (unsigned i = rand_r(&seed) % 4; i; i--)
			frame.at[rand_r(&seed) % RTE_MIN(frame.length, 100u)] = rand_r(&seed);
		if (rand_r(&seed) % 2)
			frame.length = 1 + rand_r(&seed) % frame.length;
		for (unsigned i = 0; i < 2; i++) {
			struct way way = {.where = rand_r(&seed) % 3,
					  .cut = rand_r(&seed) % RTE_MIN(frame.length, 100u)};
			unsigned manner = rand_r(&seed) % 4;
			struct packet_view view;
			uint8_t from = 0;

			memory[i] = malloc(frame.length);
			memcpy(memory[i], frame.at, frame.length);
			packet[i] = out[i] = make_of(memory[i], frame.length, &way);
			held[i] = manner & OWN_ALONE ? NULL : packet[i];
			if (held[i])
				rte_pktmbuf_refcnt_update(packet[i], 1);
			packet_parse(&packet[i], 1, 0, &view);
			local.own.packets = rand_r(&seed) % 4 ? packets : tiny;
			memset(local.sequences, 0, sizeof(local.sequences));
			assert_int_equal(edit_run(edit, &local, &out[i], &from,
						  run % 2 ? &view : NULL, 1, manner, &idle[i]),
					 1);
		}
		first.length = out[0]->pkt_len;
		assert_in_range(first.length, 1, BYTES_MAX);
		memcpy(first.at, rte_pktmbuf_read(out[0], 0, first.length, first.at), first.length);
		assert_bytes(out[0], &first, name);
		assert_bytes(out[1], &first, name);
		assert_int_equal(idle[0], idle[1]);
		for (unsigned i = 0; i < 2; i++) {
			if (held[i])
				assert_bytes(held[i], &frame, name);
			rte_pktmbuf_free(held[i]);
			rte_pktmbuf_free(out[i]);
			free(memory[i]);
		}
		assert_pools_full(name);
		edit_free(edit);
	}
	local.own.packets = packets;
}

/* Whether packets that are right for it can be edited the quick way. */
static bool
may_be_quick(const struct config_action *action)
{
	switch (action->verb) {
	case CONFIG_SET:
		return true;
	case CONFIG_PUSH:
		return action->push->kind != CONFIG_PUSH_MPLS &&
		       action->push->kind != CONFIG_PUSH_ERSPAN;
	case CONFIG_STRIP:
		return action->strip->count == 1 && action->strip->what[0] == CONFIG_STRIP_VLAN;
	default:
		return false;
	}
}

static struct edit *
make_quick(unsigned *seed, char name[NAME_MAX_ALL])
{
	const struct config_action *actions[EDITS_MAX];
	unsigned count = 0, wanted = 1 + rand_r(seed) % EDITS_MAX;
	struct edit *edit;
	int named = 0;

	while (count < wanted) {
		const struct edit_case *c = &edit_cases[rand_r(seed) % CASES];

		if (!may_be_quick(&c->actions[0]))
			continue;
		actions[count++] = &c->actions[0];
		named += snprintf(name + named, NAME_MAX_ALL - named, "%s, ", c->name);
	}
	assert_int_equal(edit_make(actions, count, &edit), 0);
	return edit;
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

/* The same frames twice: alone, most of them in one segment, and such as others hold, which must go the long way. */
struct twice {
	struct bytes frames[BURST_MAX];
	struct rte_mbuf *groups[2][BURST_MAX], *held[2 * BURST_MAX], *taken[2 * POOL];
	struct packet_view views[BURST_MAX];
	uint8_t from[2][BURST_MAX];
	uint32_t idle[2];
	unsigned count, held_count, taken_count;
};

static void
make_twice(struct twice *twice, unsigned *seed)
{
	unsigned odd = rand_r(seed) % 3 ? 0 : 4;

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
		twice->groups[1][p] = make(frame, &(struct way){0});
		twice->held[twice->held_count++] = twice->groups[1][p];
		if (odd && rand_r(seed) % odd == 0)
			twice->held[twice->held_count++] = twice->groups[0][p];
		for (unsigned i = 0; i < 2; i++) {
			twice->from[i][p] = twice->count - 1 - p;
			twice->groups[i][p]->port = p;
			if (packet_wire_length_offset >= 0)
				packet_wire_length_set(twice->groups[i][p], frame->length + p);
		}
		packet_parse(&twice->groups[1][p], 1, 0, &twice->views[twice->from[1][p]]);
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
		idle |= (twice->idle[1] >> number & 1) << p;
		if (packet_wire_length_offset >= 0)
			assert_int_equal(packet_wire_length(packet), packet_wire_length(other));
	}
	if (twice->idle[0] != idle)
		fail_msg("%s: idle %x, not %x", name, twice->idle[0], idle);
}

/* Runs a program over both, and returns how many packets of the first went the quick way. */
static unsigned
run_twice(struct twice *twice, const struct edit *edit, unsigned left, const char *name)
{
	unsigned ready, count = twice->count, framed = 0;

	take_memory(twice, left);
	memset(local.frames, 0, sizeof(local.frames));
	ready = edit_run(edit, &local, twice->groups[0], twice->from[0], twice->views, count,
			 OWN_ALONE, &twice->idle[0]);
	for (unsigned p = 0; p < count; p++)
		framed += local.frames[p].packet != NULL;
	rte_pktmbuf_free_bulk(twice->taken, twice->taken_count);
	assert_int_equal(edit_run(edit, &local, twice->groups[1], twice->from[1], twice->views,
				  count, 0, &twice->idle[1]),
			 count);
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
		char name[NAME_MAX_ALL];
		struct edit *edit = make_quick(&seed, name);

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
	uint32_t idle;

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

/* RFC 1624 section 4: the example, and what must not become of 0. */
static void
sums_are_adjusted(void **state)
{
	assert_int_equal(sum_adjust(0xdd2f, sum_word(0, 0x5555, 0x3285)), 0x0000);
	assert_int_equal(sum_adjust_udp(0xdd2f, sum_word(0, 0x5555, 0x3285)), 0xffff);
	assert_int_equal(sum_adjust_udp(0, sum_word(0, 0x5555, 0x3285)), 0);
	assert_int_equal(sum_adjust(0xffff, sum_word(0, 7, 7)), 0xffff);
	assert_int_equal(sum_adjust(0x1234, sum_words(0, 0x00010002, 0x00020001)), 0x1234);
}

/* Mbufs whose memory lies elsewhere for good. */
static struct rte_mempool *
make_pinned(void)
{
	static uint8_t memory[(POOL + 1) * 4096] __attribute__((aligned(4096)));
	const struct rte_pktmbuf_extmem where = {
		.buf_ptr = memory, .buf_len = sizeof(memory), .elt_size = 4096};

	return rte_pktmbuf_pool_create_extbuf("pinned", POOL, 0, 0, 4096, 0, &where, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_are_as_they_should_be),
		cmocka_unit_test(without_memory_packets_are_as_they_were),
		cmocka_unit_test(groups_stay_in_order),
		cmocka_unit_test(ways_agree_on_whatever_comes),
		cmocka_unit_test(copies_are_counted),
		cmocka_unit_test(full_packets_get_trailers),
		cmocka_unit_test(programs_are_compared),
		cmocka_unit_test(sums_are_adjusted),
		cmocka_unit_test(the_quick_way_leads_where_the_long_one_does),
	};

	test_eal_start();
	packets = rte_pktmbuf_pool_create("packets", POOL, 0, 0, RTE_PKTMBUF_HEADROOM + 2048, 0);
	bare = rte_pktmbuf_pool_create("bare", POOL, 0, 0, 0, 0);
	/* As small as memory.packet-size may be. */
	tiny = rte_pktmbuf_pool_create("tiny", POOL, 0, 0, RTE_PKTMBUF_HEADROOM + 64, 0);
	headers = window_pool("headers", POOL, 0, 0);
	pinned = make_pinned();
	assert_true(packets && tiny && bare && headers && pinned);
	for (unsigned i = 0; i < BURST_MAX; i++)
		times[i] = UINT64_C(1700000000123456789);
	local.moment = (struct edit_moment){.times = times, .in_port = 9};
	local.own.packets = packets;
	local.own.headers = headers;
	local.own.copy_break = OWN_BREAK;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
