/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

#include <cmocka.h>
#include <rte_mbuf.h>

#include "port_kit.h"
#include "port/ports.h"
#include "port/time.h"
#include "port/writer.h"

#include "core/banned.h"

#define PACKETS 255
#define FIRST_NS 1700000000123456789

static struct rte_mempool *pool;

static struct rte_mbuf *
packet_of(uint16_t length, uint8_t first, uint64_t ns)
{
	struct rte_mbuf *packet = rte_pktmbuf_alloc(pool);
	uint8_t *bytes = (uint8_t *)rte_pktmbuf_append(packet, length);

	for (uint16_t i = 0; i < length; i++)
		bytes[i] = first + i;
	packet_time_set(packet, ns);
	packet_wire_length_set(packet, rte_pktmbuf_pkt_len(packet));
	return packet;
}

static void
write_one(struct capture_writer *writer, struct rte_mbuf *packet)
{
	assert_int_equal(capture_writer_send(writer, &packet, 1), 1);
}

static void
assert_nothing_leaked(void)
{
	assert_int_equal(rte_mempool_avail_count(pool), PACKETS);
}

/* Reads the next record back and compares it with bytes first, first + 1, ... */
static void
assert_record(pcap_t *pcap, uint64_t ns, uint32_t length, uint8_t first)
{
	struct pcap_pkthdr *header;
	const u_char *data;

	assert_int_equal(pcap_next_ex(pcap, &header, &data), 1);
	assert_int_equal((uint32_t)header->ts.tv_sec * 1000000000ull + header->ts.tv_usec, ns);
	assert_int_equal(header->caplen, length);
	assert_int_equal(header->len, length);
	for (uint32_t i = 0; i < length; i++)
		assert_int_equal(data[i], (uint8_t)(first + i));
}

static pcap_t *
open_back(const char *path)
{
	char reason[PCAP_ERRBUF_SIZE];
	pcap_t *pcap =
		pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, reason);

	assert_non_null(pcap);
	assert_int_equal(pcap_datalink(pcap), DLT_EN10MB);
	return pcap;
}

static void
keeps_nanoseconds_and_bytes(void **state)
{
	static const uint64_t times[] = {FIRST_NS, FIRST_NS + 1, 0, 999999999, 4000000000000000001};
	struct capture_writer *writer;
	pcap_t *pcap;

	assert_int_equal(capture_writer_open(kit_path("out"), &writer), 0);
	for (unsigned i = 0; i < 5; i++)
		write_one(writer, packet_of(60 + i, i, times[i]));
	assert_int_equal(capture_writer_close(writer), 0);
	assert_nothing_leaked();

	pcap = open_back(kit_path("out"));
	for (unsigned i = 0; i < 5; i++)
		assert_record(pcap, times[i], 60 + i, i);
	pcap_close(pcap);
}

static void
writes_a_chain_as_one_record(void **state)
{
	struct rte_mbuf *packet = packet_of(100, 0, FIRST_NS);
	struct capture_writer *writer;
	pcap_t *pcap;

	assert_int_equal(rte_pktmbuf_chain(packet, packet_of(50, 100, 0)), 0);
	assert_int_equal(rte_pktmbuf_chain(packet, packet_of(7, 150, 0)), 0);
	packet_wire_length_set(packet, 157);
	assert_int_equal(capture_writer_open(kit_path("chain"), &writer), 0);
	write_one(writer, packet);
	assert_int_equal(capture_writer_close(writer), 0);
	assert_nothing_leaked();

	pcap = open_back(kit_path("chain"));
	assert_record(pcap, FIRST_NS, 157, 0);
	pcap_close(pcap);
}

/* So many records, and nothing behind them. */
static void
assert_records(const char *path, unsigned count)
{
	struct pcap_pkthdr *header;
	pcap_t *pcap = open_back(path);
	const u_char *data;

	for (unsigned i = 0; i < count; i++)
		assert_int_equal(pcap_next_ex(pcap, &header, &data), 1);
	assert_int_equal(pcap_next_ex(pcap, &header, &data), PCAP_ERROR_BREAK);
	pcap_close(pcap);
}

static void
replaces_what_was_there(void **state)
{
	struct capture_writer *writer;

	for (unsigned packets = 3; packets > 0; packets--) {
		assert_int_equal(capture_writer_open(kit_path("again"), &writer), 0);
		for (unsigned i = 0; i < packets; i++)
			write_one(writer, packet_of(60, 0, FIRST_NS));
		assert_int_equal(capture_writer_close(writer), 0);
		assert_records(kit_path("again"), packets);
	}
}

static void
discards_without_a_path(void **state)
{
	struct capture_writer *writer;

	assert_int_equal(capture_writer_open(NULL, &writer), 0);
	write_one(writer, packet_of(60, 0, FIRST_NS));
	assert_int_equal(capture_writer_close(writer), 0);
	assert_nothing_leaked();
}

static void
tells_what_can_not_be_opened(void **state)
{
	struct capture_writer *writer;

	assert_int_equal(capture_writer_open(kit_path("no/such"), &writer), -ENOENT);
	assert_int_equal(capture_writer_open(kit_directory, &writer), -EISDIR);
}

/* Sends more than the file takes; what it does not take is still the sender's. Returns how many it took. */
static unsigned
fill_up(const char *path, int error)
{
	struct capture_writer *writer;
	unsigned taken = 0;

	assert_int_equal(capture_writer_open(path, &writer), 0);
	for (unsigned i = 0; i < 1000; i++) {
		struct rte_mbuf *packet = packet_of(1500, 0, FIRST_NS);

		if (capture_writer_send(writer, &packet, 1) == 1)
			taken++;
		else
			rte_pktmbuf_free(packet);
	}
	assert_nothing_leaked();
	assert_true(capture_writer_failed(writer));
	assert_int_equal(capture_writer_close(writer), error);
	return taken;
}

static void
keeps_the_error_of_a_full_disk(void **state)
{
	assert_int_equal(fill_up("/dev/full", -ENOSPC), 0);
}

/* What was taken is in the file, no more and no less, also when the file ends in the middle of a burst. */
static void
stops_at_the_first_failure(void **state)
{
	struct rte_mbuf *packets[32];
	struct capture_writer *writer;
	struct rlimit before, limit;
	uint16_t taken;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = (struct rlimit){.rlim_cur = 24 + 20 * 1516 + 100, .rlim_max = before.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(fill_up(kit_path("limited"), -EFBIG), 20);
	assert_int_equal(capture_writer_open(kit_path("burst"), &writer), 0);
	for (unsigned i = 0; i < 32; i++)
		packets[i] = packet_of(1500, i, FIRST_NS);
	taken = capture_writer_send(writer, packets, 32);
	assert_int_equal(taken, 20);
	rte_pktmbuf_free_bulk(packets + taken, 32 - taken);
	assert_nothing_leaked();
	assert_int_equal(capture_writer_close(writer), -EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_records(kit_path("limited"), 20);
	assert_records(kit_path("burst"), 20);
}

static int
setup(void **state)
{
	uint16_t cores[CONFIG_WORKERS_MAX];

	if (kit_setup(state) < 0 || ports_start_eal(kit_config(), PORT_OFFLINE, NULL, cores) < 0)
		return -1;
	pool = rte_pktmbuf_pool_create("test", PACKETS, 0, 0, 2048 + RTE_PKTMBUF_HEADROOM,
				       SOCKET_ID_ANY);
	return pool ? packet_time_register() : -1;
}

static int
teardown(void **state)
{
	rte_mempool_free(pool);
	ports_stop_eal();
	return kit_teardown(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_nanoseconds_and_bytes),
		cmocka_unit_test(writes_a_chain_as_one_record),
		cmocka_unit_test(replaces_what_was_there),
		cmocka_unit_test(discards_without_a_path),
		cmocka_unit_test(tells_what_can_not_be_opened),
		cmocka_unit_test(keeps_the_error_of_a_full_disk),
		cmocka_unit_test(stops_at_the_first_failure),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
