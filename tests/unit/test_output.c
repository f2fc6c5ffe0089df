/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include <cmocka.h>
#include <rte_mbuf.h>

#include "core/now.h"
#include "eal.h"
#include "port_kit.h"
#include "port/output.h"

#include "core/banned.h"

#define PACKETS 63
/* A disk that would not answer for ever, so that what waits for it fails and does not hang. */
#define STALL_NS UINT64_C(3000000000)
#define PROMPT_NS UINT64_C(500000000)

static struct rte_mempool *pool;
static struct output_copies copies;
static _Atomic bool stalls, waits;
static size_t most = SIZE_MAX; /* that one call writes */

/* In the place of the C library's: a disk that does not answer while `stalls` is set, or takes a part. */
ssize_t
writev(int fd, const struct iovec *pieces, int count)
{
	uint64_t deadline = now_ns() + STALL_NS;
	size_t written = 0;

	while (stalls && now_ns() < deadline)
		waits = true;
	for (int i = 0; i < count && written < most; i++) {
		size_t size = RTE_MIN(pieces[i].iov_len, most - written);

		assert_int_equal(write(fd, pieces[i].iov_base, size), size);
		written += size;
	}
	return (ssize_t)written;
}

static void *
send_one(void *output)
{
	struct rte_mbuf *packet = rte_pktmbuf_alloc(pool);

	assert_non_null(rte_pktmbuf_append(packet, 60));
	assert_int_equal(output_send(output, &packet, 1), 1);
	return NULL;
}

static off_t
size_of(const char *path)
{
	struct stat status;

	return stat(path, &status) < 0 ? -1 : status.st_size;
}

static void
test_nobody_waits_for_a_disk_that_stalls(void **state)
{
	struct output *output;
	pthread_t worker;
	uint64_t began;

	assert_int_equal(output_open("file", kit_path("out.pcap"), false, &copies, &output), 0);
	stalls = true;
	assert_int_equal(pthread_create(&worker, NULL, send_one, output), 0);
	while (!waits)
		;
	began = now_ns();
	assert_null(output_check(output));
	output_retry(output);
	assert_true(now_ns() - began < PROMPT_NS);
	stalls = false;
	pthread_join(worker, NULL);
	assert_null(output_check(output));
	assert_true(output_close(output));
}

/* They stand in a config, which another may take the place of. */
static void
test_names_are_its_own(void **state)
{
	char path[KIT_PATH_MAX], port[] = "file";
	struct output *output;
	FILE *reader;

	snprintf(path, sizeof(path), "%s", kit_path("fifo"));
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(output_open(port, path, false, &copies, &output), 0);
	assert_non_null(output_check(output));
	path[strlen(path) - 1] = 'x';
	port[0] = 'x';
	reader = fdopen(open(kit_path("fifo"), O_RDONLY | O_NONBLOCK), "r");
	assert_non_null(reader);
	assert_null(output_check(output));
	assert_true(output_close(output));
	fclose(reader);
	assert_int_equal(size_of(path), -1);
}

/* Of two segments, whose bytes count up from `first`. */
static void
send_counting(struct output *output, uint8_t first)
{
	struct rte_mbuf *head = rte_pktmbuf_alloc(pool), *tail = rte_pktmbuf_alloc(pool);
	char *bytes[] = {rte_pktmbuf_append(head, 600), rte_pktmbuf_append(tail, 400)};

	for (unsigned i = 0; i < 1000; i++)
		bytes[i >= 600][i >= 600 ? i - 600 : i] = (char)(first + i);
	assert_int_equal(rte_pktmbuf_chain(head, tail), 0);
	assert_int_equal(output_send(output, &head, 1), 1);
}

/* A header of the file, and records of such packets. */
static void
check_stream(FILE *stream, const uint8_t *firsts, unsigned count)
{
	uint8_t bytes[1016];

	assert_int_equal(fread(bytes, 24, 1, stream), 1);
	for (unsigned i = 0; i < count; i++) {
		assert_int_equal(fread(bytes, sizeof(bytes), 1, stream), 1);
		for (unsigned k = 0; k < 1000; k++)
			assert_int_equal(bytes[16 + k], (uint8_t)(firsts[i] + k));
	}
	assert_int_equal(fread(bytes, 1, 1, stream), 0);
}

/* A FIFO keeps a copy of what it did not take, and counts the packet's bytes of it; a file needs none. */
static void
test_copies_of_parts(void **state)
{
	static const size_t parts[] = {10, 16, 100, 616, 700, SIZE_MAX};
	static const uint64_t left[] = {1000, 1000, 916, 400, 316, 0};
	static const uint8_t firsts[] = {1, 2, 3, 4, 5, 6};
	const char *path = kit_path("part");
	struct output *output;
	uint64_t bytes = 0;
	FILE *reader;

	for (int fifo = 0; fifo <= 1; fifo++) {
		copies = (struct output_copies){0};
		assert_true(!fifo || mkfifo(path, 0600) == 0);
		reader = fifo ? fdopen(open(path, O_RDONLY | O_NONBLOCK), "r") : NULL;
		assert_int_equal(output_open("part", path, false, &copies, &output), 0);
		for (unsigned i = 0; i < RTE_DIM(parts); i++) {
			most = parts[i];
			send_counting(output, firsts[i]);
			bytes += fifo ? left[i] : 0;
			assert_int_equal(copies.bytes, bytes);
			assert_int_equal(copies.packets, fifo ? RTE_MIN(i + 1, 5u) : 0);
		}
		assert_true(output_close(output));
		reader = fifo ? reader : fopen(path, "r");
		assert_non_null(reader);
		check_stream(reader, firsts, RTE_DIM(firsts));
		fclose(reader);
		assert_int_equal(remove(path), 0);
	}
	assert_int_equal(rte_mempool_avail_count(pool), PACKETS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nobody_waits_for_a_disk_that_stalls),
		cmocka_unit_test(test_names_are_its_own),
		cmocka_unit_test(test_copies_of_parts),
	};

	test_eal_start();
	pool = rte_pktmbuf_pool_create("packets", PACKETS, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
				       SOCKET_ID_ANY);
	return pool ? cmocka_run_group_tests(tests, kit_setup, kit_teardown) : 1;
}
