/* SPDX-License-Identifier: BSD-3-Clause */
#include "port/service.h"

#include <errno.h>
#include <rte_malloc.h>
#include <stdlib.h>
#include <time.h>

#include "core/log.h"
#include "core/now.h"
#include "port/device.h"
#include "port/driver.h"
#include "port/eal_log.h"
#include "port/ethdev.h"
#include "port/iface.h"
#include "port/input.h"
#include "port/memory.h"
#include "port/pool.h"
#include "port/rescue.h"

#include "core/banned.h"

#define DRAIN_PACKETS 64
#define REOPEN_NS UINT64_C(200000000)
#define HELD_NS UINT64_C(3000000000)
#define HELD_NAP_NS 10000000L
#define DEFAULT_TX_RING 1024

/* When a port that has AF_XDP sockets was last closed, of all. */
static _Atomic uint64_t sockets_closed_ns;

struct port_look {
	int ret;
	struct input *input;
	char reason[CAPTURE_REASON_MAX];
};

static bool
must_look(const struct port *port)
{
	return port->config->in.file_count > 0 && port_service(port) != PORT_IN_SERVICE;
}

void
service_forget(struct port *port)
{
	if (port->look)
		input_close(port->look->input);
	free(port->look);
	port->look = NULL;
}

static void
look_at_captures(struct port *port, bool live)
{
	struct port_look *look = calloc(1, sizeof(*look));

	service_forget(port);
	/* Without memory they are looked at when the port is opened. */
	if (look)
		look->ret = input_open(port->config, live, &look->input, look->reason,
				       sizeof(look->reason));
	port->look = look;
}

/* Leaves what was found in port->look, unless there is no memory. */
static int
look_once(struct port *port, bool live)
{
	if (!port->look)
		look_at_captures(port, live);
	if (!port->look)
		return log_fail(ENOMEM, "port %s", port->config->name);
	if (port->look->ret < 0)
		log_error("port %s: %s", port->config->name, port->look->reason);
	return port->look->ret;
}

/* Its captures, which must still be what ports_check found sound. */
static int
open_input(struct port *port, bool live)
{
	int ret;

	if (port->config->in.file_count == 0)
		return 0;
	ret = look_once(port, live);
	if (ret == 0)
		port->input = port->look->input;
	if (port->look)
		port->look->input = NULL;
	service_forget(port);
	return ret;
}

static void
read_now(const struct port *port, struct reel_counts *out)
{
	*out = port->read;
	if (port->input)
		input_counts(port->input, out);
	out->broken |= port->read.broken;
}

void
port_read(const struct port *port, struct reel_counts *out)
{
	if (port_service(port) == PORT_IN_SERVICE)
		read_now(port, out);
	else
		*out = port->read;
}

/* Offline every port's output is a writer; one without a file takes packets and keeps none. */
static int
open_offline(struct port *port)
{
	const struct config_port *config = port->config;

	port->tx_queues = 1;
	if (config->kind != CONFIG_PORT_PCAP) {
		port->can_receive = false;
		log_info("port %s: offline there is no device; what goes there is counted alone",
			 config->name);
	}
	frames_judge_writer(port);
	port->writes = true;
	return capture_writer_open(config->pcap_out, &port->writer);
}

int
service_open(struct ports *ports, struct port *port)
{
	int ret;

	eal_log_forget();
	ret = open_input(port, ports->mode == PORT_LIVE);
	return ret < 0 ? ret : device_open(port, ports->mode);
}

int
service_setup(struct ports *ports, const struct config *config, struct port *port, unsigned workers)
{
	int ret;

	/* One that receives nothing sends what edits make all the same. */
	port->pool = pool_for(ports, config, port->numa, workers);
	ret = port->pool ? 0 : -ENOMEM;
	if (ret == 0 && port->opened)
		ret = ethdev_setup(port, workers);
	if (ret == 0 && ports->mode == PORT_OFFLINE)
		ret = open_offline(port);
	return ret;
}

static void
drain_received(struct port *port)
{
	struct rte_mbuf *packets[DRAIN_PACKETS];
	uint16_t count;

	for (uint16_t queue = 0; queue < port->rx_queues; queue++) {
		while ((count = rte_eth_rx_burst(port->id, queue, packets, DRAIN_PACKETS)) > 0)
			rte_pktmbuf_free_bulk(packets, count);
	}
}

static void
service_stop(struct port *port)
{
	if (port->input)
		input_stop(port->input);
	if (port->started && port->quirks->loops)
		drain_received(port);
	/* The kernel keeps the flag when the socket is gone. */
	if (port->started && port->restore)
		rte_eth_promiscuous_disable(port->id);
	if (port->started)
		rte_eth_dev_stop(port->id);
	port->started = false;
}

/* Behind its device, which has its ring. */
static void
close_input(struct port *port)
{
	if (!port->input)
		return;
	read_now(port, &port->read);
	input_close(port->input);
	port->input = NULL;
}

/* The device takes packets, and so what is read may come. */
int
service_start(struct port *port)
{
	int ret = port->opened ? ethdev_start(port) : 0;

	if (ret == 0 && port->opened && port->input)
		ret = input_start(port->input, port->id, port->pool->pool);
	return ret;
}

void
service_close(struct port *port, bool hand_back)
{
	struct rescue rescue;

	rescue_look(port, &rescue);
	if (port->started)
		service_stop(port);
	if (hand_back)
		device_hand_back(port);
	else
		device_close(port);
	close_input(port);
	rescue_free(port, &rescue);
	atomic_store(&port->closed_ns, now_ns());
	if (port->config->kind == CONFIG_PORT_AF_XDP)
		atomic_store(&sockets_closed_ns, now_ns());
	rte_free(port->tx_locks);
	port->tx_locks = NULL;
	rte_free(port->refusals);
	port->refusals = NULL;
}

void
ports_release(struct ports *ports, struct port *port)
{
	port->past = port_losses_now(port);
	eal_log_hold(true);
	service_close(port, true);
	eal_log_hold(false);
	atomic_store(&port->up, false);
	atomic_store(&port->speed, 0);
}

/* What closed devices forgot may have made the pool too small for another. */
static int
check_packets(const struct config *config, const struct port *port, unsigned workers)
{
	const struct port_pool *pool = port->pool;
	uint32_t gone = pool ? pool->forgotten + pool->may_hold + port->later.count : 0;

	if (gone == 0 ||
	    pool->size - RTE_MIN(pool->size, gone) >= memory_packets_needed(config, workers))
		return 0;
	log_error("port %s: devices that were closed have taken %u of the pool's %u packets with "
		  "them, and too few are left; restart the daemon, with a larger memory.packets if "
		  "ports come and go often",
		  port->config->name, gone, pool->size);
	return -ENOMEM;
}

/* The kernel frees the queues of an AF_XDP socket some time after it is closed, and refuses others
 * until then; one that is refused would cost the packets meant for it. */
static uint64_t
retake_wait(const struct port *port)
{
	uint64_t closed = atomic_load(&port->closed_ns);
	uint64_t since = closed ? now_ns() - closed : REOPEN_NS;

	if (port->config->kind != CONFIG_PORT_AF_XDP || since >= REOPEN_NS)
		return 0;
	return REOPEN_NS - since;
}

/* Whoever asked waited before; but another may have closed it since. An interface that was made
 * anew has queues of its own. */
static int
check_kernel(const struct port *port)
{
	struct iface iface;

	if (retake_wait(port) == 0 || iface_read(port->config->device, &iface) < 0 ||
	    iface.index != port->ifindex)
		return 0;
	log_error("port %s: the kernel has not let go of its queues yet; try again in a moment",
		  port->config->name);
	return -EAGAIN;
}

bool
ports_can_retake(const struct port *port)
{
	return retake_wait(port) == 0 && !must_look(port);
}

/* Who has its queues may be a port that ended before. Whoever else it is has them for longer. */
static void
wait_until_let_go(const struct port *port)
{
	while (now_ns() - atomic_load(&sockets_closed_ns) < HELD_NS && device_is_held(port))
		nanosleep(&(struct timespec){.tv_nsec = HELD_NAP_NS}, NULL);
}

void
ports_prepare(struct port *port)
{
	uint64_t left;

	while ((left = retake_wait(port)) > 0)
		nanosleep(&(struct timespec){.tv_nsec = (long)left}, NULL);
	wait_until_let_go(port);
	if (must_look(port))
		look_at_captures(port, true);
}

int
ports_look(struct port *port)
{
	return port->config->in.file_count ? look_once(port, true) : 0;
}

int
ports_retake(struct ports *ports, const struct config *config, struct port *port, unsigned workers)
{
	int ret = check_packets(config, port, workers);

	if (ret == 0)
		ret = check_kernel(port);
	if (ret < 0)
		return ret;
	eal_log_hold(true);
	ret = service_open(ports, port);
	if (ret == 0)
		ret = service_setup(ports, config, port, workers);
	if (ret == 0)
		ret = service_start(port);
	if (ret < 0)
		service_close(port, true);
	eal_log_hold(false);
	if (ret < 0)
		return ret;
	atomic_store(&port->service, PORT_IN_SERVICE);
	port_poll_link(port);
	return 0;
}

int
ports_restore(struct ports *ports, const struct config *config, struct port *port, unsigned workers)
{
	int ret;

	port->goes_on = true;
	ret = ports_retake(ports, config, port, workers);
	port->goes_on = false;
	return ret;
}

uint64_t
ports_sending(const struct port *port, unsigned workers)
{
	uint64_t asked = port->config->tx_ring ? port->config->tx_ring : DEFAULT_TX_RING;

	return (port->tx_ring ? port->tx_ring : asked) *
	       (port->tx_queues ? port->tx_queues : workers);
}
