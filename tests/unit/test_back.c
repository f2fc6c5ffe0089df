/* SPDX-License-Identifier: BSD-3-Clause */
/* A return's matcher, while workers go on: what was back in time is not late because nobody looked; a run knows nothing of
 * the one before it; a round ends, however fast workers are; and nothing that comes back is looked at before it is noted that
 * it left. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <time.h>

#include "core/now.h"
#include "eal.h"
#include "returns/back.h"

#define SECOND UINT64_C(1000000000)
#define MS UINT64_C(1000000)
#define WITHIN (20 * MS)
#define PATIENCE (60 * SECOND)
#define BYTES 64
#define SLOT 3
#define MORE 1000

static struct rte_mempool *pool;
static struct back *back;
static struct back_books *books;

static void
begin(bool live)
{
	struct config_replay replay = {.name = (char *)"one"};
	const struct config config = {.replays = &replay, .replay_count = 1};
	const struct config_return wanted = {
		.name = (char *)"through", .within_ns = WITHIN, .memory = 8 << 20};

	books = back_books_make();
	assert_non_null(books);
	back = back_make(&config, &wanted, books, live, 2, SOCKET_ID_ANY);
	assert_non_null(back);
}

static void
end(void)
{
	back_leave(back);
	back_books_leave(books);
	assert_int_equal(rte_mempool_in_use_count(pool), 0);
}

/* Each number makes another frame. */
static struct rte_mbuf *
frame(uint64_t number)
{
	struct rte_mbuf *packet = rte_pktmbuf_alloc(pool);
	uint8_t *bytes;

	assert_non_null(packet);
	bytes = (uint8_t *)rte_pktmbuf_append(packet, BYTES);
	memset(bytes, 0x11, BYTES);
	memcpy(bytes + 20, &number, sizeof(number));
	return packet;
}

static void
leaves(unsigned worker, uint64_t number, uint64_t at_ns, uint64_t run)
{
	struct rte_mbuf *packet = frame(number);
	struct handed *sent = back->sent[worker];

	handed_note(sent, &packet, handed_hold(sent, &packet, 1), 1, NULL, at_ns, run);
	rte_pktmbuf_free(packet);
}

static void
comes(unsigned worker, uint64_t number, uint64_t at_ns)
{
	struct rte_mbuf *packet = frame(number);

	assert_int_equal(taken_room(back->taken[worker], 1), 1);
	taken_put(back->taken[worker], &packet, 1, at_ns, SLOT);
}

static struct match_numbers
numbers(void)
{
	struct match_numbers all;

	back_lock(back);
	match_tell(back->match, &all);
	back_unlock(back);
	assert_int_equal(all.sent, all.waiting + all.matched + all.late + all.changed + all.lost);
	return all;
}

static void
nap(uint64_t ns)
{
	nanosleep(&(struct timespec){.tv_sec = ns / SECOND, .tv_nsec = ns % SECOND}, NULL);
}

/* When so many came back, and all that left was looked at. */
static struct match_numbers
when_back(uint64_t count)
{
	uint64_t until_ns = now_ns() + PATIENCE;

	while (atomic_load(&back->given) < count || !back_is_idle(back)) {
		assert_true(now_ns() < until_ns);
		nap(MS);
	}
	return numbers();
}

/* The thread had no core for longer than packets may take. */
static void
test_what_was_back_in_time_is_not_late(void **state)
{
	uint64_t now = now_ns();
	struct match_numbers all;

	begin(true);
	back_lock(back);
	leaves(0, 1, now, 1);
	comes(1, 1, now + MS);
	leaves(1, 2, now + WITHIN + 2 * MS, 1);
	comes(0, 2, now + WITHIN + 3 * MS);
	nap(2 * WITHIN);
	back_unlock(back);
	all = when_back(2);
	assert_int_equal(all.matched, 2);
	assert_int_equal(all.late, 0);
	assert_int_equal(books->out[SLOT], 2);
	end();
}

/* What really came too late is late. */
static void
test_what_was_not_is(void **state)
{
	uint64_t now = now_ns();
	struct match_numbers all;

	begin(true);
	back_lock(back);
	leaves(0, 1, now, 1);
	leaves(0, 2, now, 1);
	comes(0, 1, now + WITHIN + 1);
	back_unlock(back);
	all = when_back(1);
	assert_int_equal(all.late, 1);
	while (numbers().waiting)
		nap(MS);
	assert_int_equal(numbers().lost, 1);
	end();
}

/* What came back of a run before the next one began is that run's, though nobody looked between the two. */
static void
test_a_run_that_begins_at_once(void **state)
{
	uint64_t now = now_ns();
	struct match_numbers all;

	begin(true);
	back_lock(back);
	leaves(0, 1, now, 1);
	comes(0, 1, now + 1000);
	leaves(1, 2, now + 2000, 2);
	comes(1, 2, now + 3000);
	back_unlock(back);
	all = when_back(2);
	assert_int_equal(atomic_load(&back->run), 2);
	assert_int_equal(all.sent, 1);
	assert_int_equal(all.back, 1);
	assert_int_equal(all.matched, 1);
	end();
}

/* A worker that the kernel keeps off its core while a packet leaves. */
static void
test_what_is_back_before_it_is_noted(void **state)
{
	uint64_t now = now_ns();
	struct rte_mbuf *packet;
	struct match_numbers all;

	begin(true);
	packet = frame(1);
	assert_int_equal(handed_hold(back->sent[0], &packet, 1), 1);
	comes(1, 1, now + 1000);
	/* Another worker's are noted meanwhile. */
	leaves(1, 2, now, 1);
	nap(100 * MS);
	assert_int_equal(numbers().back, 0);
	handed_note(back->sent[0], &packet, 1, 1, NULL, now, 1);
	rte_pktmbuf_free(packet);
	all = when_back(1);
	assert_int_equal(all.matched, 1);
	end();
}

/* A worker that is as fast as the matcher: for each packet that is done with another one leaves. */
static struct rte_mbuf_ext_shared_info shared[MORE];
static uint8_t bytes[BYTES];
static unsigned more;

static void leave_another(void);

static void
is_done_with(void *address, void *context)
{
	if (more < MORE)
		leave_another();
}

static void
leave_another(void)
{
	struct rte_mbuf *packet = rte_pktmbuf_alloc(pool);

	assert_non_null(packet);
	shared[more].free_cb = is_done_with;
	rte_mbuf_ext_refcnt_set(&shared[more], 1);
	rte_pktmbuf_attach_extbuf(packet, bytes, RTE_BAD_IOVA, BYTES, &shared[more]);
	rte_pktmbuf_append(packet, BYTES);
	handed_note(back->sent[0], &packet, handed_hold(back->sent[0], &packet, 1), 1, NULL,
		    1000 + more++, 1);
	rte_pktmbuf_free(packet);
}

static void
test_a_round_ends(void **state)
{
	begin(false);
	back->sent[0]->noted = NULL;
	for (unsigned i = 0; i < MATCH_BATCH; i++)
		leave_another();
	assert_int_equal(back_round(back), MATCH_BATCH);
	assert_int_equal(more, 2 * MATCH_BATCH);
	assert_int_equal(back_round(back), MATCH_BATCH);
	more = MORE;
	end();
}

static int
setup(void **state)
{
	test_eal_start();
	pool = rte_pktmbuf_pool_create("packets", 1023, 0, 0, 2048, SOCKET_ID_ANY);
	return pool ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_was_back_in_time_is_not_late),
		cmocka_unit_test(test_what_was_not_is),
		cmocka_unit_test(test_a_run_that_begins_at_once),
		cmocka_unit_test(test_what_is_back_before_it_is_noted),
		cmocka_unit_test(test_a_round_ends),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
