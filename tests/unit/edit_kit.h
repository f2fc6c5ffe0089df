/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets that lie in memory in any way, and edits of cases, for tests that run edits. Include after cmocka's headers. */
#ifndef TESTS_EDIT_KIT_H
#define TESTS_EDIT_KIT_H

#include <rte_mempool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eal.h"
#include "edit/edit.h"
#include "edit_cases.h"

#define BYTES_MAX 2048
#define POOL 255
#define NAMES_MAX 512 /* bytes of a program's edits' names */
#define TAIL 600      /* bytes that make a frame longer than the break */
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

static inline void
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

static void
arena_free(void *address, void *opaque)
{
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

static inline struct rte_mbuf *
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

static inline struct edit *
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

/* A program of so many edits of cases, drawn from those that are taken; name: theirs, as a list. */
static inline struct edit *
make_program(unsigned *seed, unsigned wanted,
	     bool (*is_taken)(const struct config_action *action, unsigned *seed),
	     char name[NAMES_MAX])
{
	const struct config_action *actions[EDITS_MAX];
	unsigned count = 0;
	struct edit *edit;
	int named = 0;

	while (count < wanted) {
		const struct edit_case *c = &edit_cases[rand_r(seed) % CASES];

		if (!is_taken(&c->actions[0], seed))
			continue;
		actions[count++] = &c->actions[0];
		named += snprintf(name + named, NAMES_MAX - named, "%s, ", c->name);
	}
	assert_int_equal(edit_make(actions, count, &edit), 0);
	return edit;
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

static void
edit_kit_start(void)
{
	static uint64_t times[BURST_MAX];

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
}

#endif
