/* SPDX-License-Identifier: BSD-3-Clause */
#include "replay/sides.h"

#include <netinet/in.h>
#include <rte_byteorder.h>
#include <rte_ether.h>
#include <rte_mbuf.h>
#include <stdlib.h>
#include <string.h>

#include "core/banned.h"

#define FLOWS_FIRST 1024u
/* RFC 9293 section 3.1: where the flags stand in TCP. */
#define TCP_FLAGS 13
#define TCP_SYN 0x02
#define TCP_ACK 0x10
/* RFC 791 section 3.1 */
#define IPV4_ID 4
/* RFC 826, of IPv4 in Ethernet. */
#define ARP_SENDER 14
#define ARP_TARGET 24
#define ARP_LENGTH 28
#define VLAN_TAGS 2

enum side { SIDE_UNKNOWN, SIDE_CLIENT, SIDE_SERVER };

/* Addresses of one family, IPv4 in the first 4 bytes. */
struct ends {
	uint8_t family;
	uint8_t src[16], dst[16];
};

static struct ends
ends_of(const struct packet_view *view)
{
	struct ends ends = {.family = 4};

	if (view->kind & PACKET_WIDE) {
		ends.family = 6;
		memcpy(ends.src, view->src6, sizeof(ends.src));
		memcpy(ends.dst, view->dst6, sizeof(ends.dst));
	} else {
		memcpy(ends.src, &view->src4, sizeof(view->src4));
		memcpy(ends.dst, &view->dst4, sizeof(view->dst4));
	}
	return ends;
}

static uint64_t
mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 29;
}

static uint64_t
mix_address(uint64_t hash, const uint8_t address[16])
{
	uint64_t words[2];

	memcpy(words, address, sizeof(words));
	return mix(mix(hash, words[0]), words[1]);
}

static bool
has_ports(const struct packet_view *view)
{
	return view->kind == PACKET_IPV4_PORTS || view->kind == PACKET_IPV6_PORTS;
}

static enum side
by_ports(const struct packet_view *view)
{
	uint16_t src = rte_be_to_cpu_16(view->src_port), dst = rte_be_to_cpu_16(view->dst_port);

	if (!has_ports(view) || src == dst)
		return SIDE_UNKNOWN;
	return src < dst ? SIDE_SERVER : SIDE_CLIENT;
}

/* Whether an address is in one of the prefixes: in the last that does not begin behind it. */
static bool
is_client(const struct config_prefixes *clients, uint8_t family, const uint8_t *address)
{
	size_t bytes = family == 4 ? 4 : 16;
	unsigned low = 0, high = clients->count;
	const struct config_prefix *prefix;

	while (low < high) {
		unsigned middle = low + (high - low) / 2;

		prefix = &clients->items[middle];
		if (prefix->family < family ||
		    (prefix->family == family && memcmp(prefix->address, address, bytes) <= 0))
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0)
		return false;
	prefix = &clients->items[low - 1];
	if (prefix->family != family || memcmp(prefix->address, address, prefix->length / 8) != 0)
		return false;
	return prefix->length % 8 == 0 ||
	       (prefix->address[prefix->length / 8] ^ address[prefix->length / 8]) >>
			       (8 - prefix->length % 8) ==
		       0;
}

static enum side
by_addresses(const struct config_prefixes *clients, const struct ends *ends)
{
	bool src = is_client(clients, ends->family, ends->src);
	bool dst = is_client(clients, ends->family, ends->dst);

	if (src == dst)
		return SIDE_UNKNOWN;
	return src ? SIDE_CLIENT : SIDE_SERVER;
}

/* What is there without IP. */
static enum side
by_arp(const struct config_prefixes *clients, const struct rte_mbuf *packet,
       const struct packet_view *view)
{
	static const uint8_t kind[] = {0, 1, 0x08, 0, 6, 4};
	const uint8_t *frame = rte_pktmbuf_mtod(packet, const uint8_t *);
	struct ends ends = {.family = 4};

	if (view->ether_type != RTE_BE16(RTE_ETHER_TYPE_ARP))
		return SIDE_UNKNOWN;
	for (unsigned tags = 0; tags <= VLAN_TAGS; tags++) {
		uint32_t at = RTE_ETHER_HDR_LEN + tags * 4;

		if (at + ARP_LENGTH > packet->data_len)
			break;
		if (memcmp(frame + at - 2, &view->ether_type, 2) != 0 ||
		    memcmp(frame + at, kind, sizeof(kind)) != 0)
			continue;
		memcpy(ends.src, frame + at + ARP_SENDER, 4);
		memcpy(ends.dst, frame + at + ARP_TARGET, 4);
		return by_addresses(clients, &ends);
	}
	return SIDE_UNKNOWN;
}

/* Which is the first of a flow's two ends, in an order in which both directions agree. */
static bool
is_first(const struct ends *ends, const struct packet_view *view)
{
	int order = memcmp(ends->src, ends->dst, sizeof(ends->src));

	return order ? order < 0 : view->src_port < view->dst_port;
}

static uint64_t
flow_of(const struct ends *ends, const struct packet_view *view, bool first)
{
	const uint8_t *one = first ? ends->src : ends->dst, *two = first ? ends->dst : ends->src;
	uint64_t ports = first ? (uint64_t)view->src_port << 16 | view->dst_port
			       : (uint64_t)view->dst_port << 16 | view->src_port;
	uint64_t hash = mix_address(mix_address(mix(ends->family, ports), one), two);

	return (hash | 2) & ~UINT64_C(1);
}

/* Where a flow stands, or would; NULL where there is none. */
static uint64_t *
find(const struct sides *sides, uint64_t flow)
{
	uint32_t at = flow >> 32;

	if (sides->size == 0)
		return NULL;
	for (;; at++) {
		uint64_t *slot = &sides->flows[at & (sides->size - 1)];

		if (*slot == 0 || (*slot & ~UINT64_C(1)) == flow)
			return slot;
	}
}

/* Twice as many slots. Without memory, or when there are enough of them, it stays as it is. */
static void
grow(struct sides *sides)
{
	struct sides larger = {.size = sides->size ? sides->size * 2 : FLOWS_FIRST};

	if (larger.size > 2 * SIDES_FLOWS_MAX)
		return;
	larger.flows = calloc(larger.size, sizeof(*larger.flows));
	if (!larger.flows)
		return;
	for (uint32_t i = 0; i < sides->size; i++) {
		if (sides->flows[i])
			*find(&larger, sides->flows[i] & ~UINT64_C(1)) = sides->flows[i];
	}
	free(sides->flows);
	sides->flows = larger.flows;
	sides->size = larger.size;
}

static void
remember(struct sides *sides, uint64_t flow, bool second)
{
	uint64_t *slot;

	if (2 * (sides->count + 1) > sides->size)
		grow(sides);
	if (2 * (sides->count + 1) > sides->size)
		return;
	slot = find(sides, flow);
	sides->count += *slot == 0;
	*slot = flow | second;
}

static enum side
by_syn(struct sides *sides, const struct rte_mbuf *packet, const struct packet_view *view,
       const struct ends *ends)
{
	uint32_t at = view->l4_offset + TCP_FLAGS;
	bool first = is_first(ends, view), syn = false, client = true;
	uint64_t flow, *slot;

	if (view->protocol != IPPROTO_TCP || !has_ports(view))
		return SIDE_UNKNOWN;
	if (at < packet->data_len) {
		uint8_t flags = *rte_pktmbuf_mtod_offset(packet, const uint8_t *, at);

		syn = flags & TCP_SYN;
		client = !(flags & TCP_ACK);
	}
	if (!syn && sides->count == 0)
		return SIDE_UNKNOWN;
	flow = flow_of(ends, view, first);
	slot = find(sides, flow);
	/* The client is the second end, or the first. */
	if (slot && *slot)
		return (*slot & 1) != first ? SIDE_CLIENT : SIDE_SERVER;
	if (!syn)
		return SIDE_UNKNOWN;
	remember(sides, flow, first != client);
	return client ? SIDE_CLIENT : SIDE_SERVER;
}

/* Of a fragment's datagram. */
static uint64_t
datagram_of(const struct rte_mbuf *packet, const struct packet_view *view, const struct ends *ends)
{
	uint64_t hash =
		mix_address(mix_address(mix(ends->family, view->protocol), ends->src), ends->dst);
	uint16_t id = 0;

	if (ends->family == 4)
		memcpy(&id,
		       rte_pktmbuf_mtod_offset(packet, const uint8_t *, view->l3_offset + IPV4_ID),
		       sizeof(id));
	return (mix(hash, id) | 2) & ~UINT64_C(1);
}

static enum side
of_ip(struct sides *sides, const struct rte_mbuf *packet, const struct packet_view *view)
{
	struct ends ends = ends_of(view);
	enum side side = by_syn(sides, packet, view, &ends);
	uint64_t datagram, *seen;

	if (side == SIDE_UNKNOWN)
		side = by_ports(view);
	if (side == SIDE_UNKNOWN && !(view->fragment && !has_ports(view)))
		side = by_addresses(sides->clients, &ends);
	if (!view->fragment)
		return side;
	datagram = datagram_of(packet, view, &ends);
	seen = &sides->fragments[(datagram >> 32) % SIDES_FRAGMENTS];
	if (has_ports(view))
		*seen = datagram | (side == SIDE_SERVER);
	else if ((*seen & ~UINT64_C(1)) == datagram)
		side = *seen & 1 ? SIDE_SERVER : SIDE_CLIENT;
	else
		side = by_addresses(sides->clients, &ends);
	return side;
}

void
sides_begin(struct sides *sides, const struct config_prefixes *clients)
{
	free(sides->flows);
	*sides = (struct sides){.clients = clients};
}

void
sides_free(struct sides *sides)
{
	free(sides->flows);
	sides->flows = NULL;
	sides->size = 0;
}

bool
sides_is_server(struct sides *sides, const struct rte_mbuf *packet, const struct packet_view *view)
{
	if (view->kind < PACKET_IPV4)
		return by_arp(sides->clients, packet, view) == SIDE_SERVER;
	return of_ip(sides, packet, view) == SIDE_SERVER;
}
