/* SPDX-License-Identifier: BSD-3-Clause */
#include "exit/outbox.h"

#include "core/banned.h"

void
outbox_send(struct outbox *outbox, struct port *port, struct burst *burst)
{
	struct parcel *parcel = &outbox->ports[port->index];
	uint64_t bytes = 0;

	/* Before the hand-over: afterwards the packets are the device's. */
	for (uint16_t i = 0; i < parcel->count; i++)
		bytes += parcel->packets[i]->pkt_len;
	exit_send(port, burst, parcel->packets, parcel->count, bytes);
	parcel->count = 0;
}

void
outbox_free(struct outbox *outbox, struct burst *burst, enum drop_reason reason)
{
	struct parcel *parcel = &outbox->drops[reason];

	exit_drop(burst, parcel->packets, parcel->count, reason);
	parcel->count = 0;
}

void
outbox_empty(struct outbox *outbox, struct port *const *ports, struct burst *burst)
{
	for (; outbox->touched; outbox->touched &= outbox->touched - 1)
		outbox_send(outbox, ports[__builtin_ctzll(outbox->touched)], burst);
	for (; outbox->dropped; outbox->dropped &= outbox->dropped - 1)
		outbox_free(outbox, burst, __builtin_ctzll(outbox->dropped));
}
