/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Wrap: frames in tunnels. For this room alone.
 */
#ifndef EXPLAIN_WRAP_H
#define EXPLAIN_WRAP_H

#include "config/config.h"
#include "explain/made.h"

/* What a packet around must be to carry such a tunnel, with anything inside it that is IP: what it
 * says besides is to be the given match's. False: it says something that no such packet is. */
bool wrap_outside(const struct config_match *match, enum config_tunnel_kind kind,
		  unsigned inner_family, struct config_match *out);

/* A frame that outer says and that carries inner, a frame of IP, by a tunnel of such a kind and
 * number. -ENOMEM. */
int wrap_build(const struct made *outer, enum config_tunnel_kind kind, uint32_t id,
	       const struct words_packet *inner, struct words_packet *packet);

#endif
