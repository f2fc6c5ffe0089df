/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Test device: an Ethernet device that behaves as hardware may and the other virtual ones never do. A
 * vdev named net_test..., in a shared object loaded as a DPDK plugin. Arguments, each optional:
 *
 *   rx=N|endless      packets to be received in all: UDP over IPv4, spread over the queues (0)
 *   size=N            their bytes (64)
 *   flows=N           how many flows they are, a queue (256)
 *   queues=N          receive queues, with RSS when more than one (1)
 *   tx-queues=N       transmit queues (as queues)
 *   hold=N            a queue frees a sent packet only after N more were sent, or at stop (0)
 *   accept=N          packets one transmit call takes at most (0: all)
 *   room=N            packets a queue takes in all; more room comes with rte_eth_stats_reset (0: no end)
 *   segments=N        frames of more mbufs are taken and freed unsent, as it tells beforehand (0: none are)
 *   ring=N            places for mbufs in a call; a frame for which there are some, but too few, is freed, too (0: no end)
 *   refuse=N          a frame of so many bytes is never taken, and nothing behind it (0: all are)
 *   link=up|down|flap the link, until an order says otherwise; flap: other at each look (up)
 *   tells=0|1         says which entries of a receive ring are filled (0)
 *   good=0|1          receive checksums are offered, and flagged as good when asked for (0)
 *   wrong=N           every Nth packet has a wrong checksum, of the IP header and of UDP by turns (0: none)
 *   orders=PATH       a FIFO with orders, see orders.h
 *   fail=WHAT         probe, info, configure, rx-queue, tx-queue, start, mtu or promiscuous fails
 *
 * While it holds a packet it remembers a checksum of its bytes: one that changed was written to after
 * it had been handed over. That, a packet without references, two threads in one queue and a queue set
 * up for fast free are violations, as is a packet that asks for an offload: logged, and counted in oerrors and the xstat "violations". Further
 * xstats: "held" (packets now) and "refused" (that a call did not take); and as net_vmxnet3 has them, of the first queue, how many
 * were refused or freed, and how many calls refused some.
 */
#ifndef DEVICE_DEVICE_H
#define DEVICE_DEVICE_H

#include <rte_ether.h>
#include <rte_mbuf.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "orders.h"

#define DEVICE_QUEUES_MAX 16
#define DEVICE_HOLD_MAX 65535
#define DEVICE_ENDLESS UINT64_MAX
#define DEVICE_PATH_MAX 256

enum device_failure {
	FAIL_NOTHING,
	FAIL_PROBE,
	FAIL_INFO,
	FAIL_CONFIGURE,
	FAIL_RX_QUEUE,
	FAIL_TX_QUEUE,
	FAIL_START,
	FAIL_MTU,
	FAIL_PROMISCUOUS,
};

enum device_link { LINK_UP, LINK_DOWN, LINK_FLAP };

struct device_options {
	uint64_t rx;
	uint16_t size;
	uint32_t flows;
	uint16_t queues, tx_queues;
	uint32_t hold;
	uint16_t accept;
	uint64_t room;
	uint16_t refuse, segments, ring;
	enum device_link link;
	enum device_failure failure;
	bool good, tells;
	uint32_t wrong;
	char orders[DEVICE_PATH_MAX];
};

struct receive_queue {
	const struct device_options *options;
	struct orders *orders; /* or NULL */
	struct rte_mempool *pool;
	uint64_t brought; /* of orders->brought, what is in left */
	bool flags;       /* packets are flagged as good */
	uint16_t port, index;
	uint16_t ring; /* entries */
	uint64_t left; /* packets still to come */
	uint64_t sequence;
	uint64_t packets, bytes, no_buffer;
} __rte_cache_aligned;

struct held {
	struct rte_mbuf *packet;
	uint64_t checksum;
};

struct transmit_queue {
	const struct device_options *options;
	const struct orders *orders; /* or NULL */
	uint16_t port, index;
	struct held *held; /* a ring of options->hold */
	uint32_t head, count;
	uint64_t room, given; /* what is left, and what of orders->room is in it */
	uint64_t packets, bytes, refused, refusals, freed;
	_Atomic uint64_t violations;
	atomic_flag busy;
} __rte_cache_aligned;

struct device {
	struct device_options options;
	struct orders *orders; /* or NULL */
	struct rte_ether_addr mac;
	bool promiscuous, link_set, link_flapped;
	struct receive_queue receive[DEVICE_QUEUES_MAX];
	struct transmit_queue transmit[DEVICE_QUEUES_MAX];
};

/* Reads "key=value,..."; false, logged, when something in it is wrong. */
bool device_options_parse(const char *text, struct device_options *options);

uint16_t device_receive(void *queue, struct rte_mbuf **packets, uint16_t count);
int device_receive_status(void *queue, uint16_t offset);
uint16_t device_transmit(void *queue, struct rte_mbuf **packets, uint16_t count);

int device_transmit_status(void *queue, uint16_t offset);

/* Checks and frees everything a queue holds; returns how many. */
uint32_t device_transmit_flush(struct transmit_queue *queue);

void device_violation(struct transmit_queue *queue, const char *what);

#endif
