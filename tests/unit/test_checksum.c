/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets whose checksums are worked out here a second time, by the words of RFC 1071: right ones must be found
 * right however they are cut into segments, and wrong ones wrong whichever bit is flipped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>

#include "fake_mbuf.h"
#include "packet/checksum.h"
#include "packet/sum.h"

#include "core/banned.h"

#define FRAME_MAX 512
#define GOOD (RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD)

struct frame {
	uint8_t bytes[FRAME_MAX];
	unsigned length, l3, l4, end; /* end: of the datagram; behind it is padding */
};

struct shape {
	unsigned version, tags,
		options; /* options: bytes behind the fixed IP header, a multiple of 8 */
	uint8_t protocol;
	unsigned payload, padding;
};

static const struct shape shapes[] = {
	{4, 0, 0, 17, 0, 0},  {4, 0, 0, 17, 1, 17},  {4, 0, 0, 6, 0, 6},    {4, 1, 0, 6, 101, 0},
	{4, 2, 8, 17, 33, 0}, {4, 0, 40, 6, 64, 0},  {6, 0, 0, 17, 0, 0},   {6, 0, 0, 6, 55, 0},
	{6, 1, 8, 17, 7, 3},  {6, 2, 24, 6, 200, 1}, {6, 0, 48, 17, 99, 0},
};

static void
put16(uint8_t *at, uint32_t value)
{
	at[0] = value >> 8;
	at[1] = value;
}

/* Ones' complement sum of 16-bit words, the odd byte filled up with zero. */
static uint32_t
add(uint32_t sum, const uint8_t *bytes, unsigned length)
{
	for (unsigned i = 0; i < length; i++)
		sum += i % 2 ? bytes[i] : bytes[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static unsigned
checksum_at(const struct shape *shape)
{
	return shape->protocol == 6 ? 16 : 6;
}

static void
set_checksums(struct frame *frame, const struct shape *shape)
{
	uint8_t *ip = frame->bytes + frame->l3, *l4 = frame->bytes + frame->l4;
	unsigned length = frame->end - frame->l4;
	uint8_t pseudo[4] = {0, shape->protocol, length >> 8, length};
	uint32_t sum = add(0, pseudo, 4);

	if (shape->version == 4) {
		put16(ip + 10, 0);
		put16(ip + 10, ~add(0, ip, frame->l4 - frame->l3));
		sum = add(sum, ip + 12, 8);
	} else {
		sum = add(sum, ip + 8, 32);
	}
	put16(l4 + checksum_at(shape), 0);
	sum = ~add(sum, l4, length) & 0xffff;
	put16(l4 + checksum_at(shape), sum ? sum : 0xffff);
}

static void
make(struct frame *frame, const struct shape *shape)
{
	static const uint16_t tags[2] = {0x88a8, 0x8100};
	unsigned at = 12, l4 = shape->protocol == 6 ? 20 : 8;
	uint8_t *ip;

	memset(frame, 0, sizeof(*frame));
	for (unsigned i = 0; i < sizeof(frame->bytes); i++)
		frame->bytes[i] = i * 37 + 11;
	for (unsigned i = 2 - shape->tags; i < 2; i++, at += 4)
		put16(frame->bytes + at, tags[i]);
	put16(frame->bytes + at, shape->version == 4 ? 0x0800 : 0x86dd);
	frame->l3 = at + 2;
	frame->l4 = frame->l3 + (shape->version == 4 ? 20 : 40) + shape->options;
	frame->end = frame->l4 + l4 + shape->payload;
	frame->length = frame->end + shape->padding;
	ip = frame->bytes + frame->l3;
	if (shape->version == 4) {
		ip[0] = 0x40 | (20 + shape->options) / 4;
		put16(ip + 2, frame->end - frame->l3);
		put16(ip + 6, 0x4000);
		ip[9] = shape->protocol;
	} else {
		ip[0] = 0x60;
		put16(ip + 4, frame->end - frame->l3 - 40);
		ip[6] = shape->options ? 0 : shape->protocol;
		/* Hop-by-hop options of 8 bytes, and the rest in destination options. */
		if (shape->options > 8) {
			ip[40] = 60;
			ip[41] = 0;
			ip[48] = shape->protocol;
			ip[49] = (shape->options - 8) / 8 - 1;
		} else if (shape->options) {
			ip[40] = shape->protocol;
			ip[41] = 0;
		}
	}
	if (shape->protocol == 17)
		put16(frame->bytes + frame->l4 + 4, frame->end - frame->l4);
	set_checksums(frame, shape);
}

static enum checksum_verdict
verdict(const struct frame *frame, uint64_t flags)
{
	struct rte_mbuf packet;

	fake_mbuf(&packet, frame->bytes, frame->length);
	packet.ol_flags = flags;
	return checksum_verify(&packet);
}

static void
right_ones_are_right(void **state)
{
	for (unsigned i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		struct frame frame;

		make(&frame, &shapes[i]);
		assert_int_equal(verdict(&frame, GOOD), CHECKSUM_RIGHT);
		assert_int_equal(verdict(&frame, RTE_MBUF_F_RX_L4_CKSUM_GOOD), CHECKSUM_RIGHT);
		assert_int_equal(verdict(&frame, RTE_MBUF_F_RX_IP_CKSUM_GOOD),
				 shapes[i].version == 4 ? CHECKSUM_RIGHT : CHECKSUM_UNSAID);
	}
}

static void
segments_make_no_difference(void **state)
{
	for (unsigned i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		struct frame frame;

		make(&frame, &shapes[i]);
		for (unsigned cut = 1; cut + 1 < frame.length; cut++) {
			uint32_t ends[] = {cut, cut + 1};
			struct rte_mbuf segments[3];

			fake_mbuf_chain(segments, 3, frame.bytes, ends, frame.length);
			segments[0].ol_flags = GOOD;
			assert_int_equal(checksum_verify(segments), CHECKSUM_RIGHT);
			frame.bytes[frame.l4 + 1] ^= 1;
			assert_int_equal(checksum_verify(segments), CHECKSUM_WRONG);
			frame.bytes[frame.l4 + 1] ^= 1;
		}
	}
}

/* Bits that say where the header ends, what follows, or how long it is make another packet of it. */
static bool
is_structure(const struct frame *frame, const struct shape *shape, unsigned at)
{
	unsigned in_ip = at - frame->l3;

	if (shape->version == 4 &&
	    (in_ip == 0 || in_ip == 2 || in_ip == 3 || in_ip == 6 || in_ip == 7 || in_ip == 9))
		return true;
	if (shape->version == 6 && (in_ip < 8 || (in_ip >= 40 && at < frame->l4)))
		return true;
	return shape->protocol == 17 && at >= frame->l4 + 4 && at < frame->l4 + 6;
}

static void
each_bit_counts(void **state)
{
	for (unsigned i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		struct frame frame;

		make(&frame, &shapes[i]);
		for (unsigned bit = frame.l3 * 8; bit < frame.length * 8; bit++) {
			bool padding = bit / 8 >= frame.end;

			if (is_structure(&frame, &shapes[i], bit / 8))
				continue;
			frame.bytes[bit / 8] ^= 1 << bit % 8;
			assert_int_equal(verdict(&frame, GOOD),
					 padding ? CHECKSUM_RIGHT : CHECKSUM_WRONG);
			frame.bytes[bit / 8] ^= 1 << bit % 8;
		}
	}
}

static void
what_nobody_said_is_not_judged(void **state)
{
	static const uint64_t flags[] = {0, RTE_MBUF_F_RX_IP_CKSUM_BAD, RTE_MBUF_F_RX_L4_CKSUM_BAD,
					 RTE_MBUF_F_RX_IP_CKSUM_NONE | RTE_MBUF_F_RX_L4_CKSUM_NONE};
	struct frame frame;
	struct rte_mbuf packet;

	make(&frame, &shapes[0]);
	frame.bytes[frame.l4] ^= 1;
	for (unsigned i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		assert_int_equal(verdict(&frame, flags[i]), CHECKSUM_UNSAID);
	fake_mbuf(&packet, frame.bytes, frame.length);
	packet.ol_flags = GOOD;
	assert_int_equal(checksum_verify(&packet), CHECKSUM_WRONG);
	packet.packet_type = RTE_PTYPE_TUNNEL_VXLAN;
	assert_int_equal(checksum_verify(&packet), CHECKSUM_UNSAID);
}

static void
only_whole_datagrams_are_judged(void **state)
{
	static const struct shape four = {4, 0, 0, 17, 20, 0}, six = {6, 0, 8, 17, 20, 0};
	struct frame frame;

	/* A fragment: its header alone. */
	make(&frame, &four);
	put16(frame.bytes + frame.l3 + 6, 0x2000);
	put16(frame.bytes + frame.l3 + 10, 0);
	put16(frame.bytes + frame.l3 + 10, ~add(0, frame.bytes + frame.l3, 20));
	frame.bytes[frame.l4 + 12] ^= 1;
	assert_int_equal(verdict(&frame, RTE_MBUF_F_RX_L4_CKSUM_GOOD), CHECKSUM_UNSAID);
	assert_int_equal(verdict(&frame, GOOD), CHECKSUM_RIGHT);

	/* UDP without a checksum, and of another length than IP says. */
	make(&frame, &four);
	put16(frame.bytes + frame.l4 + 6, 0);
	assert_int_equal(verdict(&frame, RTE_MBUF_F_RX_L4_CKSUM_GOOD), CHECKSUM_UNSAID);
	make(&frame, &four);
	put16(frame.bytes + frame.l4 + 4, 27);
	assert_int_equal(verdict(&frame, RTE_MBUF_F_RX_L4_CKSUM_GOOD), CHECKSUM_UNSAID);

	/* Cut off, at every length. */
	make(&frame, &four);
	for (frame.length = 0; frame.length < frame.end; frame.length++)
		assert_int_equal(verdict(&frame, RTE_MBUF_F_RX_L4_CKSUM_GOOD), CHECKSUM_UNSAID);
	make(&frame, &six);
	for (frame.length = 0; frame.length < frame.end; frame.length++)
		assert_int_equal(verdict(&frame, GOOD), CHECKSUM_UNSAID);

	/* A routing header, and options longer than the packet. */
	make(&frame, &six);
	frame.bytes[frame.l3 + 6] = 43;
	assert_int_equal(verdict(&frame, GOOD), CHECKSUM_UNSAID);
	make(&frame, &six);
	frame.bytes[frame.l3 + 41] = 255;
	assert_int_equal(verdict(&frame, GOOD), CHECKSUM_UNSAID);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(right_ones_are_right),
		cmocka_unit_test(segments_make_no_difference),
		cmocka_unit_test(each_bit_counts),
		cmocka_unit_test(what_nobody_said_is_not_judged),
		cmocka_unit_test(only_whole_datagrams_are_judged),
		cmocka_unit_test(sums_are_adjusted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
