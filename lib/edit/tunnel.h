/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tunnel: what is inside one, and where it begins.
 */
#ifndef EDIT_TUNNEL_H
#define EDIT_TUNNEL_H

#include <stdbool.h>
#include <stdint.h>

struct frame;

struct edit_inside {
	uint32_t offset;     /* from the frame's start, less than its length */
	uint16_t ether_type; /* of the packet there; 0: there is a frame */
};

/* Finds what is inside, of which the first header is in the frame whole; link is where the link's header ends. While ops
 * look. */
typedef bool edit_find_inside(struct frame *frame, uint32_t link, struct edit_inside *inside);

edit_find_inside edit_find_mpls, edit_find_vxlan, edit_find_geneve, edit_find_gre, edit_find_erspan,
	edit_find_gtp_u, edit_find_ipip, edit_find_pppoe;

#endif
