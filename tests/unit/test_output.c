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
static _Atomic bool stalls, waits;

/* In the place of the C library's: a disk that does not answer while `stalls` is set. */
ssize_t
writev(int fd, const struct iovec *pieces, int count)
{
	uint64_t deadline = now_ns() + STALL_NS;
	ssize_t written = 0;

	while (stalls && now_ns() < deadline)
		waits = true;
	for (int i = 0; i < count; i++)
		written += write(fd, pieces[i].iov_base, pieces[i].iov_len);
	return written;
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

	assert_int_equal(output_open("file", kit_path("out.pcap"), &output), 0);
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
	assert_int_equal(output_open(port, path, &output), 0);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nobody_waits_for_a_disk_that_stalls),
		cmocka_unit_test(test_names_are_its_own),
	};

	test_eal_start();
	pool = rte_pktmbuf_pool_create("packets", PACKETS, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
				       SOCKET_ID_ANY);
	return pool ? cmocka_run_group_tests(tests, kit_setup, kit_teardown) : 1;
}
