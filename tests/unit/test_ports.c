/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <pthread.h>

#include <cmocka.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>

#include "device_kit.h"

#include "core/banned.h"

#define BURST 32
#define SHARED_ROUNDS 2000

static uint64_t
xstat(const struct port *port, const char *name)
{
	uint64_t id, value = 0;

	assert_int_equal(rte_eth_xstats_get_id_by_name(port->id, name, &id), 0);
	assert_int_equal(rte_eth_xstats_get_by_id(port->id, &id, &value, 1), 1);
	return value;
}

/* Moves what one port has to another; what that does not take is freed. Returns how many it took. */
static unsigned
forward(struct port *from, struct port *to, unsigned rounds)
{
	struct rte_mbuf *packets[BURST];
	unsigned sent = 0;

	for (unsigned round = 0; round < rounds; round++) {
		uint16_t count = port_receive(from, 0, packets, BURST);
		uint16_t taken = port_send(to, 0, packets, count);

		rte_pktmbuf_free_bulk(packets + taken, count - taken);
		sent += taken;
	}
	return sent;
}

static void
one_name_serves_many_ports(void **state)
{
	struct config *config = kit_config();
	struct ports ports;

	kit_vdev(config, "net_null,size=100");
	kit_vdev(config, "net_null");
	kit_vdev(config, "net_null");
	open_ports(&ports, config, 1);
	assert_string_equal(ports.items[0]->device, "net_null");
	assert_string_equal(ports.items[0]->driver, "net_null");
	assert_string_not_equal(ports.items[1]->device, ports.items[2]->device);
	assert_int_equal(forward(ports.items[0], ports.items[1], 100), 100 * BURST);
	assert_true(ports.items[0]->up);
	close_ports(&ports);
}

static void
a_ring_is_emptied_before_it_closes(void **state)
{
	struct config *config = kit_config();
	struct ports ports;

	kit_vdev(config, "net_null");
	kit_vdev(config, "net_ring");
	open_ports(&ports, config, 1);
	assert_int_equal(forward(ports.items[0], ports.items[1], 10), 10 * BURST);
	close_ports(&ports);
}

static void
capture_ports_read_and_write(void **state)
{
	struct kit_record records[3] = {{1, 60, 60}, {2, 60, 60}, {3, 100, 70}};
	struct config *config = kit_config();
	struct reel_counts read;
	struct ports ports;
	unsigned sent = 0;

	kit_capture(kit_path("in,[=]'\""), records, 3);
	kit_pcap(config, kit_path("in,[=]'\""), kit_path("out,1"));
	kit_pcap(config, NULL, kit_path("out2"));
	open_ports(&ports, config, 1);
	assert_true(ports.items[0]->can_receive);
	assert_false(ports.items[1]->can_receive);
	assert_null(ports.items[0]->writer);
	/* A thread reads ahead of who receives. */
	for (unsigned i = 0; sent < 3 && i < 20000; i++) {
		sent += forward(ports.items[0], ports.items[0], 2);
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	}
	assert_int_equal(sent, 3);
	port_read(ports.items[0], &read);
	assert_int_equal(read.truncated, 1);
	close_ports(&ports);
	assert_int_equal(access(kit_path("out,1"), F_OK), 0);
	assert_int_equal(access(kit_path("out2"), F_OK), 0);
}

static void
queues_follow_workers(void **state)
{
	struct config *config = kit_config();
	struct ports ports;

	kit_vdev(config, "net_test,queues=4,tx-queues=4");
	kit_vdev(config, "net_test,queues=1,tx-queues=1");
	kit_vdev(config, "net_test,queues=4,tx-queues=1")->queues = 3;
	open_ports(&ports, config, 2);
	assert_int_equal(ports.items[0]->rx_queues, 2);
	assert_int_equal(ports.items[0]->tx_queues, 2);
	assert_null(ports.items[0]->tx_locks);
	assert_int_equal(ports.items[1]->rx_queues, 1);
	assert_int_equal(ports.items[1]->tx_queues, 1);
	assert_non_null(ports.items[1]->tx_locks);
	assert_int_equal(ports.items[2]->rx_queues, 3);
	close_ports(&ports);
}

static void
fast_free_is_never_on(void **state)
{
	struct config *config = kit_config();
	struct ports ports;

	kit_vdev(config, "net_test");
	open_ports(&ports, config, 1);
	assert_int_equal(xstat(ports.items[0], "violations"), 0);
	assert_true(ports.items[0]->chains);
	close_ports(&ports);
}

static void
late_frees_come_back(void **state)
{
	struct config *config = kit_config();
	struct ports ports;

	kit_vdev(config, "net_test,rx=1000");
	kit_vdev(config, "net_test,hold=500,accept=7");
	open_ports(&ports, config, 1);
	assert_int_equal(forward(ports.items[0], ports.items[1], 40), 1000);
	assert_int_equal(xstat(ports.items[1], "held"), 500);
	assert_int_equal(xstat(ports.items[1], "violations"), 0);
	assert_int_equal(ports_leaked(&ports), 500);
	close_ports(&ports);
}

static void
a_write_after_sending_is_seen(void **state)
{
	struct config *config = kit_config();
	struct rte_mbuf *packet;
	struct ports ports;

	kit_vdev(config, "net_test,rx=3");
	kit_vdev(config, "net_test,hold=1");
	open_ports(&ports, config, 1);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(port_receive(ports.items[0], 0, &packet, 1), 1);
		assert_int_equal(port_send(ports.items[1], 0, &packet, 1), 1);
		if (i == 1)
			*rte_pktmbuf_mtod_offset(packet, uint8_t *, 20) ^= 1;
	}
	assert_int_equal(xstat(ports.items[1], "violations"), 1);
	close_ports(&ports);
}

struct sender {
	struct port *from, *to;
	uint16_t worker;
};

static int
send_many(void *argument)
{
	const struct sender *sender = argument;
	struct rte_mbuf *packets[BURST];

	for (unsigned round = 0; round < SHARED_ROUNDS; round++) {
		uint16_t count = port_receive(sender->from, sender->worker, packets, BURST);
		uint16_t sent = port_send(sender->to, sender->worker, packets, count);

		if (sent < count)
			return -1;
	}
	return 0;
}

/* The device counts a violation when two threads are in one of its queues. */
static void
workers_take_turns_in_a_shared_queue(void **state)
{
	struct config *config = kit_config();
	struct sender senders[2];
	struct ports ports;
	int mine, other;

	kit_vdev(config, "net_test,rx=endless,queues=2");
	kit_vdev(config, "net_test,tx-queues=1,hold=100");
	open_ports(&ports, config, 2);
	for (uint16_t i = 0; i < 2; i++)
		senders[i] = (struct sender){ports.items[0], ports.items[1], i};
	assert_int_equal(rte_eal_remote_launch(send_many, &senders[1], 1), 0);
	mine = send_many(&senders[0]);
	other = rte_eal_wait_lcore(1);
	assert_int_equal(mine, 0);
	assert_int_equal(other, 0);
	assert_int_equal(xstat(ports.items[1], "violations"), 0);
	close_ports(&ports);
}

static void
a_full_device_takes_no_more(void **state)
{
	struct config *config = kit_config();
	struct ports ports;

	kit_vdev(config, "net_test,rx=endless");
	kit_vdev(config, "net_test,room=100");
	open_ports(&ports, config, 1);
	assert_int_equal(forward(ports.items[0], ports.items[1], 10), 100);
	rte_eth_stats_reset(ports.items[1]->id);
	assert_int_equal(forward(ports.items[0], ports.items[1], 10), 100);
	close_ports(&ports);
}

static void
links_go_and_come(void **state)
{
	struct config *config = kit_config();
	struct ports ports;
	struct port *port;

	kit_vdev(config, "net_test");
	kit_vdev(config, "net_test,link=down");
	open_ports(&ports, config, 1);
	assert_true(ports.items[0]->up);
	assert_int_equal(ports.items[0]->speed, 25000);
	assert_false(ports.items[1]->up);
	port = ports.items[0];
	rte_eth_dev_set_link_down(port->id);
	port_poll_link(port);
	assert_false(port->up);
	rte_eth_dev_set_link_up(port->id);
	port_poll_link(port);
	assert_true(port->up);
	close_ports(&ports);
}

static void
offline_needs_no_devices(void **state)
{
	struct config *config = kit_config();
	struct ports ports;

	kit_vdev(config, "net_nonsense");
	kit_port(config, CONFIG_PORT_AF_XDP)->device = (char *)(uintptr_t) "no-such-iface";
	kit_port(config, CONFIG_PORT_PCI)->device = (char *)(uintptr_t) "ffff:ff:1f.7";
	kit_pcap(config, NULL, kit_path("out"));
	assert_int_equal(ports_open(&ports, config, PORT_OFFLINE, 1), 0);
	for (unsigned i = 0; i < ports.count; i++) {
		assert_false(ports.items[i]->can_receive);
		assert_non_null(ports.items[i]->writer);
		assert_true(ports.items[i]->up);
	}
	close_ports(&ports);
}

static int
read_name(void *name)
{
	return pthread_getname_np(pthread_self(), name, 16);
}

static void
workers_are_named_after_their_core(void **state)
{
	char name[16] = "", wanted[16];

	assert_int_equal(rte_eal_remote_launch(read_name, name, 1), 0);
	assert_int_equal(rte_eal_wait_lcore(1), 0);
	snprintf(wanted, sizeof(wanted), "pmd-%u", cores[0]);
	assert_string_equal(name, wanted);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_name_serves_many_ports),
		cmocka_unit_test(a_ring_is_emptied_before_it_closes),
		cmocka_unit_test(capture_ports_read_and_write),
		cmocka_unit_test(queues_follow_workers),
		cmocka_unit_test(fast_free_is_never_on),
		cmocka_unit_test(late_frees_come_back),
		cmocka_unit_test(a_write_after_sending_is_seen),
		cmocka_unit_test(workers_take_turns_in_a_shared_queue),
		cmocka_unit_test(a_full_device_takes_no_more),
		cmocka_unit_test(links_go_and_come),
		cmocka_unit_test(offline_needs_no_devices),
		cmocka_unit_test(workers_are_named_after_their_core),
	};

	return cmocka_run_group_tests(tests, device_setup, device_teardown);
}
