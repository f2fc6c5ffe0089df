/* SPDX-License-Identifier: BSD-3-Clause */
/* What a packet is known by, and what may differ in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "frames.h"
#include "match/key.h"

#include "core/banned.h"

#define NETWORK_ALL (MATCH_MAC | MATCH_VLAN | MATCH_TTL | MATCH_DSCP | MATCH_CHECKSUMS)

static const struct frame_words udp = {
	"10.0.0.1", "10.0.0.2", 1000, 53, 17, 7, 0, 64, 0, "a question, and its answer"};
static const struct frame_words tcp = {"10.0.0.1", "10.0.0.2", 1000, 80, 6, 7, 4711, 64, 0, "GET"};
static const struct frame_words udp6 = {"fd00::1", "fd00::2", 1000, 53, 17, 0, 0, 64, 0, "hello"};
static const struct frame_words ping = {"10.0.0.1", "10.0.0.2", 0, 0, 1, 7, 0x10002, 64, 0, "abc"};

static uint64_t
key(const struct frame *frame, unsigned ignoring)
{
	struct match_manner manner = {.ignoring = ignoring};
	struct match_keys keys;
	/* No byte behind it may be looked at. */
	uint8_t *alone = malloc(frame->length + 1);

	memcpy(alone, frame->bytes, frame->length);
	match_key(&manner, alone, frame->length, frame->length, &keys);
	free(alone);
	return keys.of[0];
}

/* Which of the six must be ignored for both to have one key; bits of all that do by themselves. */
static void
differ_but_for(const struct frame *a, const struct frame *b, unsigned needed)
{
	for (unsigned ignoring = 0; ignoring < 1u << MATCH_IGNORING_COUNT; ignoring++) {
		unsigned covered = ignoring;

		if (covered & MATCH_NAT)
			covered |= MATCH_TTL | MATCH_DSCP | MATCH_CHECKSUMS;
		if ((covered & needed) == needed)
			assert_int_equal(key(a, ignoring), key(b, ignoring));
		else
			assert_int_not_equal(key(a, ignoring), key(b, ignoring));
	}
}

static void
each_word_ignores_what_it_says(void **state)
{
	const struct frame_words *all[] = {&udp, &tcp, &udp6, &ping};

	for (unsigned i = 0; i < 4; i++) {
		struct frame a = frame_make(all[i]), b = a;
		struct frame_words tagged = *all[i];
		unsigned l4 = all[i] == &udp6 ? 54 : 34;
		uint8_t *ip = b.bytes + 14;

		differ_but_for(&a, &b, 0);
		b.bytes[3] ^= 1;
		b.bytes[11] ^= 1;
		differ_but_for(&a, &b, MATCH_MAC);
		b = a;
		tagged.vlan = 5;
		b = frame_make(&tagged);
		differ_but_for(&a, &b, MATCH_VLAN);
		b = a;
		ip[all[i] == &udp6 ? 7 : 8]--;
		if (all[i] != &udp6)
			frame_ipv4_sum(ip);
		differ_but_for(&a, &b, MATCH_TTL);
		b = a;
		ip[1] ^= 0x20;
		if (all[i] != &udp6)
			frame_ipv4_sum(ip);
		differ_but_for(&a, &b, MATCH_DSCP);
		b = a;
		b.bytes[l4 + (all[i] == &tcp ? 17 : all[i] == &ping ? 3 : 7)] ^= 1;
		differ_but_for(&a, &b, MATCH_CHECKSUMS);
		b = a;
		b.bytes[b.length - 1] ^= 1;
		differ_but_for(&a, &b, 1u << 31);
	}
}

static void
what_nat_leaves_counts(void **state)
{
	struct frame a = frame_make(&tcp), b;
	struct frame_words other = tcp;

	other.from = "192.0.2.9";
	other.sport = 40000;
	b = frame_make(&other);
	differ_but_for(&a, &b, MATCH_NAT);
	other.sequence++;
	b = frame_make(&other);
	differ_but_for(&a, &b, 1u << 31);
	other = tcp;
	other.payload = "PUT";
	b = frame_make(&other);
	differ_but_for(&a, &b, 1u << 31);
	for (unsigned i = 13; i < 16; i++) { /* flags and window */
		b = a;
		b.bytes[34 + i] ^= 1;
		differ_but_for(&a, &b, 1u << 31);
	}
	a = frame_make(&ping);
	other = ping;
	other.to = "10.0.0.77";
	b = frame_make(&other);
	differ_but_for(&a, &b, MATCH_NAT);
	other.sequence++;
	b = frame_make(&other);
	differ_but_for(&a, &b, 1u << 31);
	a = frame_make(&udp6);
	other = udp6;
	other.from = "2001:db8::1";
	b = frame_make(&other);
	differ_but_for(&a, &b, MATCH_NAT);
}

/* What an ICMP error is about has its own addresses, ports and checksums, which a NAT changes. */
static void
an_error_is_known_over_nat(void **state)
{
	struct frame_words about = udp;
	struct frame inside = frame_make(&about), a = frame_make(&ping), b;
	unsigned at = 42;

	a.bytes[34] = 3;
	memcpy(a.bytes + at, inside.bytes + 14, 28);
	a.length = at + 28;
	frame_16(a.bytes + 16, (uint16_t)(a.length - 14));
	b = a;
	b.bytes[14 + 19]++;
	b.bytes[at + 15]++;
	b.bytes[at + 21]++;
	b.bytes[at + 27]++;
	differ_but_for(&a, &b, MATCH_NAT);
	b.bytes[at + 25]++; /* UDP's length */
	differ_but_for(&a, &b, 1u << 31);
}

static void
padding_is_no_part_of_a_frame(void **state)
{
	static const unsigned all[] = {0, NETWORK_ALL, NETWORK_ALL | MATCH_NAT};
	struct frame_words shorter = tcp;
	/* A byte near the end that counts at all levels. */
	static const unsigned counts[] = {47, 44, 41, 16};
	struct frame frames[4];

	shorter.payload = "";
	frames[0] = frame_make(&shorter);
	frames[1] = frame_make(&ping);
	frames[2] = (struct frame){
		{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1}, 42};
	frames[2].bytes[41] = 9;
	/* Of an ether-type that says nothing of its length. */
	frames[3] = (struct frame){{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xb5, 1, 2, 3}, 17};
	for (unsigned i = 0; i < 4; i++) {
		struct frame padded = frames[i];

		padded.length = 60;
		for (unsigned j = 0; j < 3; j++)
			assert_int_equal(key(&frames[i], all[j]), key(&padded, all[j]));
		padded.bytes[counts[i]] ^= 1;
		for (unsigned j = 0; j < 3; j++)
			assert_int_not_equal(key(&frames[i], all[j]), key(&padded, all[j]));
	}
}

static void
a_snap_covers_what_is_there(void **state)
{
	struct match_manner manner = {.automatic = true, .snap = 64};
	struct frame_words words = tcp;
	struct match_keys whole, cut, other;
	char payload[301] = "";
	struct frame frame;

	memset(payload, 'x', 300);
	words.payload = payload;
	frame = frame_make(&words);
	match_key(&manner, frame.bytes, frame.length, frame.length, &whole);
	match_key(&manner, frame.bytes, 64, frame.length, &cut);
	assert_memory_equal(whole.of, cut.of, sizeof(whole.of));
	frame.bytes[frame.length - 1] ^= 1;
	match_key(&manner, frame.bytes, frame.length, frame.length, &other);
	assert_memory_equal(whole.of, other.of, sizeof(whole.of));
	frame.bytes[50] ^= 1;
	match_key(&manner, frame.bytes, frame.length, frame.length, &other);
	assert_int_not_equal(whole.of[0], other.of[0]);
	/* How long it was is covered, too. */
	words.payload = payload + 1;
	frame = frame_make(&words);
	memcpy(frame.bytes, frame_make(&tcp).bytes, 16);
	match_key(&manner, frame.bytes, 64, frame.length, &other);
	assert_int_not_equal(whole.of[2], other.of[2]);
}

static void
tags_make_no_difference_to_a_snap(void **state)
{
	struct match_manner manner = {.ignoring = MATCH_VLAN, .snap = 64};
	struct frame_words words = udp6;
	struct match_keys with, without;

	words.payload = "more than sixty-four bytes of a packet are here, and that is enough";
	for (unsigned vlan = 0; vlan < 2; vlan++) {
		struct frame frame;

		words.vlan = vlan * 9;
		frame = frame_make(&words);
		match_key(&manner, frame.bytes, 64, frame.length, vlan ? &with : &without);
	}
	assert_int_equal(with.of[0], without.of[0]);
}

static void
automatic_has_the_three(void **state)
{
	static const unsigned levels[] = {0, NETWORK_ALL, NETWORK_ALL | MATCH_NAT};
	struct match_manner manner = {.automatic = true};
	struct frame frame = frame_make(&tcp);
	struct match_keys keys;

	match_key(&manner, frame.bytes, frame.length, frame.length, &keys);
	for (unsigned i = 0; i < MATCH_LEVELS; i++)
		assert_int_equal(keys.of[i], key(&frame, levels[i]));
}

/* Whatever comes has a key, and nothing is read behind it (which a sanitizer sees). */
static void
any_bytes_will_do(void **state)
{
	const struct frame_words *all[] = {&udp, &tcp, &udp6, &ping};

	srand(1);
	for (unsigned round = 0; round < 200000; round++) {
		struct frame frame = frame_make(all[rand() % 4]);
		struct match_manner manner = {.automatic = rand() % 2,
					      .ignoring = rand() % 64,
					      .snap = rand() % 2 ? 64 : 0};
		uint32_t length = rand() % (frame.length + 1);
		uint8_t *bytes = malloc(length + 1);
		struct match_keys keys;

		for (unsigned i = rand() % 8; i > 0; i--)
			frame.bytes[12 + rand() % 50] = rand() % 3 ? rand() % 256 : 0x81;
		memcpy(bytes, frame.bytes, length);
		/* A byte fewer, so that reading it would be seen. */
		bytes = realloc(bytes, length ? length : 1);
		match_key(&manner, bytes, length, length + rand() % 100, &keys);
		assert_true(keys.length <= length);
		free(bytes);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_word_ignores_what_it_says),
		cmocka_unit_test(what_nat_leaves_counts),
		cmocka_unit_test(an_error_is_known_over_nat),
		cmocka_unit_test(padding_is_no_part_of_a_frame),
		cmocka_unit_test(a_snap_covers_what_is_there),
		cmocka_unit_test(tags_make_no_difference_to_a_snap),
		cmocka_unit_test(automatic_has_the_three),
		cmocka_unit_test(any_bytes_will_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
