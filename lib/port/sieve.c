/* SPDX-License-Identifier: BSD-3-Clause */
#include "port/sieve.h"

#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>

#include "core/log.h"
#include "port/capture.h"
#include "port/port.h"

#include "core/banned.h"

static bool
is_packet(const struct rte_mbuf *packet)
{
	uint32_t length = 0;

	for (const struct rte_mbuf *segment = packet; segment; segment = segment->next)
		length += segment->data_len;
	return length > 0 && length <= CAPTURE_RECORD_MAX;
}

static uint16_t
sift(uint16_t id, uint16_t queue, struct rte_mbuf **packets, uint16_t count, uint16_t room,
     void *user)
{
	uint16_t kept = 0;

	(void)id, (void)queue, (void)room, (void)user;
	for (uint16_t i = 0; i < count; i++) {
		if (is_packet(packets[i]))
			packets[kept++] = packets[i];
		else
			rte_pktmbuf_free(packets[i]);
	}
	return kept;
}

int
sieve_open(struct port *port)
{
	if (port->empty == 0 && port->too_long == 0)
		return 0;
	port->sieve = rte_eth_add_rx_callback(port->id, 0, sift, NULL);
	if (!port->sieve)
		return log_fail(rte_errno, "port %s: its capture has records to be left out",
				port->config->name);
	return 0;
}

void
sieve_close(struct port *port)
{
	if (!port->sieve)
		return;
	rte_eth_remove_rx_callback(port->id, 0, port->sieve);
	rte_free((void *)(uintptr_t)port->sieve);
	port->sieve = NULL;
}
