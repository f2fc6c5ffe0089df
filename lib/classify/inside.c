/* SPDX-License-Identifier: BSD-3-Clause */
#include "classify/inside.h"

#include <stdlib.h>

#include "core/banned.h"

#define SAME(kind) ((int)TUNNEL_##kind == (int)CONFIG_TUNNEL_##kind)

_Static_assert(SAME(MPLS) && SAME(VXLAN) && SAME(GENEVE) && SAME(GRE) && SAME(ERSPAN) &&
		       SAME(GTP_U) && SAME(IPIP),
	       "a tunnel that is found has the bit of the one that is asked for");

struct inside *
inside_make(const struct config_match *match)
{
	struct inside *inside = calloc(1, sizeof(*inside));

	if (!inside)
		return NULL;
	inside->match = match;
	inside->kinds = match_kinds(match);
	if (match->tunnel && match->tunnel->inner) {
		inside->inner = inside_make(match->tunnel->inner);
		if (!inside->inner) {
			free(inside);
			return NULL;
		}
	}
	return inside;
}

void
inside_free(struct inside *inside)
{
	while (inside) {
		struct inside *inner = inside->inner;

		free(inside);
		inside = inner;
	}
}

static inline bool
has_fields(const struct inside *inside, const struct packet_view *view)
{
	return inside->kinds >> view->kind & 1 && match_holds(inside->match, view);
}

static inline bool
is_wanted(const struct config_tunnel *wanted, const struct tunnel *tunnel)
{
	if (!(wanted->kinds >> tunnel->kind & 1))
		return false;
	return !wanted->id_of || (tunnel->numbered && match_holds_number(&wanted->id, tunnel->id));
}

/* A tunnel in the tunnel around. */
static bool
holds_within(const struct inside *inside, const struct rte_mbuf *packet,
	     const struct packet_view *view, const struct tunnel *around)
{
	const struct config_tunnel *wanted = inside->match->tunnel;
	struct packet_view inner;
	struct tunnel tunnel;

	if (!has_fields(inside, view))
		return false;
	if (!wanted)
		return true;
	return tunnel_look(packet, view, around, &tunnel, &inner) && is_wanted(wanted, &tunnel) &&
	       (!inside->inner || holds_within(inside->inner, packet, &inner, &tunnel));
}

bool
inside_holds(const struct inside *inside, const struct burst *burst, unsigned index)
{
	const struct tunnel *tunnel = &burst->tunnels[index];

	return is_wanted(inside->match->tunnel, tunnel) &&
	       (!inside->inner ||
		holds_within(inside->inner, burst->packets[index], &burst->inner[index], tunnel)) &&
	       has_fields(inside, &burst->views[index]);
}
