/* SPDX-License-Identifier: BSD-3-Clause */
#include "explain/flows.h"

#include <errno.h>
#include <rte_ether.h>
#include <rte_mbuf.h>
#include <stdlib.h>
#include <string.h>

#include "core/digest.h"
#include "packet/view.h"

#include "core/banned.h"

#define SLOTS_MIN ((size_t)1 << 12)
#define SLOTS_MAX ((size_t)1 << 23) /* 64 MiB, and six million flows */

int
flows_init(struct flows *flows)
{
	*flows =
		(struct flows){.slots = calloc(SLOTS_MIN, sizeof(uint64_t)), .mask = SLOTS_MIN - 1};
	return flows->slots ? 0 : -ENOMEM;
}

void
flows_fini(struct flows *flows)
{
	free(flows->slots);
}

/* Where it is, or is to be. */
static uint64_t *
find(uint64_t *slots, size_t mask, uint64_t key)
{
	size_t at = (size_t)(key >> 32) & mask;

	while (slots[at] && slots[at] != key)
		at = (at + 1) & mask;
	return &slots[at];
}

/* False: they stay as they are. */
static bool
grow(struct flows *flows)
{
	size_t count = 2 * (flows->mask + 1);
	uint64_t *slots = count > SLOTS_MAX ? NULL : calloc(count, sizeof(*slots));

	if (!slots)
		return false;
	for (size_t i = 0; i <= flows->mask; i++) {
		if (flows->slots[i])
			*find(slots, count - 1, flows->slots[i]) = flows->slots[i];
	}
	free(flows->slots);
	flows->slots = slots;
	flows->mask = count - 1;
	return true;
}

bool
flows_add(struct flows *flows, uint32_t kind, uint64_t flow)
{
	uint64_t parts[2] = {kind, flow}, key = digest(parts, sizeof(parts)) | 1;
	uint64_t *slot = find(flows->slots, flows->mask, key);

	if (*slot == key)
		return false;
	if (flows->used >= flows->mask - flows->mask / 4) {
		if (flows->full || !grow(flows)) {
			flows->full = true;
			return false;
		}
		slot = find(flows->slots, flows->mask, key);
	}
	*slot = key;
	flows->used++;
	return true;
}

/* One end: an address, and a port or 0. */
struct end {
	uint8_t address[16];
	uint16_t port;
};

static struct end
end_of(const void *address, size_t size, uint16_t port)
{
	struct end end = {.port = port};

	memcpy(end.address, address, size);
	return end;
}

static uint64_t
digest_ends(const struct end *a, const struct end *b, uint8_t protocol)
{
	uint8_t parts[2 * sizeof(struct end) + 1];
	bool turned = memcmp(a, b, sizeof(*a)) > 0;

	memcpy(parts, turned ? b : a, sizeof(*a));
	memcpy(parts + sizeof(*a), turned ? a : b, sizeof(*a));
	parts[2 * sizeof(*a)] = protocol;
	return digest(parts, sizeof(parts));
}

static uint64_t
flow_of_ip(const struct packet_view *view)
{
	bool wide = view->kind & PACKET_WIDE;
	bool ports = (view->kind == PACKET_IPV4_PORTS || view->kind == PACKET_IPV6_PORTS) &&
		     !view->fragment;
	size_t size = wide ? sizeof(view->src6) : sizeof(view->src4);
	struct end src = end_of(wide ? (const void *)view->src6 : &view->src4, size,
				ports ? view->src_port : 0);
	struct end dst = end_of(wide ? (const void *)view->dst6 : &view->dst4, size,
				ports ? view->dst_port : 0);

	return digest_ends(&src, &dst, view->kind == PACKET_IPV6_BARE ? 0 : view->protocol);
}

uint64_t
flows_of(const uint8_t *bytes, uint32_t length)
{
	struct rte_mbuf whole = {.buf_addr = (void *)(uintptr_t)bytes,
				 .data_len = (uint16_t)length,
				 .pkt_len = length,
				 .nb_segs = 1};
	struct packet_view view;
	struct end src, dst;

	packet_parse_inner(&whole, 0, 0, &view);
	if (view.kind != PACKET_RUNT && view.kind != PACKET_OTHER)
		return flow_of_ip(&view);
	if (length < 2 * RTE_ETHER_ADDR_LEN)
		return digest(bytes, length);
	dst = end_of(bytes, RTE_ETHER_ADDR_LEN, 0);
	src = end_of(bytes + RTE_ETHER_ADDR_LEN, RTE_ETHER_ADDR_LEN, 0);
	return digest_ends(&src, &dst, 0);
}
