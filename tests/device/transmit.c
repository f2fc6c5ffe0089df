/* SPDX-License-Identifier: BSD-3-Clause */
#include "device.h"

#include <rte_ethdev.h>
#include <rte_log.h>
#include <limits.h>

#include "core/banned.h"

#define VIOLATIONS_LOGGED 10

void
device_violation(struct transmit_queue *queue, const char *what)
{
	if (atomic_fetch_add(&queue->violations, 1) < VIOLATIONS_LOGGED)
		RTE_LOG(ERR, PMD, "net_test: port %u queue %u: %s\n", queue->port, queue->index,
			what);
}

/* FNV-1a over all segments and the packet's lengths. */
static uint64_t
checksum(const struct rte_mbuf *packet)
{
	uint64_t sum = 0xcbf29ce484222325 ^ packet->pkt_len;

	for (; packet; packet = packet->next) {
		const uint8_t *bytes = rte_pktmbuf_mtod(packet, const uint8_t *);

		for (uint16_t i = 0; i < packet->data_len; i++)
			sum = (sum ^ bytes[i]) * 0x100000001b3;
		sum = (sum ^ packet->data_len) * 0x100000001b3;
	}
	return sum;
}

static void
release_oldest(struct transmit_queue *queue)
{
	struct held *held = &queue->held[queue->head];

	if (rte_mbuf_refcnt_read(held->packet) == 0)
		device_violation(queue, "a packet was freed while the device held it");
	else if (checksum(held->packet) != held->checksum)
		device_violation(queue, "a packet was written to while the device held it");
	rte_pktmbuf_free(held->packet);
	queue->head = (queue->head + 1) % queue->options->hold;
	queue->count--;
}

static void
take(struct transmit_queue *queue, struct rte_mbuf *packet)
{
	uint32_t hold = queue->options->hold;

	if (rte_mbuf_refcnt_read(packet) == 0)
		device_violation(queue, "a packet that was freed is sent");
	if (packet->ol_flags & RTE_MBUF_F_TX_OFFLOAD_MASK)
		device_violation(queue, "a packet asks for an offload that nobody set up");
	queue->packets++;
	queue->bytes += packet->pkt_len;
	if (hold == 0) {
		rte_pktmbuf_free(packet);
		return;
	}
	if (queue->count == hold)
		release_oldest(queue);
	queue->held[(queue->head + queue->count) % hold] =
		(struct held){.packet = packet, .checksum = checksum(packet)};
	queue->count++;
}

/* Takes packets while there are places for one more mbuf; returns how many. */
static uint16_t
take_all(struct transmit_queue *queue, struct rte_mbuf **packets, uint16_t count)
{
	const struct device_options *options = queue->options;
	unsigned places = options->ring ? options->ring : UINT_MAX;
	unsigned most = options->segments ? options->segments : UINT_MAX;

	for (uint16_t i = 0; i < count; i++) {
		if (places == 0)
			return i;
		if (packets[i]->nb_segs > RTE_MIN(places, most)) {
			rte_pktmbuf_free(packets[i]);
			queue->freed++;
			continue;
		}
		places -= packets[i]->nb_segs;
		take(queue, packets[i]);
	}
	return count;
}

uint16_t
device_transmit(void *argument, struct rte_mbuf **packets, uint16_t count)
{
	struct transmit_queue *queue = argument;
	const struct device_options *options = queue->options;
	uint16_t taken = count;

	if (atomic_flag_test_and_set_explicit(&queue->busy, memory_order_acquire)) {
		device_violation(queue, "two threads send in one queue");
		return 0;
	}
	if (queue->orders && queue->orders->gone)
		taken = 0;
	if (queue->orders && options->room) {
		uint64_t room = queue->orders->room;

		queue->room += room - queue->given;
		queue->given = room;
	}
	if (options->accept && taken > options->accept)
		taken = options->accept;
	if (options->room && taken > queue->room)
		taken = queue->room;
	for (uint16_t i = 0; options->refuse && i < taken; i++) {
		if (packets[i]->pkt_len == options->refuse)
			taken = i;
	}
	taken = take_all(queue, packets, taken);
	queue->room -= options->room ? taken : 0;
	queue->refused += count - taken;
	queue->refusals += taken < count;
	atomic_flag_clear_explicit(&queue->busy, memory_order_release);
	return taken;
}

int
device_transmit_status(void *argument, uint16_t offset)
{
	const struct transmit_queue *queue = argument;

	return queue->options->room && queue->room <= offset ? RTE_ETH_TX_DESC_FULL
							     : RTE_ETH_TX_DESC_DONE;
}

uint32_t
device_transmit_flush(struct transmit_queue *queue)
{
	uint32_t count = queue->count;

	while (queue->count > 0)
		release_oldest(queue);
	return count;
}
