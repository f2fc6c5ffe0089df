/* SPDX-License-Identifier: BSD-3-Clause */
#include "explain/region.h"

#include <stdlib.h>

#include "explain/wrap.h"

#include "core/banned.h"

static const struct config_match any;
static const struct config_set no_id;

uint32_t
region_tunnels(const struct config_match *a, const struct config_match *b)
{
	const uint32_t all = CONFIG_TUNNEL_BIT(CONFIG_TUNNEL_KINDS) - CONFIG_TUNNEL_BIT(1);

	if (!a->tunnel && !b->tunnel)
		return CONFIG_TUNNEL_BIT(REGION_PLAIN);
	return (a->tunnel ? a->tunnel->kinds : all) & (b->tunnel ? b->tunnel->kinds : all);
}

static uint32_t
greatest_id(unsigned tunnel)
{
	switch (tunnel) {
	case CONFIG_TUNNEL_GTP_U:
	case CONFIG_TUNNEL_GRE:
		return UINT32_MAX;
	case CONFIG_TUNNEL_MPLS:
		return (1u << 20) - 1;
	case CONFIG_TUNNEL_ERSPAN:
		return (1u << 10) - 1;
	default:
		return (1u << 24) - 1;
	}
}

static const struct config_match *
inner_of(const struct config_match *match)
{
	return match->tunnel && match->tunnel->inner ? match->tunnel->inner : &any;
}

/* What is inside these is an IP packet, which has no tags. */
static bool
is_bare(unsigned tunnel)
{
	return tunnel == CONFIG_TUNNEL_GTP_U || tunnel == CONFIG_TUNNEL_IPIP ||
	       tunnel == CONFIG_TUNNEL_MPLS;
}

bool
region_of(const struct config_match *a, const struct config_match *b, unsigned tunnel,
	  unsigned family, unsigned inner_family, struct region *region)
{
	const struct config_match *in_a = inner_of(a), *in_b = inner_of(b);
	const struct config_range whole = {.low = 0, .high = greatest_id(tunnel)};
	struct config_match out_a, out_b;

	*region = (struct region){.tunnel = tunnel};
	if (tunnel == REGION_PLAIN)
		return box_of(a, b, family, &region->box);
	return !in_a->tunnel && !in_b->tunnel && wrap_outside(a, tunnel, inner_family, &out_a) &&
	       wrap_outside(b, tunnel, inner_family, &out_b) &&
	       box_of(&out_a, &out_b, family, &region->box) &&
	       box_of(in_a, in_b, inner_family, &region->inner) &&
	       !(is_bare(tunnel) && region->inner.has_vlan) &&
	       box_range(a->tunnel ? &a->tunnel->id : &no_id, b->tunnel ? &b->tunnel->id : &no_id,
			 whole, &region->id);
}

static int
build(const struct region *region, const struct made *made, const struct made *inner, uint32_t id,
      struct words_packet *packet)
{
	struct words_packet within;
	int ret;

	if (region->tunnel == REGION_PLAIN)
		return made_build(made, packet);
	ret = made_build(inner, &within);
	if (ret == 0) {
		ret = wrap_build(made, region->tunnel, id, &within, packet);
		free(within.bytes);
	}
	return ret;
}

int
region_corner(const struct region *region, unsigned high, struct words_packet *packet)
{
	struct made made = box_corner(&region->box, high), inner = {.vlan = -1};

	if (region->tunnel != REGION_PLAIN)
		inner = box_corner(&region->inner, high);
	return build(region, &made, &inner, high & 1 ? region->id.high : region->id.low, packet);
}

int
region_sample(const struct region *region, uint64_t number, struct words_packet *packet)
{
	struct made made = box_sample(&region->box, number), inner = {.vlan = -1};
	uint64_t ids = (uint64_t)region->id.high - region->id.low + 1;

	if (region->tunnel != REGION_PLAIN)
		inner = box_sample(&region->inner, ~number);
	return build(region, &made, &inner, (uint32_t)(region->id.low + number % ids), packet);
}
