/* SPDX-License-Identifier: BSD-3-Clause */
/* Which packets of a row of bursts are checked, as a worker counts down. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "engine/verify.h"
#include "fake_mbuf.h"

#include "core/banned.h"

#define PACKETS 20000

/* UDP from 10.0.0.1 to 10.0.0.2, no payload; the second one is wrong. */
static const uint8_t good[] = "\2\0\0\0\0\1\2\0\0\0\0\2\x08\0"
			      "\x45\0\0\x1c\0\0\0\0\x40\x11\x66\xcf\x0a\0\0\1\x0a\0\0\2"
			      "\0\1\0\2\0\x08\xeb\xd8";
static uint8_t wrong[sizeof(good)];

static struct rte_mbuf mbufs[3]; /* right, wrong, and one of which nothing is said */
static struct burst burst;
static struct tally_port tally;

static int
set_up(void **state)
{
	memcpy(wrong, good, sizeof(good));
	wrong[sizeof(good) - 2] ^= 1;
	fake_mbuf(&mbufs[0], good, sizeof(good) - 1);
	fake_mbuf(&mbufs[1], wrong, sizeof(good) - 1);
	fake_mbuf(&mbufs[2], good, sizeof(good) - 1);
	mbufs[0].ol_flags = mbufs[1].ol_flags =
		RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	return 0;
}

/* What receiving does with a burst. */
static void
receive(struct worker_queue *queue, unsigned count)
{
	burst.count = count;
	if (queue->until < count)
		verify_burst(queue, &burst, &tally);
	else
		queue->until -= count;
}

/* Runs the packets through in bursts of chance length; kind says which each is. */
static void
run(uint32_t one_in, unsigned (*kind)(unsigned number))
{
	struct worker_queue queue = {0};

	srand(one_in);
	memset(&tally, 0, sizeof(tally));
	verify_start(&queue, one_in);
	for (unsigned number = 0; number < PACKETS;) {
		unsigned count = rand() % BURST_MAX + 1;

		if (count > PACKETS - number)
			count = PACKETS - number;
		for (unsigned i = 0; i < count; i++)
			burst.packets[i] = &mbufs[kind(number++)];
		receive(&queue, count);
	}
}

static unsigned
all_right(unsigned number)
{
	return 0;
}

static unsigned
each_seventh_wrong(unsigned number)
{
	return number % 7 == 6;
}

static unsigned
each_third_said(unsigned number)
{
	return number % 3 ? 2 : 0;
}

static unsigned
none_said(unsigned number)
{
	return 2;
}

static void
one_in_so_many(void **state)
{
	static const uint32_t counts[] = {1,  2,    7,    31,      32,         33,
					  64, 1000, 1024, PACKETS, PACKETS + 1};

	for (unsigned i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		run(counts[i], all_right);
		assert_int_equal(tally.checksum_checked, PACKETS / counts[i]);
		assert_int_equal(tally.checksum_wrong, 0);
	}
}

static void
wrong_ones_are_found(void **state)
{
	run(1, each_seventh_wrong);
	assert_int_equal(tally.checksum_checked, PACKETS);
	assert_int_equal(tally.checksum_wrong, PACKETS / 7);
	/* Each seventh packet is just the one that is looked at. */
	run(7, each_seventh_wrong);
	assert_int_equal(tally.checksum_checked, PACKETS / 7);
	assert_int_equal(tally.checksum_wrong, PACKETS / 7);
}

static void
the_next_that_was_said_stands_in(void **state)
{
	run(1, each_third_said);
	assert_int_equal(tally.checksum_checked, PACKETS / 3 + 1);
	run(100, each_third_said);
	assert_in_range(tally.checksum_checked, PACKETS / 102, PACKETS / 100);
}

static void
nothing_is_checked_unasked(void **state)
{
	run(0, each_seventh_wrong);
	assert_int_equal(tally.checksum_checked, 0);
	run(1, none_said);
	assert_int_equal(tally.checksum_checked, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_in_so_many),
		cmocka_unit_test(wrong_ones_are_found),
		cmocka_unit_test(the_next_that_was_said_stands_in),
		cmocka_unit_test(nothing_is_checked_unasked),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
