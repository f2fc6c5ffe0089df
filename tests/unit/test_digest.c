/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Digests against what the manual says is alike, written out: two packets have one digest exactly when that is the same to
 * the byte. Packets are those of the fixtures, each beside itself with something changed, and cut into segments.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <rte_mbuf.h>
#include <stdbool.h>

#include "captures.h"
#include "fake_mbuf.h"
#include "packet/digest_way.h"

#include "core/banned.h"

#define FRAME_MAX 65536
#define ALL_WAYS 32 /* of leaving something out */

static struct captures captures;

/* What is left of a frame. */
struct plain {
	uint8_t bytes[FRAME_MAX + 64];
	uint32_t length;
};

static void
put(struct plain *plain, const uint8_t *bytes, uint32_t length)
{
	memcpy(plain->bytes + plain->length, bytes, length);
	plain->length += length;
}

static uint32_t
word(const uint8_t *at)
{
	return at[0] << 8 | at[1];
}

static bool
is_tag(const uint8_t *at)
{
	return word(at) == 0x8100 || word(at) == 0x88a8 || word(at) == 0x9100;
}

/* An IP header, and what stands behind it. */
struct ip {
	unsigned version;
	uint32_t end, packet_end;
	int protocol; /* -1: none that a checksum is known of */
};

static bool
read_ipv4(const uint8_t *frame, uint32_t at, uint32_t length, struct ip *ip)
{
	uint32_t header;

	if (at + 20 > length || frame[at] >> 4 != 4)
		return false;
	header = (frame[at] & 15) * 4;
	if (header < 20 || at + header > length)
		return false;
	*ip = (struct ip){4, at + header, at + word(frame + at + 2), frame[at + 9]};
	if (word(frame + at + 6) & 0x1fff)
		ip->protocol = -1;
	return true;
}

static bool
is_extension(unsigned protocol)
{
	static const uint8_t known[] = {0, 43, 44, 51, 60, 135, 139, 140};

	return memchr(known, protocol, sizeof(known)) != NULL;
}

static bool
read_ipv6(const uint8_t *frame, uint32_t at, uint32_t length, struct ip *ip)
{
	if (at + 40 > length || frame[at] >> 4 != 6)
		return false;
	*ip = (struct ip){6, at + 40, at + 40 + word(frame + at + 4), frame[at + 6]};
	while (is_extension(ip->protocol)) {
		const uint8_t *header = frame + ip->end;
		unsigned kind = ip->protocol;

		if (ip->end + 8 > length) {
			ip->end += 8;
			ip->protocol = -1;
			return true;
		}
		ip->protocol = header[0];
		ip->end += kind == 44 ? 8 : kind == 51 ? (header[1] + 2) * 4 : (header[1] + 1) * 8;
		if (kind == 44 && word(header + 2) >> 3) {
			ip->protocol = -1;
			return true;
		}
	}
	return true;
}

static void
clear(struct plain *plain, uint32_t at, uint32_t length)
{
	for (uint32_t i = at; i < at + length && i < plain->length; i++)
		plain->bytes[i] = 0;
}

/* What stands behind at is the network header. */
static void
leave_out(struct plain *plain, uint32_t at, uint32_t header, const struct ip *ip, unsigned without)
{
	uint8_t *start = plain->bytes + at;
	uint32_t transport = at + ip->end - header;

	if (without & PACKET_DIGEST_TTL)
		start[ip->version == 4 ? 8 : 7] = 0;
	if (without & PACKET_DIGEST_DSCP && ip->version == 4)
		start[1] &= 3;
	if (without & PACKET_DIGEST_DSCP && ip->version == 6) {
		start[0] &= 0xf0;
		start[1] &= 0x3f;
	}
	if (!(without & PACKET_DIGEST_CHECKSUMS))
		return;
	if (ip->version == 4)
		clear(plain, at + 10, 2);
	if (ip->protocol == 6)
		clear(plain, transport + 16, 2);
	if (ip->protocol == 17)
		clear(plain, transport + 6, 2);
	if (ip->protocol == 132)
		clear(plain, transport + 8, 4);
	if (ip->protocol == (ip->version == 4 ? 1 : 58))
		clear(plain, transport + 2, 2);
}

static void
write_out(const uint8_t *frame, uint32_t length, unsigned without, struct plain *plain)
{
	uint32_t at = 14, end = length, header;
	struct ip ip = {0};

	plain->length = 0;
	for (unsigned tags = 0; tags < 2 && length >= at + 2 && is_tag(frame + at - 2); tags++)
		at += 4;
	if (length < at) {
		put(plain, (const uint8_t *)"w", 1);
		put(plain, frame, length);
		return;
	}
	if (!(without & PACKET_DIGEST_MAC))
		put(plain, frame, 12);
	put(plain, (const uint8_t *)"-", 1);
	if (!(without & PACKET_DIGEST_VLAN))
		put(plain, frame + 12, at - 14);
	put(plain, (const uint8_t *)"-", 1);
	if ((word(frame + at - 2) == 0x0800 && read_ipv4(frame, at, length, &ip)) ||
	    (word(frame + at - 2) == 0x86dd && read_ipv6(frame, at, length, &ip))) {
		/* IPv6 of length 0 has no end that is known, unless nothing follows. */
		bool endless = ip.version == 6 && ip.packet_end == at + 40 && ip.protocol != 59;

		if (ip.packet_end >= ip.end && ip.packet_end < length && !endless)
			end = ip.packet_end;
		header = plain->length;
		put(plain, frame + at, end - at);
		leave_out(plain, header, at, &ip, without);
	} else {
		put(plain, (const uint8_t *)"o", 1);
		put(plain, frame + at - 2, length - at + 2);
	}
}

static const struct packet_digest_way *way; /* in which they are made */
static unsigned unparsed;

/* With and without parsing it is the same. */
static struct packet_digest
digest_of(const struct rte_mbuf *packet, unsigned without)
{
	struct rte_mbuf *packets[3] = {NULL, (struct rte_mbuf *)(uintptr_t)packet, NULL};
	struct packet_digest digest, some[3];
	struct packet_digest_mask mask;
	struct packet_view view;

	packet_digest_mask(without, &mask);
	mask.way = way;
	packet_parse(&packets[1], 1, 0, &view);
	packet_digest(packet, &view, &mask, &digest);
	if (packet_digests(packets, 1 << 1, &mask, some) == 0) {
		assert_int_equal(some[1].low, digest.low);
		assert_int_equal(some[1].high, digest.high);
		unparsed++;
	}
	return digest;
}

static bool
same(struct packet_digest a, struct packet_digest b)
{
	/* Each half tells them apart by itself. */
	assert_int_equal(a.low == b.low, a.high == b.high);
	return a.low == b.low;
}

/* Something else in a frame; returns its length. */
static uint32_t
change(uint8_t *frame, uint32_t length)
{
	uint32_t at = rand() % (rand() % 4 ? RTE_MIN(length, 64u) : length);

	switch (rand() % 5) {
	case 4:
		/* A length of IPv4 that denies its header, or just does not. */
		at = length > 24 && rand() % 4 == 0 && is_tag(frame + 12) ? 20 : 16;
		if (at + 2 <= length) {
			frame[at] = 0;
			frame[at + 1] = rand() % 32;
		}
		return length;
	case 0:
		return length + 1 < FRAME_MAX ? length + 1 : length;
	case 1:
		return length - 1;
	case 2:
		/* Mostly within a TTL, a type of service, a checksum, a tag. */
		at = RTE_MIN(at, 50u) < length ? RTE_MIN(at, 50u) : 0;
		frame[at] = rand();
		return length;
	default:
		frame[at] ^= 1 << rand() % 8;
		return length;
	}
}

static void
digests_tell_what_differs(void **state)
{
	static struct plain first, second;
	static uint8_t one[FRAME_MAX], other[FRAME_MAX];
	unsigned alike = 0, apart = 0;

	unparsed = 0;
	for (unsigned round = 0; round < 120000; round++) {
		const struct captured *packet = &captures.packets[rand() % captures.count];
		unsigned without = rand() % ALL_WAYS;
		struct rte_mbuf a, b;
		uint32_t one_length, length;
		uint8_t *exact;
		bool equal;

		if (packet->length == 0 || packet->length >= FRAME_MAX - 2)
			continue;
		memcpy(one, packet->bytes, packet->length);
		one[packet->length] = one[packet->length + 1] = rand();
		one_length = rand() % 2 ? packet->length : change(one, packet->length);
		memcpy(other, one, packet->length + 2);
		length = one_length ? change(other, one_length) : 0;
		exact = malloc(length + !length);
		memcpy(exact, other, length);
		write_out(one, one_length, without, &first);
		write_out(exact, length, without, &second);
		equal = first.length == second.length &&
			memcmp(first.bytes, second.bytes, first.length) == 0;
		fake_mbuf(&a, one, one_length);
		fake_mbuf(&b, exact, length);
		assert_int_equal(same(digest_of(&a, without), digest_of(&b, without)), equal);
		alike += equal;
		apart += !equal;
		free(exact);
	}
	assert_true(alike > 10000 && apart > 10000 && unparsed > 10000);
}

static void
digests_know_no_segments(void **state)
{
	for (unsigned round = 0; round < 30000; round++) {
		const struct captured *packet = &captures.packets[rand() % captures.count];
		unsigned without = rand() % ALL_WAYS;
		struct rte_mbuf whole, parts[3];
		uint32_t ends[2];

		if (packet->length < 3)
			continue;
		ends[0] = 1 + rand() % RTE_MIN(packet->length - 2, 80u);
		ends[1] = ends[0] + 1 + rand() % (packet->length - ends[0] - 1);
		fake_mbuf(&whole, packet->bytes, packet->length);
		fake_mbuf_chain(parts, 3, packet->bytes, ends, packet->length);
		assert_true(same(digest_of(&whole, without), digest_of(parts, without)));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digests_tell_what_differs),
		cmocka_unit_test(digests_know_no_segments),
	};
	int failed;

	captures_load(&captures);
	way = &packet_digest_by_products;
	failed = cmocka_run_group_tests_name("by products", tests, NULL, NULL);
	way = packet_digest_aes();
	if (way)
		failed += cmocka_run_group_tests_name("by AES", tests, NULL, NULL);
	return failed;
}
