/* SPDX-License-Identifier: BSD-3-Clause */
/* Ports that are taken out, taken up again, or stay away; and what is asked of their NICs about checksums. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>

#include <cmocka.h>
#include <rte_dev.h>
#include <rte_mbuf.h>

#include "core/log.h"
#include "packet/checksum.h"
#include "device_kit.h"

#include "core/banned.h"

/* As a worker has it: a packet received, and one sent that the device still holds. */
static void
receive_and_send(struct ports *ports)
{
	struct rte_mbuf *packets[2];

	assert_int_equal(port_receive(ports->items[0], 0, packets, 2), 2);
	assert_int_equal(port_send(ports->items[1], 0, packets, 2), 2);
}

static void
a_port_goes_and_comes_back(void **state)
{
	struct config *config = kit_config();
	struct ports ports;
	struct port *port;

	kit_vdev(config, "net_test,rx=endless,queues=2");
	kit_vdev(config, "net_test,hold=100");
	open_ports(&ports, config, 1);
	port = ports.items[1];
	for (unsigned i = 0; i < 20; i++) {
		receive_and_send(&ports);
		assert_true(ports_leaked(&ports) > 0);
		port->service = PORT_REMOVED;
		ports_release(&ports, port);
		assert_string_equal(port_state(port), "removed");
		assert_false(port->started || port->opened || port->up);
		assert_int_equal(ports_leaked(&ports), 0);
		assert_int_equal(ports_retake(&ports, config, port, 1), 0);
		assert_string_equal(port_state(port), "up");
	}
	close_ports(&ports);
}

static void
events_raise_a_flag_and_no_more(void **state)
{
	struct config *config = kit_config();
	struct ports ports;

	kit_vdev(config, "net_test");
	kit_vdev(config, "net_test");
	open_ports(&ports, config, 1);
	rte_dev_event_callback_process(ports.items[1]->device, RTE_DEV_EVENT_ADD);
	rte_dev_event_callback_process("net_test99", RTE_DEV_EVENT_REMOVE);
	assert_false(ports.items[0]->gone || ports.items[1]->gone);
	rte_dev_event_callback_process(ports.items[1]->device, RTE_DEV_EVENT_REMOVE);
	assert_false(ports.items[0]->gone);
	assert_true(ports.items[1]->gone && ports.items[1]->started);
	ports.items[1]->service = PORT_REMOVED;
	ports_release(&ports, ports.items[1]);
	assert_int_equal(ports_retake(&ports, config, ports.items[1], 1), 0);
	assert_false(ports.items[1]->gone);
	close_ports(&ports);
}

static void
a_port_that_stays_away_stays_out(void **state)
{
	struct config *config = kit_config();
	struct ports ports;
	struct port *port;

	kit_vdev(config, "net_test");
	open_ports(&ports, config, 1);
	port = ports.items[0];
	port->service = PORT_STOPPED;
	ports_release(&ports, port);
	config->ports[0].device = (char *)(uintptr_t) "net_test,fail=start";
	log_forget_error();
	assert_int_equal(ports_retake(&ports, config, port, 1), -EIO);
	assert_non_null(strstr(log_last_error(), "does not start"));
	config->ports[0].device = (char *)(uintptr_t) "net_test,fail=probe";
	assert_true(ports_retake(&ports, config, port, 1) < 0);
	assert_string_equal(port_state(port), "stopped");
	config->ports[0].device = (char *)(uintptr_t) "net_test";
	assert_int_equal(ports_retake(&ports, config, port, 1), 0);
	close_ports(&ports);
}

static void
checksums_are_asked_for_where_they_are_verified(void **state)
{
	struct config *config = kit_config();
	struct rte_mbuf *packets[2];
	struct ports ports;

	kit_vdev(config, "net_test,rx=2,good=1")->verify = 7;
	kit_vdev(config, "net_test,rx=2,good=1")->verify = 0;
	kit_vdev(config, "net_test,rx=2")->verify = 7;
	open_ports(&ports, config, 1);
	assert_int_equal(ports.items[0]->verify, 7);
	assert_int_equal(ports.items[1]->verify, 0);
	assert_int_equal(ports.items[2]->verify, 0);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(port_receive(ports.items[i], 0, packets, 2), 2);
		assert_int_equal(checksum_verify(packets[1]),
				 i == 0 ? CHECKSUM_RIGHT : CHECKSUM_UNSAID);
		rte_pktmbuf_free_bulk(packets, 2);
	}
	close_ports(&ports);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_port_goes_and_comes_back),
		cmocka_unit_test(events_raise_a_flag_and_no_more),
		cmocka_unit_test(a_port_that_stays_away_stays_out),
		cmocka_unit_test(checksums_are_asked_for_where_they_are_verified),
	};

	return cmocka_run_group_tests(tests, device_setup, device_teardown);
}
