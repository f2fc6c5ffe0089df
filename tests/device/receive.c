/* SPDX-License-Identifier: BSD-3-Clause */
#include "device.h"

#include <errno.h>
#include <rte_byteorder.h>
#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_udp.h>
#include <string.h>

#include "core/banned.h"

#define SERVER UINT32_C(0xc6336401) /* 198.51.100.1, of a net for documentation: RFC 5737 */

struct frame {
	struct rte_ether_hdr ethernet;
	struct rte_ipv4_hdr ip;
	struct rte_udp_hdr udp;
} __rte_packed __rte_aligned(2);

/* Packet number N, 2 N, 3 N, ... of wrong=N is wrong: the first in UDP, the second in IP, and so on. */
static void
set_checksums(const struct receive_queue *queue, struct frame *frame)
{
	uint32_t wrong = queue->options->wrong;
	uint64_t number = queue->sequence + 1;

	frame->ip.hdr_checksum = rte_ipv4_cksum(&frame->ip);
	if (queue->options->good)
		frame->udp.dgram_cksum = rte_ipv4_udptcp_cksum(&frame->ip, &frame->udp);
	if (wrong == 0 || number % wrong)
		return;
	if (number / wrong % 2)
		frame->udp.dgram_cksum ^= RTE_BE16(0x0100);
	else
		frame->ip.hdr_checksum ^= RTE_BE16(0x0100);
}

/* The queue is part of the address, so that a flow stays in its queue as under RSS. */
static void
fill(const struct receive_queue *queue, struct rte_mbuf *packet)
{
	uint16_t size = queue->options->size;
	uint32_t flow = queue->sequence % queue->options->flows;
	struct frame frame = {
		.ethernet = {.dst_addr = {{2, 't', 'e', 's', 't', 1}},
			     .src_addr = {{2, 't', 'e', 's', 't', 2}},
			     .ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4)},
		.ip = {.version_ihl = RTE_IPV4_VHL_DEF,
		       .total_length = rte_cpu_to_be_16(size - sizeof(frame.ethernet)),
		       .time_to_live = 64,
		       .next_proto_id = IPPROTO_UDP,
		       .src_addr = rte_cpu_to_be_32(RTE_IPV4(10, queue->index, 0, 0) | (flow >> 8)),
		       .dst_addr = RTE_BE32(SERVER)},
		.udp = {.src_port = rte_cpu_to_be_16(1024 + (flow & 0xff)),
			.dst_port = RTE_BE16(53),
			.dgram_len =
				rte_cpu_to_be_16(size - sizeof(frame.ethernet) - sizeof(frame.ip))},
	};

	memset(rte_pktmbuf_mtod_offset(packet, void *, sizeof(frame)), 0, size - sizeof(frame));
	packet->port = queue->port;
	memcpy(rte_pktmbuf_mtod(packet, void *), &frame, sizeof(frame));
	set_checksums(queue, rte_pktmbuf_mtod(packet, struct frame *));
	if (queue->flags)
		packet->ol_flags |= RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD;
}

static void
obey(struct receive_queue *queue)
{
	uint64_t brought = queue->orders->brought, stall_ms;

	if (queue->index != 0)
		return;
	stall_ms = queue->orders->stall_ms ? atomic_exchange(&queue->orders->stall_ms, 0) : 0;
	if (stall_ms)
		rte_delay_us_sleep(stall_ms * 1000);
	queue->left += brought - queue->brought;
	queue->brought = brought;
}

uint16_t
device_receive(void *argument, struct rte_mbuf **packets, uint16_t count)
{
	struct receive_queue *queue = argument;
	uint16_t size = queue->options->size;
	uint16_t wanted;

	if (queue->orders)
		obey(queue);
	wanted = RTE_MIN(queue->left, count);
	if (queue->orders && queue->orders->gone)
		return 0;
	if (queue->orders && queue->orders->dry) {
		queue->no_buffer += wanted;
		return 0;
	}

	for (uint16_t i = 0; i < wanted; i++) {
		packets[i] = rte_pktmbuf_alloc(queue->pool);
		if (!packets[i]) {
			queue->no_buffer++;
			wanted = i;
			break;
		}
		rte_pktmbuf_append(packets[i], size);
		fill(queue, packets[i]);
		queue->sequence++;
	}
	if (queue->left != DEVICE_ENDLESS)
		queue->left -= wanted;
	queue->packets += wanted;
	queue->bytes += (uint64_t)wanted * size;
	return wanted;
}

/* What is still to come, of what a test had it bring, stands in the ring as far as it goes. */
int
device_receive_status(void *argument, uint16_t offset)
{
	const struct receive_queue *queue = argument;

	if (offset >= queue->ring)
		return -EINVAL;
	return offset < queue->left ? RTE_ETH_RX_DESC_DONE : RTE_ETH_RX_DESC_AVAIL;
}
