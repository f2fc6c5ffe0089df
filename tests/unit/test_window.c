/* SPDX-License-Identifier: BSD-3-Clause */
/* Windows over each kind of buffer: what they show, that they hold it whoever lets go first, and that all comes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <rte_mempool.h>
#include <string.h>

#include "eal.h"
#include "packet/window.h"

#include "core/banned.h"

#define POOL 15
#define PRIVATE 192 /* of the mbufs with packets: others than windows have */
#define LENGTH 100

static struct rte_mempool *packets, *bare, *windows;
static unsigned arena_freed;

static void
arena_free(void *address, void *opaque)
{
	arena_freed++;
}

static struct rte_mbuf *
fill(struct rte_mbuf *packet)
{
	for (unsigned i = 0; i < LENGTH; i++)
		rte_pktmbuf_mtod(packet, uint8_t *)[i] = i;
	packet->data_len = packet->pkt_len = LENGTH;
	return packet;
}

static struct rte_mbuf *
direct(void)
{
	struct rte_mbuf *packet = rte_pktmbuf_alloc(packets);

	assert_non_null(packet);
	return fill(packet);
}

static struct rte_mbuf *
external(void)
{
	static struct rte_mbuf_ext_shared_info info;
	static uint8_t arena[LENGTH];
	struct rte_mbuf *packet = rte_pktmbuf_alloc(bare);

	assert_non_null(packet);
	info.free_cb = arena_free;
	rte_mbuf_ext_refcnt_set(&info, 1);
	rte_pktmbuf_attach_extbuf(packet, arena, 0, LENGTH, &info);
	packet->data_off = 0;
	return fill(packet);
}

static struct rte_mbuf *
window(struct rte_mbuf *over, uint16_t offset, uint16_t length)
{
	struct rte_mbuf *blank = rte_mbuf_raw_alloc(windows);

	assert_non_null(blank);
	window_show(blank, over, offset, length);
	return blank;
}

static void
check_shows(const struct rte_mbuf *packet, unsigned first, unsigned length)
{
	assert_int_equal(packet->data_len, length);
	assert_int_equal(packet->pkt_len, length);
	for (unsigned i = 0; i < length; i++)
		assert_int_equal(rte_pktmbuf_mtod(packet, uint8_t *)[i], first + i);
	assert_false(RTE_MBUF_DIRECT(packet));
	assert_int_equal(rte_pktmbuf_tailroom(packet), 0);
}

static void
check_back(void)
{
	assert_int_equal(rte_mempool_avail_count(packets), POOL);
	assert_int_equal(rte_mempool_avail_count(bare), POOL);
	assert_int_equal(rte_mempool_avail_count(windows), POOL);
}

/* What comes out of the pool next has its own buffer again, and all its room. */
static void
check_blank(void)
{
	struct rte_mbuf *blanks[POOL];

	assert_int_equal(rte_pktmbuf_alloc_bulk(windows, blanks, POOL), 0);
	for (unsigned i = 0; i < POOL; i++) {
		assert_true(RTE_MBUF_DIRECT(blanks[i]));
		assert_ptr_equal(blanks[i]->buf_addr, rte_mbuf_buf_addr(blanks[i], windows));
		assert_int_equal(rte_pktmbuf_tailroom(blanks[i]), WINDOW_HEADERS);
		assert_int_equal(blanks[i]->priv_size, rte_pktmbuf_priv_size(windows));
	}
	rte_pktmbuf_free_bulk(blanks, POOL);
}

static void
try_over(struct rte_mbuf *(*make)(void))
{
	for (unsigned window_first = 0; window_first < 2; window_first++) {
		struct rte_mbuf *packet = make(), *one, *other, *inner;

		rte_mbuf_refcnt_update(packet, 2);
		one = window(packet, 10, 40);
		other = window(packet, 0, LENGTH);
		check_shows(one, 10, 40);
		check_shows(other, 0, LENGTH);
		assert_int_equal(rte_mbuf_data_iova(one), rte_mbuf_data_iova(packet) + 10);
		if (window_first)
			rte_pktmbuf_free(other);
		rte_pktmbuf_free(packet);
		/* Through the one that is left, and a window over it. */
		inner = window(one, 5, 20);
		check_shows(inner, 15, 20);
		assert_int_equal(rte_mempool_in_use_count(windows), window_first ? 2 : 3);
		rte_pktmbuf_free(inner);
		if (!window_first)
			rte_pktmbuf_free(other);
		check_back();
		check_blank();
	}
}

static void
over_a_pools_own_buffer(void **state)
{
	try_over(direct);
}

static void
over_an_external_buffer(void **state)
{
	arena_freed = 0;
	try_over(external);
	assert_int_equal(arena_freed, 2);
}

static int
begin(void **state)
{
	test_eal_start();
	packets = rte_pktmbuf_pool_create("packets", POOL, 0, PRIVATE, 512, SOCKET_ID_ANY);
	bare = rte_pktmbuf_pool_create("bare", POOL, 0, 0, 0, SOCKET_ID_ANY);
	windows = window_pool("windows", POOL, 0, SOCKET_ID_ANY);
	return packets && bare && windows ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(over_a_pools_own_buffer),
		cmocka_unit_test(over_an_external_buffer),
	};

	return cmocka_run_group_tests(tests, begin, NULL);
}
