/* SPDX-License-Identifier: BSD-3-Clause */
/* Edits of whole groups of common packets, without views, against the long way; and checksums of
 * four packets against those of one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <netinet/in.h>
#include <stdio.h>

#include "edit_kit.h"
#include "packet/common.h"
#include "packet/sum.h"
#include "packet/sums.h"

#include "core/banned.h"

#define RUNS 20000
#define LENGTH_MAX 200
#define UDP_LEAST 42 /* with the transport's checksum */
#define TCP_LEAST 52
#define BEHIND 32 /* bytes that are looked at behind a packet */

/* Of 16 bits; more often than not one where sums are told apart by their form. */
static uint16_t
draw(unsigned *seed)
{
	static const uint16_t corners[] = {0, 1, 0xfffe, 0xffff, 0x8000, 0x7fff};
	unsigned which = rand_r(seed) % 10;

	return which < RTE_DIM(corners) ? corners[which] : rand_r(seed);
}

static void
sums_of_four_are_those_of_one(void **state)
{
	unsigned seed = 5;

	for (unsigned run = 0; run < RUNS * 10; run++) {
		uint16_t before[4][8], after[4][8], sums[4];
		__m128i changes, checksums = _mm_setzero_si128(), differ[4];
		uint32_t adjusted[4], adjusted_udp[4], change[4];

		for (unsigned i = 0; i < 4; i++) {
			uint32_t words[4];

			sums[i] = draw(&seed);
			for (unsigned j = 0; j < 8; j++) {
				before[i][j] = draw(&seed);
				after[i][j] = rand_r(&seed) % 2 ? before[i][j] : draw(&seed);
			}
			differ[i] = sums_differ(_mm_loadu_si128((const __m128i *)before[i]),
						_mm_loadu_si128((const __m128i *)after[i]));
			_mm_storeu_si128((__m128i *)words, differ[i]);
			change[i] = words[0] + words[1] + words[2] + words[3];
		}
		changes = _mm_loadu_si128((const __m128i *)change);
		checksums = _mm_setr_epi32(sums[0], sums[1], sums[2], sums[3]);
		_mm_storeu_si128((__m128i *)adjusted, sums_adjust(checksums, changes));
		_mm_storeu_si128((__m128i *)adjusted_udp, sums_adjust_udp(checksums, changes));
		for (unsigned i = 0; i < 4; i++) {
			uint64_t one = 0;

			for (unsigned j = 0; j < 8; j++)
				one = sum_word(one, before[i][j], after[i][j]);
			assert_int_equal((uint16_t)adjusted[i], sum_adjust(sums[i], one));
			assert_int_equal((uint16_t)adjusted_udp[i], sum_adjust_udp(sums[i], one));
		}
	}
}

/* Whether groups of packets that are right for it can be edited at once. */
static bool
may_be(const struct config_action *action)
{
	switch (action->verb) {
	case CONFIG_SET:
		return action->set->src.family != 6 && action->set->dst.family != 6 &&
		       !(action->set->given & (CONFIG_SET_VLAN | CONFIG_SET_PCP));
	case CONFIG_PUSH:
		return action->push->kind != CONFIG_PUSH_MPLS &&
		       action->push->kind != CONFIG_PUSH_ERSPAN;
	case CONFIG_SLICE:
		return action->slice->after == CONFIG_AFTER_NOTHING;
	default:
		return false;
	}
}

/* And now and then what can't be. */
static bool
is_drawn(const struct config_action *action, unsigned *seed)
{
	return may_be(action) || rand_r(seed) % 16 == 0;
}

static void
put16(uint8_t *at, uint16_t value)
{
	memcpy(at, &value, sizeof(value));
}

static void
make_common(unsigned *seed, struct bytes *frame)
{
	bool udp = rand_r(seed) % 2;
	unsigned least = udp ? UDP_LEAST : TCP_LEAST;

	frame->length = least + (rand_r(seed) % 4 ? rand_r(seed) % (LENGTH_MAX - least) : 0);
	for (unsigned i = 0; i < frame->length; i += 2)
		put16(frame->at + i, draw(seed));
	put16(frame->at + 12, RTE_BE16(COMMON_TYPE));
	frame->at[COMMON_L3] = 0x45;
	frame->at[20] &= 0xc0;
	frame->at[21] = 0;
	frame->at[COMMON_PROTOCOL] = udp ? IPPROTO_UDP : IPPROTO_TCP;
}

/* Makes one of a group's packets another one than most, mostly one that the group can't be edited at
 * once with. Returns whether it must not be written. */
static bool
spoil(unsigned *seed, struct bytes *frame, struct rte_mbuf **packet)
{
	static const uint8_t places[] = {12, 13, COMMON_L3, 20, 21, COMMON_PROTOCOL};
	struct way way = {0};

	switch (rand_r(seed) % 6) {
	case 0:
		frame->at[places[rand_r(seed) % RTE_DIM(places)]] ^= 1 << rand_r(seed) % 8;
		break;
	case 1:
		frame->length = 1 + rand_r(seed) % TCP_LEAST;
		break;
	case 2:
		way.where = ARENA + rand_r(seed) % 2;
		break;
	case 3:
		way.cut = 1 + rand_r(seed) % (frame->length - 1);
		break;
	default:
		break;
	}
	rte_pktmbuf_free(*packet);
	*packet = make(frame, &way);
	if (way.where == MBUF && rand_r(seed) % 2) {
		uint8_t *before = rte_pktmbuf_mtod(*packet, uint8_t *);

		(*packet)->data_off = rand_r(seed) % 60;
		memmove(rte_pktmbuf_mtod(*packet, uint8_t *), before, (*packet)->data_len);
	}
	return way.where != MBUF;
}

/* Frames, packets of them, and the same in two segments, which go the long way. */
struct group {
	struct bytes frames[BURST_MAX];
	struct rte_mbuf *packets[BURST_MAX], *others[BURST_MAX];
	struct packet_view views[BURST_MAX];
	unsigned count;
	bool foreign; /* the memory of one is not an mbuf's */
};

static void
make_group(struct group *group, unsigned *seed, bool spoilt)
{
	unsigned which = rand_r(seed);

	group->count = 1 + rand_r(seed) % BURST_MAX;
	group->foreign = false;
	for (unsigned i = 0; i < group->count; i++) {
		struct bytes *frame = &group->frames[i];
		struct rte_mbuf *whole;

		make_common(seed, frame);
		group->packets[i] = make(frame, &(struct way){0});
		if (spoilt && i == which % group->count)
			group->foreign = spoil(seed, frame, &group->packets[i]);
		group->others[i] = make(frame, &(struct way){.cut = frame->length > 1});
		whole = make(frame, &(struct way){0});
		packet_parse(&whole, 1, 0, &group->views[i]);
		rte_pktmbuf_free(whole);
	}
}

/* What stands behind a packet. */
static uint8_t *
behind(const struct rte_mbuf *packet)
{
	return rte_pktmbuf_mtod_offset(packet, uint8_t *, packet->data_len);
}

/* With edit_run; returns on which packets edits found nothing to do. */
static uint32_t
run(const struct edit *edit, const struct group *group, struct rte_mbuf **which)
{
	struct edit_idle idle;
	uint8_t from[BURST_MAX];

	for (unsigned i = 0; i < group->count; i++)
		from[i] = i;
	memset(local.sequences, 0, sizeof(local.sequences));
	assert_int_equal(
		edit_run(edit, &local, which, from, group->views, group->count, OWN_ALONE, &idle),
		group->count);
	return idle.packets;
}

static void
compare(const struct group *group, const char *name)
{
	for (unsigned i = 0; i < group->count; i++) {
		const struct rte_mbuf *other = group->others[i];
		struct bytes bytes = {.length = other->pkt_len};

		memcpy(bytes.at, rte_pktmbuf_read(other, 0, bytes.length, bytes.at), bytes.length);
		assert_bytes(group->packets[i], &bytes, name);
	}
}

/* Edits the group, at once or else with edit_run behind it, and the others. One that is held stays
 * as it was. */
static bool
run_group(struct group *group, const struct edit *edit, bool held, const char *name)
{
	static const uint8_t mark[BEHIND] = {[0 ... BEHIND - 1] = 0xa5};
	const unsigned number = group->count / 2;
	struct rte_mbuf *kept = held ? group->packets[number] : NULL;
	uint8_t *ends[BURST_MAX];
	uint32_t idle = 0;
	bool done;

	for (unsigned i = 0; i < group->count; i++) {
		ends[i] = behind(group->packets[i]);
		memcpy(ends[i], mark, sizeof(mark));
	}
	if (kept)
		rte_pktmbuf_refcnt_update(kept, 1);
	done = edit_at_once(edit, group->packets, group->count);
	if ((held || group->foreign) && done)
		fail_msg("%s: written, though others have it", name);
	for (unsigned i = 0; i < group->count; i++)
		assert_memory_equal(ends[i], mark, sizeof(mark));
	if (!done)
		idle = run(edit, group, group->packets);
	assert_int_equal(idle, run(edit, group, group->others));
	compare(group, name);
	if (kept)
		assert_bytes(kept, &group->frames[number], name);
	rte_pktmbuf_free_bulk(group->packets, group->count);
	rte_pktmbuf_free_bulk(group->others, group->count);
	rte_pktmbuf_free(kept);
	assert_pools_full(name);
	return done;
}

static void
groups_edited_at_once_are_what_the_long_way_makes(void **state)
{
	static struct group group;
	unsigned seed = 7, whole = 0, spoilt = 0;

	for (unsigned run = 0; run < RUNS; run++) {
		unsigned how = run % 8;
		char name[NAMES_MAX];
		unsigned count = rand_r(&seed) % 2 ? 1 : 2 + rand_r(&seed) % 2;
		struct edit *edit = make_program(&seed, count, is_drawn, name);
		bool done;

		make_group(&group, &seed, how == 0);
		done = run_group(&group, edit, how == 1, name);
		whole += done && how > 1;
		spoilt += done && how == 0;
		edit_free(edit);
	}
	assert_in_range(whole, RUNS / 8, RUNS);
	assert_in_range(spoilt, 1, RUNS / 8);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_of_four_are_those_of_one),
		cmocka_unit_test(groups_edited_at_once_are_what_the_long_way_makes),
	};

	edit_kit_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
