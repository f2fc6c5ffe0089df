/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Port: one Ethernet device with its queues, in DPDK's hands. Offline there is none: a feed gives
 * what a capture port reads, and a capture_writer, which keeps packets' times, takes what goes out.
 */
#ifndef PORT_PORT_H
#define PORT_PORT_H

#include <rte_ethdev.h>
#include <rte_spinlock.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "capture/reel.h"
#include "config/config.h"
#include "port/fault.h"
#include "port/frames.h"
#include "port/leftover.h"
#include "port/output.h"
#include "port/writer.h"

struct driver;
struct input;
struct port_pool;
struct xsk_ring;
struct xsk_rings;

/* Packets that a driver gave to the kernel, see rescue.h. */
struct rescue_list {
	struct rte_mbuf **packets; /* one stands there as often as it was given */
	uint32_t count, room;
};

/* Whether a port takes part. Only the control thread changes it, while no worker may touch the
 * device. */
enum port_service {
	PORT_IN_SERVICE,
	PORT_STOPPED, /* taken out by a user */
	PORT_REMOVED, /* its device went away, or did not come back */
};

/* What a driver's queue did not take, by its sender: for a driver that counts that and what it took
 * and freed as one. */
struct port_refusals {
	_Atomic uint64_t packets;
	_Atomic uint64_t times; /* the driver's calls, counted behind the packets */
	uint64_t freed;         /* control thread: the difference, when it was last told */
};

/* What the device lost before sluice had it. */
struct port_losses {
	uint64_t missed, no_mbuf, rx_errors, tx_errors;
};

struct port {
	/* Read by workers for each burst. */
	/* Of the ethdev; RTE_MAX_ETHPORTS when there is no device (offline, nothing to read). */
	uint16_t id;
	uint16_t rx_queues, tx_queues;
	bool can_receive;      /* false: there is nothing to poll (a capture port without input) */
	bool writes;           /* what is sent goes to a file, not to the device */
	struct output *output; /* live: the capture, else NULL */
	struct capture_writer *writer; /* offline: where packets go, on every port; else NULL */
	rte_spinlock_t *tx_locks; /* one a TX queue when there are fewer than workers, else NULL */
	struct port_refusals *refusals; /* one a TX queue where they must be counted, else NULL */
	struct frame_limits sends;      /* nothing else may be given to port_send */
	struct frame_bounds gives;      /* what port_receive may bring */
	struct output_copies copies;    /* of all its outputs */

	/* Control thread. */
	/* Its slot: its place among all ports, its bit in masks and its counters, for as long as it
	 * is there. The config's order may change meanwhile. */
	uint16_t index;
	bool ended; /* no config has it any more; its slot waits for another */
	const struct config_port *config;
	char device[RTE_ETH_NAME_MAX_LEN];
	char driver[32];
	int numa; /* -1: none */
	uint16_t rx_ring, tx_ring, mtu;
	uint8_t mac[6];
	bool promiscuous;   /* as the driver has it */
	bool tells_backlog; /* see port_backlog */
	bool started;
	struct input *input;     /* the captures that it receives; or NULL */
	struct reel_counts read; /* of them, when input was closed */
	uint64_t iommu_faults;  /* accesses of its device that the IOMMU blocked, see iommu_log.h */
	uint64_t iommu_told_ns; /* when they were last logged */
	_Atomic bool up;        /* link; port_poll_link keeps it */
	_Atomic uint32_t speed; /* Mbit/s; 0 unknown */
	uint64_t link_changes;  /* since the daemon was started */
	uint32_t verify;        /* 1 in so many packets that it calls good is checked; 0: none */
	_Atomic uint32_t service; /* enum port_service; read by workers for the name of a drop */
	_Atomic bool gone;        /* any thread: the device said that it was removed */

	/* The port room's own. */
	const struct driver *quirks;
	bool chains;            /* its driver sends packets of several segments */
	bool frames_by_mtu;     /* the MTU bounds what it sends */
	uint32_t frame_room;    /* what its driver copies into, at the most */
	struct port_pool *pool; /* what its queues receive into */
	uint64_t unsent; /* by its interface before the port began to send on it, see losses.c */
	struct port_losses past;        /* of devices that this port had before */
	bool was_up;                    /* its link, since the daemon was started */
	uint64_t announced_ns;          /* when its link was last logged */
	uint64_t unannounced;           /* changes since */
	unsigned ifindex;               /* of the interface below it; 0 without one */
	struct rte_device *handle;      /* of the device that id is on */
	bool opened;                    /* id is a device of ours */
	uint32_t kept;                  /* packets that its driver does not give back by itself */
	struct leftovers left;          /* descriptors that it does not close by itself */
	struct xsk_rings *rings;        /* of the sockets among them, in the same order */
	const struct xsk_ring *waiting; /* of these, what its one queue receives from; or NULL */
	/* Of devices before, to be freed once the kernel let go of them. */
	struct rescue_list later;
	_Atomic uint64_t closed_ns; /* when its device was closed; 0: never */
	bool restore;               /* the interface below was not promiscuous before */
	bool vdev;                  /* made by us, to be removed again */
	const char *why;            /* it has no link; NULL where the device does not say */
	bool incomplete;            /* a capture that it wrote lacks packets */
	bool goes_on;               /* when it is opened, behind what it has written */
	struct port_look *look;     /* at its captures, for when it is opened; or NULL */
};

/* Takes up to count packets from a queue. Worker thread that owns the queue. */
static inline uint16_t
port_receive(const struct port *port, uint16_t queue, struct rte_mbuf **packets, uint16_t count)
{
	uint16_t received;

	fault_before_receive(port);
	received = rte_eth_rx_burst(port->id, queue, packets, count);
	fault_after_receive(port, packets, received);
	return received;
}

/* What port_send does with all but most bursts: a port that writes a capture, a queue that workers
 * share, and packets left over where the device took only sent of them, for which it returns how
 * many it has then. */
uint16_t port_send_apart(struct port *port, uint16_t worker, struct rte_mbuf **packets,
			 uint16_t count);
uint16_t port_send_more(struct port *port, uint16_t queue, struct rte_mbuf **packets,
			uint16_t count, uint16_t sent);

/* Hands packets to the port and returns how many it took; the rest are still the caller's. A device
 * may take fewer in one call than it has room for, so this asks again while there is progress.
 * Worker thread; worker is its index, which picks the TX queue. */
static inline uint16_t
port_send(struct port *port, uint16_t worker, struct rte_mbuf **packets, uint16_t count)
{
	uint16_t sent;

	if (unlikely(port->writes || port->tx_locks))
		return port_send_apart(port, worker, packets, count);
	sent = rte_eth_tx_burst(port->id, worker, packets, count);
	if (unlikely(sent < count))
		sent = port_send_more(port, worker, packets, count, sent);
	return sent;
}

/* Whether there is room in the ring, so that a port which takes nothing refuses what it is given.
 * Many drivers don't say, and are taken to have some. Worker, as port_send; asked when a port has
 * taken nothing for long. */
static inline bool
port_has_room(struct port *port, uint16_t worker)
{
	uint16_t queue = port->tx_locks ? worker % port->tx_queues : worker;
	int status;

	if (port->tx_locks)
		rte_spinlock_lock(&port->tx_locks[queue]);
	status = rte_eth_tx_descriptor_status(port->id, queue, 0);
	if (port->tx_locks)
		rte_spinlock_unlock(&port->tx_locks[queue]);
	return status != RTE_ETH_TX_DESC_FULL;
}

/* How much of a queue's receive ring waits: 0, 25, 50 or 90 percent of it, at the least. Looks at
 * three places of it at most, since drivers that count what waits walk through it, the longer the
 * less time there is. Worker that owns the queue; of a port that tells_backlog. */
unsigned port_backlog(const struct port *port, uint16_t queue);

/* Finds out whether it can be told, when the device has started. Control thread. */
void port_backlog_begin(struct port *port);

/* Reads the link state of the device into up and speed; counts and logs a change. Finds out, too,
 * that the interface below an AF_XDP port is gone. Control thread. */
void port_poll_link(struct port *port);

/* Tries again to write what could not be written. Control thread. */
void port_retry(struct port *port);

/* What was lost in all; the device is asked. Control thread, but for port_losses_now: whoever
 * closes the device. One that is out of service may be closed by another thread, so nothing of it
 * is asked. */
struct port_losses port_losses(const struct port *port);
struct port_losses port_losses_now(const struct port *port);

/* What was read of its captures; of a port that is out of service, until it was closed. */
void port_read(const struct port *port, struct reel_counts *out);

/* Why it has no link, in a few words; NULL while it has one. */
const char *port_why(const struct port *port);

/* Takes what its interface has counted so far as not its own. 0 or -ENOMEM, logged. Control thread,
 * when it starts. */
int port_losses_begin(struct port *port);

/* "up", "down", "stopped" or "removed". */
const char *port_state(const struct port *port);

static inline enum port_service
port_service(const struct port *port)
{
	return (enum port_service)atomic_load_explicit(&port->service, memory_order_relaxed);
}

#endif
