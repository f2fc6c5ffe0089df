/* SPDX-License-Identifier: BSD-3-Clause */
#include "explain/made.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/ethertype.h"

#include "core/banned.h"

#define ETHER_MIN 60 /* without the checksum behind it */
#define HEADERS_MAX 128
#define TCP_ACK 0x10

static void
put16(uint8_t *at, unsigned value)
{
	at[0] = value >> 8;
	at[1] = value;
}

/* RFC 1071. */
static uint32_t
add_up(uint32_t sum, const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
	return sum;
}

static unsigned
fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

/* Returns the header's bytes; the checksum stands at *sum, or *sum is 0. */
static size_t
put_transport(uint8_t *at, const struct made *made, size_t payload, size_t *sum)
{
	*sum = 0;
	if (made_has_ports(made->protocol)) {
		put16(at, made->ends[0].port);
		put16(at + 2, made->ends[1].port);
	}
	switch (made->protocol) {
	case MADE_TCP: /* RFC 9293 section 3.1 */
		at[12] = 0x50;
		at[13] = made->flags < 0 ? TCP_ACK : made->flags;
		put16(at + 14, UINT16_MAX);
		*sum = 16;
		return 20;
	case MADE_UDP: /* RFC 768 */
		put16(at + 4, 8 + payload);
		*sum = 6;
		return 8;
	case MADE_SCTP: /* RFC 9260 section 3.1; the checksum is left out */
		return 12;
	case MADE_ICMP: /* an echo request, RFC 792 */
		at[0] = 8;
		*sum = 2;
		return 8;
	case MADE_ICMPV6: /* the same, RFC 4443 section 4.1 */
		at[0] = 128;
		*sum = 2;
		return 8;
	default:
		return 0;
	}
}

/* Returns the bytes of the headers before the transport's. */
static size_t
put_link(uint8_t *at, const struct made *made)
{
	static const uint8_t macs[12] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1};
	size_t length = sizeof(macs);

	memcpy(at, macs, sizeof(macs));
	if (made->vlan >= 0) {
		put16(at + length, 0x8100);
		put16(at + length + 2, made->vlan);
		length += 4;
	}
	put16(at + length, made->ends[0].family == 4 ? TYPE_IPV4 : TYPE_IPV6);
	return length + 2;
}

static size_t
put_network(uint8_t *at, const struct made *made, size_t behind)
{
	if (made->ends[0].family == 4) { /* RFC 791 section 3.1 */
		at[0] = 0x45;
		put16(at + 2, 20 + behind);
		at[8] = made->ttl;
		at[9] = made->protocol;
		memcpy(at + 12, made->ends[0].address, 4);
		memcpy(at + 16, made->ends[1].address, 4);
		put16(at + 10, fold(add_up(0, at, 20)));
		return 20;
	}
	at[0] = 0x60; /* RFC 8200 section 3 */
	put16(at + 4, behind);
	at[6] = made->protocol;
	at[7] = made->ttl;
	memcpy(at + 8, made->ends[0].address, 16);
	memcpy(at + 24, made->ends[1].address, 16);
	return 40;
}

int
made_build(const struct made *made, struct words_packet *packet)
{
	uint8_t transport[HEADERS_MAX] = {0};
	size_t sum_at, length, link, network, size = HEADERS_MAX + made->payload + ETHER_MIN;
	size_t header = put_transport(transport, made, made->payload, &sum_at);
	unsigned bytes = made->ends[0].family == 4 ? 4 : 16;
	uint32_t sum;

	length = header + made->payload;
	packet->bytes = calloc(1, size);
	if (!packet->bytes)
		return -ENOMEM;
	link = put_link(packet->bytes, made);
	network = put_network(packet->bytes + link, made, length);
	if (sum_at) {
		sum = add_up(0, transport, header);
		if (made->body)
			sum = add_up(sum, made->body, (size_t)made->payload);
		if (made->protocol != MADE_ICMP) {
			sum += (uint32_t)made->protocol + (uint32_t)length;
			sum = add_up(sum, made->ends[0].address, bytes);
			sum = add_up(sum, made->ends[1].address, bytes);
		}
		put16(transport + sum_at, fold(sum));
	}
	memcpy(packet->bytes + link + network, transport, header);
	if (made->body)
		memcpy(packet->bytes + link + network + header, made->body, (size_t)made->payload);
	packet->length = link + network + length;
	if (packet->length < ETHER_MIN)
		packet->length = ETHER_MIN;
	snprintf(packet->open, sizeof(packet->open), "ttl %d%s, payload %d%s", made->ttl,
		 made->protocol != MADE_TCP ? ""
		 : made->flags < 0          ? ", ack"
					    : "",
		 made->payload, made->vlan < 0 ? ", no vlan" : "");
	return 0;
}
