/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>

#include <cmocka.h>
#include <rte_mbuf.h>

#include "port_kit.h"
#include "port/feed.h"
#include "port/time.h"

#include "core/banned.h"

#define BASE 1700000000000000000
#define BURST 64

static void
open_feed(struct config *config, struct ports *ports, struct feed **feed)
{
	assert_int_equal(ports_open(ports, config, PORT_OFFLINE, 1), 0);
	assert_int_equal(feed_open(ports, feed), 0);
}

static void
close_feed(struct ports *ports, struct feed *feed)
{
	feed_close(feed);
	assert_int_equal(ports_close(ports), 0);
	assert_int_equal(ports_leaked(ports), 0);
	ports_free(ports);
}

/* What comes next must be one packet from a port, with a time and a first byte. */
static void
assert_order(struct feed *feed, const char *text, uint16_t burst)
{
	struct rte_mbuf *packets[BURST];
	const char *next = text;
	uint16_t port;
	int count;

	while ((count = feed_next(feed, UINT64_MAX, packets, burst, &port)) > 0) {
		for (int i = 0; i < count; i++) {
			uint64_t ns = packet_time(packets[i]) - BASE;

			assert_true(*next != '\0');
			assert_int_equal(port, next[0] - 'a');
			assert_int_equal(*rte_pktmbuf_mtod(packets[i], uint8_t *), next[1] - '0');
			assert_int_equal(ns, next[2] - '0');
			next += 3;
		}
		rte_pktmbuf_free_bulk(packets, count);
	}
	assert_int_equal(count, 0);
	assert_string_equal(next, "");
	assert_int_equal(feed_next(feed, UINT64_MAX, packets, burst, &port), 0);
}

static struct kit_record
at(uint64_t ns)
{
	return (struct kit_record){BASE + ns, 60, 60};
}

/* a, b, c are ports, then the record's number in its file, then its nanosecond. */
static void
merges_by_nanosecond(void **state)
{
	static const uint16_t bursts[] = {1, 2, 3, BURST};

	for (unsigned i = 0; i < 4; i++) {
		struct config *config = kit_config();
		struct ports ports;
		struct feed *feed;

		kit_capture(kit_path("a"), (struct kit_record[]){at(1), at(3), at(4), at(9)}, 4);
		kit_capture(kit_path("b"), (struct kit_record[]){at(2), at(3), at(8)}, 3);
		kit_capture(kit_path("c"), (struct kit_record[]){at(3), at(5)}, 2);
		kit_pcap(config, kit_path("a"), NULL);
		kit_pcap(config, kit_path("b"), NULL);
		kit_pcap(config, kit_path("c"), NULL);
		open_feed(config, &ports, &feed);
		assert_order(feed, "a01b02a13b13c03a24c15b28a39", bursts[i]);
		close_feed(&ports, feed);
	}
}

/* Within a file its own order stands, even where its times go back. */
static void
keeps_the_order_of_a_file(void **state)
{
	struct config *config = kit_config();
	struct ports ports;
	struct feed *feed;

	kit_capture(kit_path("a"), (struct kit_record[]){at(5), at(1), at(6)}, 3);
	kit_capture(kit_path("b"), (struct kit_record[]){at(2), at(7)}, 2);
	kit_pcap(config, kit_path("a"), NULL);
	kit_pcap(config, kit_path("b"), NULL);
	open_feed(config, &ports, &feed);
	assert_order(feed, "b02a05a11a26b17", BURST);
	close_feed(&ports, feed);
}

static void
skips_ports_without_input(void **state)
{
	struct config *config = kit_config();
	struct ports ports;
	struct feed *feed;

	kit_capture(kit_path("b"), (struct kit_record[]){at(2)}, 1);
	kit_pcap(config, NULL, kit_path("out"));
	kit_pcap(config, kit_path("b"), NULL);
	kit_vdev(config, "net_null");
	open_feed(config, &ports, &feed);
	assert_order(feed, "b02", BURST);
	close_feed(&ports, feed);
}

static void
ends_at_once_without_input(void **state)
{
	struct config *config = kit_config();
	struct ports ports;
	struct feed *feed;

	kit_pcap(config, NULL, kit_path("out"));
	open_feed(config, &ports, &feed);
	assert_order(feed, "", BURST);
	close_feed(&ports, feed);
}

/* A record longer than a packet buffer comes as a chain, whole. */
static void
chains_long_records(void **state)
{
	struct kit_record record = {BASE, 9000, 9000};
	struct config *config = kit_config();
	struct rte_mbuf *packet;
	struct ports ports;
	struct feed *feed;
	uint16_t port;

	kit_capture(kit_path("long"), &record, 1);
	config->packet_size = 1024;
	kit_pcap(config, kit_path("long"), NULL);
	open_feed(config, &ports, &feed);
	assert_int_equal(feed_next(feed, UINT64_MAX, &packet, 1, &port), 1);
	assert_int_equal(packet->pkt_len, 9000);
	assert_true(packet->nb_segs > 1);
	rte_pktmbuf_free(packet);
	close_feed(&ports, feed);
}

/* With no buffer left a record can't come in: that must be an error, not a gap. */
static void
says_when_buffers_run_out(void **state)
{
	struct rte_mbuf *packets[4 * BURST];
	struct config *config = kit_config();
	struct kit_record records[4 * BURST];
	struct ports ports;
	struct feed *feed;
	uint16_t port;
	int count, held = 0;

	for (unsigned i = 0; i < 4 * BURST; i++)
		records[i] = at(i);
	kit_capture(kit_path("many"), records, 4 * BURST);
	config->packets = 127;
	kit_pcap(config, kit_path("many"), NULL);
	open_feed(config, &ports, &feed);
	while ((count = feed_next(feed, UINT64_MAX, packets + held, BURST, &port)) > 0)
		held += count;
	assert_int_equal(count, -ENOBUFS);
	rte_pktmbuf_free_bulk(packets, held);
	close_feed(&ports, feed);
}

static void
says_when_the_file_shrank(void **state)
{
	struct config *config = kit_config();
	struct rte_mbuf *packets[BURST];
	struct ports ports;
	struct feed *feed;
	uint16_t port;

	kit_capture(kit_path("shrinks"), (struct kit_record[]){at(1), at(2), at(3)}, 3);
	kit_pcap(config, kit_path("shrinks"), NULL);
	assert_int_equal(ports_open(&ports, config, PORT_OFFLINE, 1), 0);
	assert_int_equal(truncate(kit_path("shrinks"), 24 + 16 + 60 + 5), 0);
	assert_int_equal(feed_open(&ports, &feed), 0);
	assert_int_equal(feed_next(feed, UINT64_MAX, packets, BURST, &port), 0);
	feed_close(feed);
	assert_int_equal(ports_close(&ports), -EIO);
	ports_free(&ports);
}

static int
setup(void **state)
{
	uint16_t cores[CONFIG_WORKERS_MAX];

	if (kit_setup(state) < 0)
		return -1;
	return ports_start_eal(kit_config(), PORT_OFFLINE, NULL, cores) < 0 ? -1 : 0;
}

static int
teardown(void **state)
{
	ports_stop_eal();
	return kit_teardown(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(merges_by_nanosecond),
		cmocka_unit_test(keeps_the_order_of_a_file),
		cmocka_unit_test(skips_ports_without_input),
		cmocka_unit_test(ends_at_once_without_input),
		cmocka_unit_test(chains_long_records),
		cmocka_unit_test(says_when_buffers_run_out),
		cmocka_unit_test(says_when_the_file_shrank),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
